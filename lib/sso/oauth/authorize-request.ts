import { Fault } from '../../fault.ts';
import type { RegisteredClient } from '../registrations.ts';
import { type LoopbackRedirect, loopbackRedirect } from './loopback-redirect.ts';
import { AUTHORIZATION_CODE, SCOPE } from './requests.ts';

/** A tool that wants a code (RFC 6749 §4.1.1), and may have the answer at its address. */
export interface AuthorizeRequest {
  readonly client: RegisteredClient;
  /** As given, port included. */
  readonly redirectUri: string;
  readonly redirect: LoopbackRedirect;
  readonly state: string | undefined;
  readonly codeChallenge: string;
}

type Destination = Pick<AuthorizeRequest, 'redirectUri' | 'state'>;

/** What the tool has to hear of, at the address that was found to be its own (RFC 6749 §4.1.2.1). */
export interface UnacceptableRequest extends Destination {
  readonly error: 'invalid_request' | 'invalid_scope' | 'unauthorized_client' | 'unsupported_response_type';
}

/** 256 bits in base64url, as S256 gives them (RFC 7636 §4.2). */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

const STATE = /^[!-~]{1,512}$/;

/**
 * Reads what a browser was sent to `/authorize` with. Until client and address are found to belong together nothing is
 * sent to that address.
 *
 * @param read reads a client id, throws Fault `client_invalid`
 * @throws Fault `client_invalid`, `redirect_not_allowed`
 */
export async function readAuthorizeRequest(
  rawQuery: string,
  read: (clientId: string) => Promise<RegisteredClient>,
): Promise<AuthorizeRequest | UnacceptableRequest> {
  const query = new URLSearchParams(rawQuery);
  const one = (name: string): string | undefined => {
    const [value, ...more] = query.getAll(name);
    return more.length > 0 ? undefined : value;
  };
  const client = await read(one('client_id') ?? '');
  const redirectUri = one('redirect_uri') ?? '';
  const redirect = loopbackRedirect(redirectUri);
  const isRegistered = client.redirectUris.some((uri) => loopbackRedirect(uri)?.portless === redirect?.portless);
  if (redirect === undefined || !isRegistered) {
    throw new Fault('redirect_not_allowed', 'the address is not one that the client registered');
  }
  const state = one('state');
  const to = { redirectUri, state };
  // A name given twice has no one value (RFC 6749 §3.1).
  if (new Set(query.keys()).size !== query.size) return { ...to, error: 'invalid_request' };
  if (state !== undefined && !STATE.test(state)) return { redirectUri, state: undefined, error: 'invalid_request' };
  if (one('response_type') !== 'code') return { ...to, error: 'unsupported_response_type' };
  if (!client.grantTypes.includes(AUTHORIZATION_CODE)) return { ...to, error: 'unauthorized_client' };
  const codeChallenge = one('code_challenge') ?? '';
  // No challenge, or one that is the verifier itself, lets whoever reads the address redeem the code (RFC 9700 §2.1.1).
  const isChallenged = one('code_challenge_method') === 'S256' && CHALLENGE.test(codeChallenge);
  if (!isChallenged) return { ...to, error: 'invalid_request' };
  const scopes = (one('scopes') ?? one('scope') ?? '').split(' ').filter(Boolean);
  if (scopes.some((scope) => scope !== SCOPE)) return { ...to, error: 'invalid_scope' };
  return { client, redirectUri, redirect, state, codeChallenge };
}

/** The tool's address with an answer for it. */
export function answerLocation({ redirectUri, state }: Destination, answer: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ ...answer, ...(state !== undefined && { state }) });
  return `${redirectUri}?${query}`;
}
