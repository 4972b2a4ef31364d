import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closingPage } from './page.ts';

/** The redirect from the identity provider, and the way to tell the waiting browser how it ended. */
export interface Redirect {
  readonly url: URL;
  answer(signedIn: boolean): void;
}

export interface Listener {
  /** `http://127.0.0.1:<random port>/callback` (RFC 8252 §7.3: a literal address, never `localhost`). */
  readonly redirectUri: string;
  /** The first redirect with this state. Everything else is refused and does not end the wait. */
  next(state: string): Promise<Redirect>;
  close(): void;
}

const PATH = '/callback';

/** Listens on the loopback interface only, for one redirect. */
export async function listen(): Promise<Listener> {
  let expected: { state: string; resolve: (redirect: Redirect) => void } | undefined;
  let origin = '';

  const server = createServer((request, response) => {
    const refusal = refuse(request, origin);
    if (refusal !== undefined) return send(response, refusal, 'This is not the page you are looking for.');
    const url = new URL(request.url ?? '', origin);
    const waiting = expected;
    if (waiting === undefined || !hasState(url, waiting.state)) {
      return send(response, 400, 'This sign-in was not started here, or it is already over.');
    }
    expected = undefined;
    waiting.resolve({
      url,
      answer: (signedIn) => send(response, signedIn ? 200 : 400, closingPage(signedIn), 'text/html; charset=utf-8'),
    });
  });
  server.headersTimeout = 10_000;
  server.maxHeadersCount = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    redirectUri: `${origin}${PATH}`,
    next: (state) => new Promise((resolve) => (expected = { state, resolve })),
    close: () => {
      server.close();
      server.closeIdleConnections();
    },
  };
}

/** A status when the request cannot be the redirect. The Host rule is what stops DNS rebinding. */
function refuse(request: IncomingMessage, origin: string): number | undefined {
  if (`http://${request.headers.host}` !== origin) return 421;
  if (request.method !== 'GET') return 405;
  const target = request.url ?? '';
  return target === PATH || target.startsWith(`${PATH}?`) ? undefined : 404;
}

function hasState(url: URL, state: string): boolean {
  const given = url.searchParams.getAll('state');
  const [left, right] = [Buffer.from(given[0] ?? ''), Buffer.from(state)];
  return given.length === 1 && left.length === right.length && timingSafeEqual(left, right);
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(body);
}
