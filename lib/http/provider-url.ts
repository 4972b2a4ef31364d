import { isLoopback } from '../loopback.ts';

export type UrlVerdict =
  | { readonly ok: true; readonly loopback: boolean }
  | { readonly ok: false; readonly problem: string };

/**
 * Judges an address at which an identity provider may be read: HTTPS, or plain http on loopback; no credentials
 * and no fragment in it, and none of the characters that URL parsers silently drop or turn.
 */
export function judgeProviderUrl(address: string): UrlVerdict {
  if (/[\s\\\p{Cc}]/u.test(address)) return { ok: false, problem: 'holds whitespace, a control or a backslash' };
  if (!URL.canParse(address)) return { ok: false, problem: 'is not an absolute URL' };
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return { ok: false, problem: 'holds credentials' };
  if (address.includes('#')) return { ok: false, problem: 'has a fragment' };
  const loopback = isLoopback(url.hostname);
  if (url.protocol === 'https:') return { ok: true, loopback };
  if (url.protocol === 'http:' && loopback) return { ok: true, loopback };
  return { ok: false, problem: 'is neither https nor http on loopback' };
}
