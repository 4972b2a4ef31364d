import * as z from 'zod/mini';
import { Fault } from '../fault.ts';
import { PARTITIONS, type PartitionName } from '../iam/arn.ts';
import type { IssuedCredentials } from './assume-role.ts';

/** Turns credentials into a sign-in to the AWS console. */
export interface ConsoleSignIn {
  /**
   * The address that signs a browser in, good for 15 minutes and as good as a password: it goes into a redirect or to
   * the caller, and nowhere else.
   *
   * @param destination of `readConsoleDestination`
   * @throws Fault `console_refused`, `console_unavailable`, `console_answer_invalid`
   */
  signInUrl(partition: PartitionName, credentials: IssuedCredentials, destination: string): Promise<string>;
}

export interface ConsoleSignInOptions {
  readonly fetch: typeof globalThis.fetch;
  /** Instead of the partition's sign-in host, as in the local stack. */
  readonly endpoint: string | undefined;
  /** The broker's own address: where the console leads when the session has ended. */
  readonly issuer: string | undefined;
  /** For the whole of the call. */
  readonly timeoutMs: number;
}

/** `https://signin.aws.amazon.com`, or the endpoint that is there instead. */
function signInOrigin(partition: PartitionName, endpoint: string | undefined): string {
  return endpoint ?? `https://${PARTITIONS[partition].signInHost}`;
}

/**
 * Every place that a browser comes by on its way into the console, as sources of a content security policy: AWS sends it
 * on to a region's sign-in and from there to the console, and browsers hold each redirect of a form against the page's
 * `form-action`.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/signin-service.html
 */
export function signInOrigins(partition: PartitionName, endpoint: string | undefined): readonly string[] {
  if (endpoint !== undefined) return [endpoint];
  const { signInHost, consoleHost, otherConsoleHosts } = PARTITIONS[partition];
  return [signInHost, `*.${signInHost}`, consoleHost, `*.${consoleHost}`, ...otherConsoleHosts].map(
    (host) => `https://${host}`,
  );
}

const MAX_ANSWER_BYTES = 64 * 1024;

const answer = z.object({ SigninToken: z.string().check(z.regex(/^[\w\-.~+/=]{16,16384}$/)) });

/**
 * AWS's federation endpoint. The credentials go there in the body of a POST, so that no log of addresses ever holds
 * them. No session duration is asked for: the broker's own credentials are of a role, and with credentials that one
 * role took from another AWS refuses the parameter; the console session ends when the credentials do.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */
export function consoleSignIn({ fetch, endpoint, issuer, timeoutMs }: ConsoleSignInOptions): ConsoleSignIn {
  return {
    async signInUrl(partition, { accessKeyId, secretAccessKey, sessionToken }, destination) {
      const address = `${signInOrigin(partition, endpoint)}/federation`;
      const session = { sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken };
      const body = new URLSearchParams({ Action: 'getSigninToken', Session: JSON.stringify(session) });
      const token = await signInToken(address, body, fetch, AbortSignal.timeout(timeoutMs));
      const query = new URLSearchParams({
        Action: 'login',
        ...(issuer !== undefined && { Issuer: issuer }),
        Destination: destination,
        SigninToken: token,
      });
      return `${address}?${query}`;
    },
  };
}

/** Asked once: whoever is refused may ask again, and a repeated request would only hide how slow AWS is. */
async function signInToken(
  address: string,
  body: URLSearchParams,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<string> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(address, { method: 'POST', body, redirect: 'manual', signal });
    status = response.status;
    text = await bounded(response);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const what = signal.aborted ? 'did not answer in time' : 'could not be reached';
    throw new Fault('console_unavailable', `AWS's sign-in endpoint ${what}; the credentials were discarded`, { cause });
  }
  if (status === 429 || status >= 500) {
    throw new Fault('console_unavailable', `AWS's sign-in endpoint answered ${status}; the credentials were discarded`);
  }
  if (status !== 200) {
    throw new Fault('console_refused', `AWS's sign-in endpoint answered ${status} to the credentials`);
  }
  const read = z.safeParse(answer, parsed(text));
  if (!read.success) throw new Fault('console_answer_invalid', "AWS's sign-in endpoint gave no sign-in token");
  return read.data.SigninToken;
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      throw new Fault('console_answer_invalid', "AWS's sign-in endpoint answered with more than a token is long");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What is no JSON is nothing; the parser's error would quote it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
