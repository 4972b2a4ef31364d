import { isLoopback, requireVerifiedTls } from '../address.ts';
import { CERTIFICATE_HINT, connectionProblem, readBounded } from '../connection.ts';
import { Failure } from '../failure.ts';
import { failureFromProblem, isProblem } from './problem.ts';

/** Milliseconds for one request, answer included. A broker that starts cold needs two or three seconds. */
const TIMEOUT = 30_000;

/** Bytes. An audit page of 500 records is about 1 MB. */
const LARGEST_ANSWER = 16_777_216;

export interface BrokerRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Sent as `Authorization: Bearer` (RFC 6750 §2.1). */
  readonly token?: string;
  readonly body?: unknown;
  readonly userAgent: string;
}

export interface BrokerAnswer {
  readonly json: unknown;
  /** The broker's clock when it answered, epoch ms in whole seconds; undefined when it did not say. */
  readonly date: number | undefined;
}

/** One request to the broker; its JSON. @throws as `exchange` */
export async function askBroker(request: BrokerRequest): Promise<unknown> {
  return (await exchange(request)).json;
}

/**
 * One request to the broker; its JSON and its time.
 *
 * @throws Failure `refused`, `signIn` or `unavailable` by status; `unavailable` for everything that is no proper
 *   answer: no connection, a certificate that does not verify, a redirect, something other than JSON
 */
export async function exchange(request: BrokerRequest): Promise<BrokerAnswer> {
  requireVerifiedTls(request.url);
  let status: number;
  let text: string;
  let retryAfter: string | null;
  let date: string | null;
  try {
    const response = await fetch(request.url, {
      method: request.method,
      // A redirect could carry the token to somebody else.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
      headers: {
        accept: 'application/json, application/problem+json',
        'user-agent': request.userAgent,
        ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    status = response.status;
    retryAfter = response.headers.get('retry-after');
    date = response.headers.get('date');
    text = await readBounded(response, LARGEST_ANSWER, 'the broker’s');
  } catch (thrown) {
    if (Failure.is(thrown)) throw thrown;
    throw unreachable(request.url, thrown);
  }
  const answer = parseJson(text);
  if (status === 200 && answer !== undefined) return { json: answer, date: timeOf(date) };
  if (status >= 400 && isProblem(answer)) throw failureFromProblem(answer, status, retryAfter);
  throw notABroker(request.url, status);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 9110 §6.6.1 */
function timeOf(date: string | null): number | undefined {
  const time = Date.parse(date ?? '');
  return Number.isFinite(time) ? time : undefined;
}

function unreachable(url: URL, thrown: unknown): Failure {
  const { code, isTimeout, isCertificate } = connectionProblem(thrown);
  if (isTimeout) return new Failure('unavailable', `${url.origin} did not answer within ${TIMEOUT / 1000} seconds`);
  return new Failure('unavailable', `no connection to ${url.origin} (${code})`, {
    hint: isCertificate
      ? CERTIFICATE_HINT
      : isLoopback(url.hostname)
        ? 'is the local stack running? `npm start` brings it up'
        : 'check DAYPASS_URL, the network, and the VPN if the broker is behind one',
    cause: thrown,
  });
}

function notABroker(url: URL, status: number): Failure {
  const redirected = status >= 300 && status < 400;
  const what = redirected ? 'a redirect, which daypass does not follow' : 'nothing that a Daypass broker would say';
  return new Failure('unavailable', `${url.origin} answered ${status} with ${what}`, {
    hint: 'check that DAYPASS_URL names the broker itself, without a trailing path',
  });
}
