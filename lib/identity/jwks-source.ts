import { Fault } from '../fault.ts';
import { judgeProviderUrl } from '../http/provider-url.ts';
import type { Issuer } from './issuer.ts';
import { indexKeys, type KeyIndex, readProviderDocument } from './key-set.ts';
import { quoted } from './quoted.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Bytes of a discovery document or a JWK set, after content decoding. */
export const MAX_DOCUMENT_BYTES = 150 * 1024;

/** Discovery and key set together, milliseconds. */
export const FETCH_TIMEOUT_MS = 2_000;

/** Asked for by 429, whatever its `Retry-After` says. */
const THROTTLED_PAUSE_SECONDS = 30;

/** Reads an issuer's key set from where it is published, each time anew. */
export interface JwksSource {
  /** @throws Fault `idp_unavailable`, `jwks_invalid`, `jwks_too_large`; nothing else, within the timeout */
  read(): Promise<KeyIndex>;
}

/**
 * Finds the key set by `jwksUri` or OpenID Connect Discovery 1.0 §4 (whose `issuer` must equal the issuer's URL
 * byte for byte) and reads it. No redirect is followed: a key set comes from the very address the issuer names.
 * Where discovery led is kept until a read fails.
 *
 * @throws Error when the issuer's own addresses are not acceptable: a mistake in the access policy
 */
export function createJwksSource(
  issuer: Pick<Issuer, 'name' | 'url' | 'jwksUri'>,
  fetch: Fetch,
  timeoutMs: number = FETCH_TIMEOUT_MS,
): JwksSource {
  const home = judgeProviderUrl(issuer.url);
  if (!home.ok) throw new Error(`issuer ${issuer.name}: its URL ${home.problem}`);
  if (issuer.url.includes('?')) throw new Error(`issuer ${issuer.name}: its URL has a query`);
  if (issuer.jwksUri !== undefined) {
    const place = judgeProviderUrl(issuer.jwksUri);
    if (!place.ok) throw new Error(`issuer ${issuer.name}: its jwksUri ${place.problem}`);
  }
  let discovered: string | undefined;

  async function read(signal: AbortSignal): Promise<KeyIndex> {
    const place = issuer.jwksUri ?? discovered ?? (await discover(issuer, fetch, signal));
    const index = indexKeys(readProviderDocument(await readBody(place, fetch, signal)));
    discovered = place;
    return index;
  }

  return {
    async read() {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        // The race holds even where a fetch does not heed its signal.
        return await Promise.race([read(signal), rejectOn(signal)]);
      } catch (error) {
        discovered = undefined;
        if (error instanceof Fault) throw error;
        const what = signal.aborted ? `did not answer within ${timeoutMs} ms` : 'cannot be reached';
        throw new Fault('idp_unavailable', `the identity provider of ${issuer.name} ${what}`, { cause: error });
      }
    },
  };
}

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest */
async function discover(issuer: Pick<Issuer, 'name' | 'url'>, fetch: Fetch, signal: AbortSignal): Promise<string> {
  const address = `${issuer.url.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = readProviderDocument(await readBody(address, fetch, signal));
  if (document.issuer !== issuer.url) {
    throw new Fault('jwks_invalid', `discovery of ${issuer.name} names the issuer ${quoted(document.issuer)}`);
  }
  const place = document.jwks_uri;
  const verdict = typeof place === 'string' ? judgeProviderUrl(place) : undefined;
  if (typeof place !== 'string' || verdict === undefined || !verdict.ok) {
    throw new Fault('jwks_invalid', `discovery of ${issuer.name} has the jwks_uri ${quoted(place)}`);
  }
  // A provider out there has no business on this machine.
  if (verdict.loopback && !isOnLoopback(issuer.url)) {
    throw new Fault('jwks_invalid', `discovery of ${issuer.name} points to loopback`);
  }
  return place;
}

function isOnLoopback(address: string): boolean {
  const verdict = judgeProviderUrl(address);
  return verdict.ok && verdict.loopback;
}

async function readBody(address: string, fetch: Fetch, signal: AbortSignal): Promise<string> {
  const response = await fetch(address, { redirect: 'manual', signal, headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    const detail = `${quoted(address)} answered ${response.status}`;
    // A browser-like fetch hides the status of a redirect behind 0.
    if (response.status < 400) throw new Fault('jwks_invalid', `${detail}; redirects are refused`);
    const isThrottled = response.status === 429;
    throw new Fault('idp_unavailable', detail, isThrottled ? { retryAfterSeconds: THROTTLED_PAUSE_SECONDS } : {});
  }
  return readBounded(address, response);
}

async function readBounded(address: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_DOCUMENT_BYTES) {
      throw new Fault('jwks_too_large', `${quoted(address)} answered with more than ${MAX_DOCUMENT_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
