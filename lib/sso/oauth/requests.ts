import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { Fault } from '../../fault.ts';
import { jsonBody } from '../../http/request.ts';
import type { ClientMetadata } from '../registrations.ts';
import { loopbackRedirect } from './loopback-redirect.ts';

/**
 * The requests of AWS SSO OIDC (2019-06-10): JSON in the body, where OAuth has a form. Members that a newer client may
 * send are passed over.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_Operations.html
 */
export const SCOPE = 'sso:account:access';

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
export const AUTHORIZATION_CODE = 'authorization_code';
export const REFRESH_TOKEN = 'refresh_token';

const GRANT_TYPES: readonly string[] = [AUTHORIZATION_CODE, DEVICE_CODE, REFRESH_TOKEN];

/** What clients of old say nothing about: the device flow was all there was. */
const DEFAULT_GRANT_TYPES = [DEVICE_CODE, REFRESH_TOKEN];

const MAX_NAME = 100;
const MAX_REDIRECTS = 3;

const short = z.string().check(z.minLength(1), z.maxLength(4096));
const texts = z.array(z.string().check(z.maxLength(256))).check(z.maxLength(16));

const registerRequest = z.object({
  clientName: z.string().check(z.maxLength(1024)),
  clientType: z.string(),
  scopes: z.optional(texts),
  redirectUris: z.optional(texts),
  grantTypes: z.optional(texts),
});

/** @throws Fault `client_metadata_invalid`, `redirect_not_allowed`, `scope_invalid`, and what `jsonBody` throws */
export function readRegistration(event: APIGatewayProxyEventV2): ClientMetadata {
  const { clientName, clientType, scopes = [], redirectUris = [], grantTypes } = jsonBody(event, registerRequest);
  if (clientType !== 'public') throw metadata('the client is not public');
  if (!isReadable(clientName)) throw metadata(`the client’s name is no text of 1 to ${MAX_NAME} characters`);
  const unknown = grantTypes?.find((type) => !GRANT_TYPES.includes(type));
  if (unknown !== undefined) throw metadata('a grant type is not known');
  if (redirectUris.length > MAX_REDIRECTS) throw metadata(`more than ${MAX_REDIRECTS} addresses`);
  if (scopes.some((scope) => scope !== SCOPE)) throw new Fault('scope_invalid', 'a scope is not known');
  for (const uri of redirectUris) {
    if (loopbackRedirect(uri) === undefined) {
      throw new Fault('redirect_not_allowed', 'an address is not one of the loopback interface');
    }
  }
  return {
    name: clientName,
    redirectUris,
    grantTypes: grantTypes === undefined || grantTypes.length === 0 ? DEFAULT_GRANT_TYPES : [...new Set(grantTypes)],
    scopes: [...new Set(scopes)],
  };
}

/** Whether a client that registered so gets tokens that it can refresh: those of old cannot. */
export function mayRefresh({ scopes, grantTypes }: ClientMetadata): boolean {
  return scopes.includes(SCOPE) && grantTypes.includes(REFRESH_TOKEN);
}

const client = { clientId: short, clientSecret: short };

const deviceAuthorizationRequest = z.object({ ...client, startUrl: z.optional(z.string()) });

/** @throws what `jsonBody` throws */
export function readDeviceAuthorization(event: APIGatewayProxyEventV2) {
  return jsonBody(event, deviceAuthorizationRequest);
}

const tokenRequest = z.object({ ...client, grantType: short });

const byDeviceCode = z.object({ ...client, grantType: z.literal(DEVICE_CODE), deviceCode: short });
const byRefreshToken = z.object({ ...client, grantType: z.literal(REFRESH_TOKEN), refreshToken: short });
const byCode = z.object({
  ...client,
  grantType: z.literal(AUTHORIZATION_CODE),
  code: short,
  redirectUri: short,
  codeVerifier: z.string().check(z.regex(/^[A-Za-z0-9._~-]{43,128}$/, 'RFC 7636 §4.1: 43–128 of A–Z a–z 0–9 - . _ ~')),
});

export type TokenRequest = z.infer<typeof byDeviceCode> | z.infer<typeof byRefreshToken> | z.infer<typeof byCode>;

/** @throws Fault `grant_type_unsupported`, and what `jsonBody` throws */
export function readTokenRequest(event: APIGatewayProxyEventV2): TokenRequest {
  switch (jsonBody(event, tokenRequest).grantType) {
    case DEVICE_CODE:
      return jsonBody(event, byDeviceCode);
    case REFRESH_TOKEN:
      return jsonBody(event, byRefreshToken);
    case AUTHORIZATION_CODE:
      return jsonBody(event, byCode);
    default:
      throw new Fault('grant_type_unsupported', 'the grant type is not one of those there are');
  }
}

/** It is shown to whoever approves: what cannot be seen there cannot be judged. */
function isReadable(name: string): boolean {
  return name.length <= MAX_NAME && /^(?=.*[\p{L}\p{N}])[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{DI}\p{Zl}\p{Zp}]+$/u.test(name);
}

function metadata(detail: string): Fault {
  return new Fault('client_metadata_invalid', detail);
}
