import { requireVerifiedTls } from '../address.ts';
import { CERTIFICATE_HINT, connectionProblem, readBounded } from '../connection.ts';
import { Failure } from '../failure.ts';
import { USER_AGENT } from '../user-agent.ts';
import type { ClockReading, Surroundings } from './surroundings.ts';

/** Milliseconds. A broker that starts cold needs two or three seconds. */
const TIMEOUT = 10_000;
/** Bytes. */
const LARGEST = 1_048_576;

/**
 * The JSON at a public address of the broker. No token goes with it, no redirect is followed. The server's clock is read on
 * the way.
 *
 * @throws Failure `unavailable` that tells apart: no connection, a certificate, a redirect, another status, no JSON
 */
export async function lookAt(url: URL, whose: string, surroundings: Surroundings): Promise<Record<string, unknown>> {
  requireVerifiedTls(url);
  const response = await ask(url, surroundings, whose);
  const text = await readBounded(response, LARGEST, `${whose}’s`);
  const { status } = response;
  if (status >= 300 && status < 400) {
    throw new Failure('unavailable', `${url.href} answered ${status}: a redirect, which daypass does not follow`, {
      hint: 'name the address that it leads to',
    });
  }
  const type = response.headers.get('content-type') ?? 'nothing said of its type';
  if (status !== 200) throw new Failure('unavailable', `${url.href} answered ${status} (${type})`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure('unavailable', `${url.href} answered with something that is no JSON (${type})`, {
      hint: 'a proxy, a sign-in page or another server may be at this address',
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Failure('unavailable', `${url.href} answered with JSON that is no object`);
}

async function ask(url: URL, surroundings: Surroundings, whose: string): Promise<Response> {
  const started = surroundings.now();
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
      headers: { accept: 'application/json', 'user-agent': USER_AGENT },
    });
    noteClock(surroundings, whose, response, started);
    return response;
  } catch (thrown) {
    const { code, isTimeout, isCertificate } = connectionProblem(thrown);
    if (isTimeout) throw new Failure('unavailable', `${url.origin} did not answer within ${TIMEOUT / 1000} seconds`);
    throw new Failure('unavailable', `no connection to ${url.origin} (${code})`, {
      hint: isCertificate ? CERTIFICATE_HINT : 'check the address, the network, and the VPN if it is behind one',
    });
  }
}

/** RFC 9110 §6.6.1: `Date` is when the answer was made, in whole seconds. */
export function noteClock(surroundings: Surroundings, whose: string, response: Response, started: number): void {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isFinite(date)) return;
  const middle = (started + surroundings.now()) / 2;
  const reading: ClockReading = { whose, aheadSeconds: Math.round((date + 500 - middle) / 1000) };
  surroundings.clocks.push(reading);
}
