import { createHash } from 'node:crypto';
import { ICON } from './assets/icon.ts';
import { SCRIPT } from './assets/script.ts';
import { STYLESHEET } from './assets/stylesheet.ts';

/** A file that pages name with its hash: it may be kept for ever, and a browser checks that it is the one meant. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly text: string;
  /** `sha256-…`, for Subresource Integrity and Content Security Policy. */
  readonly integrity: string;
}

export const STYLE_ASSET = asset('portal', 'css', 'text/css; charset=utf-8', STYLESHEET);
export const ICON_ASSET = asset('icon', 'svg', 'image/svg+xml', ICON);

export const ASSETS: readonly Asset[] = [STYLE_ASSET, ICON_ASSET];

/** The script stands in the page itself; its hash is what the page's policy allows. */
export const PAGE_SCRIPT = { text: SCRIPT, integrity: integrityOf(SCRIPT) } as const;

function asset(name: string, extension: string, type: string, text: string): Asset {
  const version = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { path: `/assets/${name}-${version}.${extension}`, type, text, integrity: integrityOf(text) };
}

/** @see https://www.w3.org/TR/SRI/ */
function integrityOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
