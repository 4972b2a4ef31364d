import type { IncomingMessage } from 'node:http';
import { type Answer, refusal } from './answer.ts';

/** As much of a request as says where it comes from. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'> & {
  /** Of the other end of the connection. */
  readonly remoteAddress: string | undefined;
};

/** What browsers put on requests to another origin, and no SDK sends. (`Sec-Fetch-Mode` is sent by Node's own `fetch`.) */
const OF_BROWSERS = ['origin', 'referer', 'sec-fetch-site', 'sec-fetch-dest', 'cookie'];

/** Something stands between, and whoever it serves is elsewhere. AWS refuses the first in the same way. */
const OF_PROXIES = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'];

/**
 * Why a request is refused before its protocol is looked at, or undefined. What listens on loopback can be reached by
 * every page in a browser of this machine: by a form, or by a name that its owner lets point to 127.0.0.1 (DNS
 * rebinding). So a request has to name this machine as its host, and to look like a program's.
 *
 * @param port that the server listens on
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export function guard(head: RequestHead, port: number): Answer | undefined {
  if (!/^(127(\.[0-9]{1,3}){3}|::1|::ffff:127(\.[0-9]{1,3}){3})$/.test(head.remoteAddress ?? '')) {
    return refusal(403, 'NotLocal', 'this serves programs of this machine only');
  }
  const hosts = valuesOf(head, 'host');
  if (hosts.length !== 1 || !isThisHost(hosts[0] ?? '', port)) {
    return refusal(403, 'HostNotAllowed', 'the Host header does not name this server by its loopback address');
  }
  const browser = OF_BROWSERS.find((name) => valuesOf(head, name).length > 0);
  if (browser !== undefined) return refusal(403, 'BrowserNotAllowed', `requests of browsers are refused (${browser})`);
  const proxy = OF_PROXIES.find((name) => valuesOf(head, name).length > 0);
  if (proxy !== undefined) return refusal(403, 'ProxyNotAllowed', `requests through a proxy are refused (${proxy})`);
  if (!/^\/[!-~]*$/.test(head.url ?? '') || head.url?.startsWith('//')) {
    return refusal(400, 'InvalidRequest', 'the request names no path');
  }
  const length = valuesOf(head, 'content-length');
  if (valuesOf(head, 'transfer-encoding').length > 0 || length.some((value) => value !== '0')) {
    return refusal(400, 'InvalidRequest', 'no request here has a body');
  }
  return undefined;
}

/** Every value of a header, however often it was sent: Node keeps only one of some. */
export function valuesOf({ rawHeaders }: Pick<RequestHead, 'rawHeaders'>, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function isThisHost(host: string, port: number): boolean {
  return ['127.0.0.1', 'localhost'].some((name) => host === `${name}:${port}` || (port === 80 && host === name));
}
