import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { Fault } from '../../fault.ts';
import { jsonBody } from '../../http/request.ts';
import { type LoopbackRedirect, loopbackRedirect } from '../oauth/loopback-redirect.ts';

/**
 * What `aws login` asks for, by the protocol of AWS Sign-In (2023-01-01): the browser for a code, the tool for the
 * credentials of the role that was chosen.
 */
export const SAME_DEVICE = 'arn:aws:signin:::devtools/same-device';
export const CROSS_DEVICE = 'arn:aws:signin:::devtools/cross-device';

/** Where `aws login --remote` has its answer shown, for somebody to carry it over. */
export const CONFIRMATION = '/v1/sessions/confirmation';

/** A tool that wants the credentials of a role. */
export interface LoginRequest {
  readonly clientId: typeof SAME_DEVICE | typeof CROSS_DEVICE;
  /** As given, port included. */
  readonly redirectUri: string;
  /** Where on this computer the answer goes; undefined when a person carries it over. */
  readonly redirect: LoopbackRedirect | undefined;
  readonly state: string;
  readonly codeChallenge: string;
}

/** The path that the tool listens on; it registers nowhere, so there is no other. */
const CALLBACK = 'http://127.0.0.1/oauth/callback';

/**
 * Reads what a browser was sent to `/v1/authorize` with. Where anything is wrong nobody is told but the person: the tool
 * has not said where it would listen, other than by what is wrong.
 *
 * @param origin the broker's own
 * @throws Fault `client_invalid`, `redirect_not_allowed`, `request_invalid`
 */
export function readLoginRequest(rawQuery: string, origin: string): LoginRequest {
  const query = new URLSearchParams(rawQuery);
  if (new Set(query.keys()).size !== query.size) throw new Fault('request_invalid', 'a parameter is given twice');
  const clientId = query.get('client_id');
  if (clientId !== SAME_DEVICE && clientId !== CROSS_DEVICE) {
    throw new Fault('client_invalid', 'the client is not the command of AWS');
  }
  const redirectUri = query.get('redirect_uri') ?? '';
  const redirect = clientId === SAME_DEVICE ? loopbackRedirect(redirectUri) : undefined;
  const isExpected =
    clientId === SAME_DEVICE ? redirect?.portless === CALLBACK : redirectUri === `${origin}${CONFIRMATION}`;
  if (!isExpected) throw new Fault('redirect_not_allowed', 'the address is not the one of the client');
  if (query.get('response_type') !== 'code') throw new Fault('request_invalid', 'the response type is not code');
  const state = query.get('state') ?? '';
  if (!/^[!-~]{1,512}$/.test(state)) throw new Fault('request_invalid', 'there is no usable state');
  const codeChallenge = query.get('code_challenge') ?? '';
  const method = query.get('code_challenge_method') ?? '';
  // AWS spells the method of RFC 7636 so.
  if (!['SHA-256', 'S256'].includes(method) || !/^[A-Za-z0-9_-]{43}$/.test(codeChallenge)) {
    throw new Fault('request_invalid', 'there is no challenge by SHA-256');
  }
  const scope = query.get('scope');
  if (scope !== null && scope !== 'openid') throw new Fault('scope_invalid', 'the scope is not openid');
  return { clientId, redirectUri, redirect, state, codeChallenge };
}

const clientId = z.enum([SAME_DEVICE, CROSS_DEVICE]);
const text = (maximum: number) => z.string().check(z.minLength(1), z.maxLength(maximum));

const byCode = z.object({
  clientId,
  grantType: z.literal('authorization_code'),
  code: text(512),
  redirectUri: text(2048),
  codeVerifier: z.string().check(z.regex(/^[A-Za-z0-9._~-]{43,128}$/, 'RFC 7636 §4.1: 43–128 of A–Z a–z 0–9 - . _ ~')),
});
const byRefreshToken = z.object({ clientId, grantType: z.literal('refresh_token'), refreshToken: text(2048) });

export type LoginTokenRequest = z.infer<typeof byCode> | z.infer<typeof byRefreshToken>;

/** @throws what `jsonBody` throws */
export function readLoginTokenRequest(event: APIGatewayProxyEventV2): LoginTokenRequest {
  return jsonBody(event, z.discriminatedUnion('grantType', [byCode, byRefreshToken]));
}
