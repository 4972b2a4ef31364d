import { CORP, claims, claimsWith, KEYS, makeToken, NOW, PARTNER, SECONDS } from '../tokens.ts';
import { family, headers, payloads } from './case.ts';

/** What the payload claims. */
const issuers = (table: Record<string, unknown>) =>
  payloads('issuer_not_trusted', Object.fromEntries(Object.entries(table).map(([name, iss]) => [name, { iss }])));

export const issuer = family('Issuer', [
  ...issuers({
    'a trailing slash': `${CORP.url}/`,
    'another case': CORP.url.toUpperCase(),
    'a host in another case': CORP.url.replace('idp', 'IDP'),
    'the default port': CORP.url.replace('.com', '.com:443'),
    'a punycode host': 'https://xn--dp-6kc.example.com/realms/corp',
    'a look-alike letter': CORP.url.replace('idp', 'іdp'),
    'user information': CORP.url.replace('https://', 'https://idp.example.com@'),
    'a query': `${CORP.url}?a=b`,
    'a fragment': `${CORP.url}#a`,
    'dot segments': 'https://idp.example.com/realms/x/../corp',
    'an array': [CORP.url],
    'an object': { url: CORP.url },
    'a foreign tenant': CORP.url.replace('corp', 'other'),
    'the tenant template': 'https://login.microsoftonline.com/{tenantid}/v2.0',
    'plain http': CORP.url.replace('https', 'http'),
    'a prefix': CORP.url.slice(0, -1),
    'white space behind': `${CORP.url} `,
    'no issuer': undefined,
    null: null,
    'an empty issuer': '',
    __proto__: '__proto__',
  }),
  {
    name: "one issuer's token with another's iss",
    token: () => makeToken({ payload: claims({ iss: PARTNER.url }) }),
    code: 'signature_invalid',
  },
  {
    name: "another issuer's key of the same id",
    token: () => makeToken({ key: KEYS.partner }),
    code: 'signature_invalid',
  },
]);

export const audience = family('Audience', [
  ...payloads('audience_mismatch', {
    'no aud': { aud: undefined },
    'an empty array': { aud: [] },
    'an empty string': { aud: '' },
    'a prefix': { aud: 'daypas' },
    'a longer name': { aud: 'daypass-admin' },
    'another case': { aud: 'Daypass' },
    'an extra audience': { aud: ['daypass', 'https://other.example'], azp: 'daypass' },
    'an object': { aud: { 0: 'daypass' } },
    'mixed types': { aud: ['daypass', 1] },
    'a nested array': { aud: [['daypass']] },
    null: { aud: null },
    'a list in one string': { aud: 'daypass daypass-cli' },
  }),
  ...payloads('azp_mismatch', {
    'several audiences without azp': { aud: ['daypass', 'daypass-cli'] },
    'a foreign azp': { azp: 'evil' },
    'azp as an array': { azp: ['daypass'] },
    'azp null': { azp: null },
    'azp empty': { azp: '' },
  }),
  ...payloads('azp_mismatch', { 'azp absent where the policy names parties': {} }, { authorizedParties: ['web'] }),
]);

const invalidTime = (table: Record<string, Record<string, unknown> | string>) => payloads('time_claim_invalid', table);

export const time = family('Time', [
  ...invalidTime({
    'no exp': { exp: undefined },
    'no iat': { iat: undefined },
    'exp as a string': { exp: `${SECONDS + 60}` },
    'iat as a string': { iat: `${SECONDS}` },
    'nbf as a string': { nbf: 'now' },
    'exp with a fraction': { exp: SECONDS + 0.5 },
    'iat with a fraction': { iat: SECONDS - 0.5 },
    'exp null': { exp: null },
    'exp "NaN"': { exp: 'NaN' },
    'exp true': { exp: true },
    'exp as an array': { exp: [SECONDS + 60] },
    'exp 1e400': claimsWith('"exp":1e400', { exp: undefined }),
    'iat -1e400': claimsWith('"iat":-1e400', { iat: undefined }),
    'nbf 1e400': claimsWith('"nbf":1e400'),
    'exp negative': { exp: -1 },
    'iat negative': { iat: -1 },
    'exp beyond exact numbers': { exp: 2 ** 53 },
    'exp in milliseconds': { exp: NOW + 3_600_000 },
    'iat and exp in milliseconds': { iat: NOW, exp: NOW + 3_600_000 },
    'iat 31 s ahead': { iat: SECONDS + 31 },
    'nbf 31 s ahead': { nbf: SECONDS + 31 },
    'auth_time 31 s ahead': { auth_time: SECONDS + 31 },
    'auth_time as a string': { auth_time: `${SECONDS}` },
    'a life of 24 h and a second': { iat: SECONDS, exp: SECONDS + 86_401 },
    'exp not after iat': { iat: SECONDS, exp: SECONDS },
  }),
  ...payloads('token_expired', {
    'expired 30 s ago, the whole skew': { exp: SECONDS - 30, iat: SECONDS - 90 },
    'expired 31 s ago': { exp: SECONDS - 31, iat: SECONDS - 90 },
    'expired long ago': { exp: 60, iat: 1 },
  }),
  ...payloads('token_expired', { 'expired this second without skew': { exp: SECONDS } }, { clockSkewSeconds: 0 }),
  ...payloads('time_claim_invalid', { 'a life longer than the issuer may give': {} }, { maxTokenLifetimeSeconds: 600 }),
]);

export const type = family('Type', [
  ...headers('token_type_wrong', {
    'an access token': { typ: 'at+jwt' },
    'an access token with the long name': { typ: 'application/at+jwt' },
    'a logout token': { typ: 'logout+jwt' },
    'a security event': { typ: 'secevent+jwt' },
    'a DPoP proof': { typ: 'dpop+jwt', jwk: KEYS.ec256.jwk },
    "the broker's own SSO token": { typ: 'daypass-sso+jwt' },
    'a number as typ': { typ: 1 },
    'an empty typ': { typ: '' },
    'typ null': { typ: null },
    'a typ with a long s': { typ: 'jwt\u017f' },
  }),
  ...payloads('token_type_wrong', {
    'an untyped logout token': { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
  }),
]);
