import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An address on this machine that leads on to another, once. */
export interface OneTimeRedirect {
  readonly url: URL;
  /** Settles when a browser was sent on; false when nobody came in time. */
  readonly taken: Promise<boolean>;
  close(): void;
}

/**
 * Hands an address that is as good as a password to a browser, without putting it where others look: a program's
 * arguments are seen by every user of the machine and a typed address stays in the history, so the browser is given
 * an address on loopback that redirects there once and means nothing afterwards.
 *
 * @param patienceMs how long to wait for the browser
 */
export async function redirectOnce(target: URL, patienceMs: number): Promise<OneTimeRedirect> {
  const path = `/${randomBytes(32).toString('base64url')}`;
  let settle: (taken: boolean) => void = () => undefined;
  const taken = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  let origin = '';
  let isOpen = true;

  const server = createServer((request, response) => {
    // The Host rule is what stops DNS rebinding.
    const isAsked = `http://${request.headers.host}` === origin && request.method === 'GET';
    const leads = isAsked && isOpen && isEqual(request.url ?? '', path);
    isOpen &&= !leads;
    response.writeHead(leads ? 303 : 404, {
      'cache-control': 'no-store',
      'content-type': 'text/plain; charset=utf-8',
      'referrer-policy': 'no-referrer',
      connection: 'close',
      ...(leads && { location: target.href }),
    });
    response.end(leads ? '' : 'There is nothing here, or not any more.', () => leads && settle(true));
  });
  server.headersTimeout = 10_000;
  server.maxHeadersCount = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const timer = setTimeout(() => settle(false), patienceMs);

  return {
    url: new URL(path, origin),
    taken,
    close() {
      clearTimeout(timer);
      settle(false);
      server.close();
      server.closeIdleConnections();
    },
  };
}

function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
