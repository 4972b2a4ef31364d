import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Problem } from './contract.ts';
import { COMMON_HEADERS, type HandlerParts, type Route, routesHandler } from './handler.ts';

/** What a page may do beyond showing itself. */
export interface PageRights {
  /** Hashes of its scripts, as `sha256-…`. */
  readonly scripts?: readonly string[];
  /** Origins that its forms may lead to, redirects included; its own is always one. */
  readonly formTargets?: readonly string[];
}

/**
 * Nothing from anywhere else, no script but those named, no frame around it.
 *
 * @see https://www.w3.org/TR/CSP3/
 */
export function pagePolicy({ scripts = [], formTargets = [] }: PageRights = {}): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    ...(scripts.length > 0 ? [`script-src ${scripts.map((hash) => `'${hash}'`).join(' ')}`] : []),
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const PAGE_HEADERS = {
  ...COMMON_HEADERS,
  'content-security-policy': pagePolicy(),
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'clipboard-read=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'x-frame-options': 'DENY',
} as const;

/**
 * The same stack as the API's, for pages: a fault is a page too, and where somebody has to sign in first, a page that
 * was only to be looked at leads there and back.
 *
 * @param faultPage the page of what may leave of a fault
 */
export function pageHandler(parts: HandlerParts, routes: readonly Route[], faultPage: (problem: Problem) => string) {
  return routesHandler(parts, routes, {
    headers: PAGE_HEADERS,
    via: 'portal',
    faulted(problem, fault, event) {
      if (fault.code === 'sign_in_required' && isGet(event)) return seeOther(signInPath(event));
      const retryAfter = fault.retryAfterSeconds;
      return {
        ...htmlPage(faultPage(problem), { status: problem.status }),
        ...(retryAfter !== undefined && {
          headers: { ...HTML, 'retry-after': String(retryAfter) },
        }),
      };
    },
  });
}

const HTML = { 'content-type': 'text/html; charset=utf-8' } as const;

export interface PageAnswer extends PageRights {
  /** Default 200. */
  readonly status?: number;
  /** Whole `Set-Cookie` values. */
  readonly cookies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export function htmlPage(body: string, answer: PageAnswer = {}): APIGatewayProxyStructuredResultV2 {
  const { status = 200, cookies = [], headers = {} } = answer;
  return {
    statusCode: status,
    headers: { ...HTML, 'content-security-policy': pagePolicy(answer), ...headers },
    ...(cookies.length > 0 && { cookies: [...cookies] }),
    body,
  };
}

/** On to another address, by GET whatever the request was (RFC 9110 §15.4.4). */
export function seeOther(location: string, cookies: readonly string[] = []): APIGatewayProxyStructuredResultV2 {
  return { statusCode: 303, headers: { location }, ...(cookies.length > 0 && { cookies: [...cookies] }), body: '' };
}

function isGet(event: APIGatewayProxyEventV2): boolean {
  return event.requestContext.http.method === 'GET';
}

function signInPath({ rawPath, rawQueryString }: APIGatewayProxyEventV2): string {
  const here = rawQueryString ? `${rawPath}?${rawQueryString}` : rawPath;
  return here === '/' ? '/sign-in' : `/sign-in?return=${encodeURIComponent(here)}`;
}
