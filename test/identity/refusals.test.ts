import { constants, sign } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import type { FaultCode } from '../../lib/fault.ts';
import type { Issuer } from '../../lib/identity/issuer.ts';
import {
  base64url,
  CORP,
  claims,
  claimsWith,
  faultOf,
  KEYS,
  makeHmacToken,
  makeToken,
  makeVerifier,
  NOW,
  PARTNER,
  SECONDS,
  signature,
} from './fixtures.ts';

/**
 * The catalogue of tokens that must not pass, family by family. Every token here is validly signed unless its
 * case is about that, so what refuses it is the check the family names.
 */
interface Case {
  readonly name: string;
  readonly token: () => string | Promise<string>;
  readonly code: FaultCode;
  readonly issuer?: Partial<Issuer>;
  readonly now?: number;
}

const verifierOf = new Map<unknown, ReturnType<typeof makeVerifier>>();

function family(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    it.each(cases)('$name is refused as $code', async ({ token, code, issuer, now }) => {
      const verifier = verifierOf.get(issuer) ?? makeVerifier(issuer);
      verifierOf.set(issuer, verifier);
      const text = await token();
      const fault = await faultOf(() => verifier.verify(text, now ?? NOW));
      expect(fault.code).toBe(code);
      expect(fault.detail).toMatch(/^[\x20-\x7e–]{1,400}$/);
      const signaturePart = text.slice(0, 20_000).split('.')[2] ?? '';
      if (signaturePart.length > 20) expect(fault.detail).not.toContain(signaturePart.slice(0, 20));
    });
  });
}

/** Cases that differ in the payload only. */
function payloads(
  code: FaultCode,
  table: Record<string, Record<string, unknown> | string>,
  issuer?: Partial<Issuer>,
): Case[] {
  return Object.entries(table).map(([name, changes]) => ({
    name,
    code,
    token: () => makeToken({ payload: typeof changes === 'string' ? changes : claims(changes) }),
    ...(issuer && { issuer }),
  }));
}

/** Cases that differ in the header only. */
function headers(code: FaultCode, table: Record<string, Record<string, unknown> | string>): Case[] {
  return Object.entries(table).map(([name, header]) => ({ name, code, token: () => makeToken({ header }) }));
}

const good = makeToken();
const [goodHeader, goodPayload, goodSignature] = good.split('.') as [string, string, string];
const malformed = (name: string, token: string): Case => ({ name, token: () => token, code: 'token_malformed' });
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

family('Shape', [
  malformed('an empty token', ''),
  malformed('one part', goodHeader),
  malformed('two parts', `${goodHeader}.${goodPayload}`),
  malformed('four parts', `${good}.${goodSignature}`),
  malformed('six parts', `${good}.a.b.c`),
  malformed('only dots', '..'),
  { name: '6 MiB of dots', token: () => '.'.repeat(6 * 1024 * 1024), code: 'token_too_large' },
  { name: '16 KiB and one character', token: () => 'a'.repeat(16_385), code: 'token_too_large' },
  {
    name: 'a signed token over 16 KiB',
    token: () => makeToken({ payload: claims({ pad: 'x'.repeat(13_000) }) }),
    code: 'token_too_large',
  },
  malformed('a leading space', ` ${good}`),
  malformed('a trailing newline', `${good}\n`),
  malformed('a newline inside', `${goodHeader}.${goodPayload.slice(0, 8)}\n${goodPayload.slice(8)}.${goodSignature}`),
  malformed('padding', `${goodHeader}.${goodPayload}.${goodSignature}==`),
  malformed('the standard base64 alphabet', `${goodHeader}.${goodPayload}.${goodSignature.slice(0, -2)}+/`),
  malformed('a second spelling of the last character', `${good.slice(0, -1)}${nextInAlphabet(good.at(-1) as string)}`),
  malformed('a character outside ASCII', `${goodHeader}.${goodPayload}é.${goodSignature}`),
  malformed('a NUL character', `${goodHeader}\0.${goodPayload}.${goodSignature}`),
  malformed('a byte-order mark in the payload', makeToken({ payload: `\ufeff${JSON.stringify(claims())}` })),
  malformed('a byte-order mark in the header', makeToken({ header: '\ufeff{"alg":"RS256","kid":"rsa"}' })),
  malformed('invalid UTF-8', makeToken({ payload: Buffer.from(JSON.stringify(claims({ name: 'é' })), 'latin1') })),
  malformed(
    'overlong UTF-8',
    makeToken({ payload: Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]) }),
  ),
  malformed('a lone surrogate in a value', makeToken({ payload: claimsWith('"name":"\\ud800"') })),
  malformed('a lone surrogate in a name', makeToken({ payload: claimsWith('"\\udc00":1') })),
  malformed('a lone surrogate in an array of an object', makeToken({ payload: claimsWith('"a":{"b":["\\uD83D"]}') })),
  malformed('an array as payload', makeToken({ payload: '[]' })),
  malformed('null as payload', makeToken({ payload: 'null' })),
  malformed('a number as payload', makeToken({ payload: '1' })),
  malformed('a string as payload', makeToken({ payload: '"x"' })),
  malformed('an empty payload', makeToken({ payload: '' })),
  malformed('an array as header', makeToken({ header: '[]' })),
  malformed('text after the payload', makeToken({ payload: `${JSON.stringify(claims())}{}` })),
  malformed('a comment in the payload', makeToken({ payload: claimsWith('/**/"a":1') })),
  malformed('a trailing comma', makeToken({ payload: `${JSON.stringify(claims()).slice(0, -1)},}` })),
  malformed('nesting of 17 levels', makeToken({ payload: claimsWith(`"a":${nested(16)}`) })),
  malformed('nesting of 5,000 levels', makeToken({ payload: claimsWith(`"a":${nested(5_000)}`) })),
  malformed('nesting that never closes', makeToken({ payload: '['.repeat(9_000) })),
  malformed(
    '201 claims',
    makeToken({ payload: claims(Object.fromEntries(Array.from({ length: 193 }, (_, at) => [`c${at}`, at]))) }),
  ),
  malformed('a number beyond a double', makeToken({ payload: claimsWith('"level":1e400') })),
]);

function nextInAlphabet(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(character) + 1] as string;
}

family('JSON duplicates', [
  ...headers('token_duplicate_member', {
    'alg twice': '{"alg":"none","alg":"RS256","kid":"rsa"}',
    'kid twice': '{"alg":"RS256","kid":"rsa","kid":"rsa"}',
    'crit twice': '{"alg":"RS256","kid":"rsa","crit":[],"crit":[]}',
    'alg twice, once escaped': '{"\\u0061lg":"RS256","alg":"RS256","kid":"rsa"}',
  }),
  ...payloads('token_duplicate_member', {
    'iss twice': claimsWith(`"iss":"${CORP.url}"`),
    'sub twice': claimsWith('"sub":"admin"'),
    'aud twice': claimsWith('"aud":"other"'),
    'exp twice': claimsWith('"exp":1'),
    'groups twice': claimsWith('"groups":["sre"]'),
    'an escaped spelling of sub': claimsWith('"\\u0073ub":"admin"'),
    'a partly escaped spelling of groups': claimsWith('"gr\\u006fups":["sre"]'),
    'a nested member twice': claimsWith('"address":{"country":"AT","country":"DE"}'),
    'a member twice in an object in an array': claimsWith('"a":[{"b":1,"\\u0062":2}]'),
    '__proto__ twice': claimsWith('"__proto__":{},"__proto__":{}'),
    'a duplicate behind a quoted colon': claimsWith('"a\\":":1,"a\\":":2'),
    'an empty name twice': claimsWith('"":1,"":2'),
  }),
]);

const rsaPem = KEYS.rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const rsaDer = KEYS.rsa.publicKey.export({ type: 'spki', format: 'der' });

family('alg', [
  ...['none', 'None', 'NONE', 'nOnE', ' none', 'none\u0000'].map(
    (alg): Case => ({
      name: `alg ${JSON.stringify(alg)} without a signature`,
      token: () => `${base64url(JSON.stringify({ alg, kid: 'rsa', typ: 'JWT' }))}.${goodPayload}.`,
      code: 'alg_not_allowed',
    }),
  ),
  {
    name: 'alg none with the signature left on',
    token: () => makeToken({ header: { alg: 'none' } }),
    code: 'alg_not_allowed',
  },
  { name: 'HS256 with the PEM as secret', token: () => makeHmacToken(rsaPem), code: 'alg_not_allowed' },
  {
    name: 'HS256 with the PEM after white space as secret',
    token: () => makeHmacToken(`\n ${rsaPem}`),
    code: 'alg_not_allowed',
  },
  { name: 'HS256 with the DER as secret', token: () => makeHmacToken(rsaDer), code: 'alg_not_allowed' },
  {
    name: 'HS256 with the JWK as secret',
    token: () => makeHmacToken(JSON.stringify(KEYS.rsa.jwk)),
    code: 'alg_not_allowed',
  },
  { name: 'HS512 with an empty secret', token: () => makeHmacToken('', 'HS512'), code: 'alg_not_allowed' },
  { name: 'ES256 with an RSA key', token: () => makeToken({ header: { alg: 'ES256' } }), code: 'alg_not_allowed' },
  {
    name: 'RS256 with a P-256 key',
    token: () => makeToken({ key: KEYS.ec256, header: { alg: 'RS256' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'ES256 with a P-384 key',
    token: () => makeToken({ key: KEYS.ec384, header: { alg: 'ES256' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'ES384 with a P-256 key',
    token: () => makeToken({ key: KEYS.ec256, header: { alg: 'ES384' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'EdDSA with a P-256 key',
    token: () => makeToken({ key: KEYS.ec256, header: { alg: 'EdDSA' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'ES256 with an Ed25519 key',
    token: () => makeToken({ key: KEYS.ed, header: { alg: 'ES256' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'an algorithm the issuer may not use',
    token: () => makeToken({ key: KEYS.ec256 }),
    code: 'alg_not_allowed',
    issuer: { algorithms: ['RS256'] },
  },
  ...headers('alg_not_allowed', {
    'lower-case alg': { alg: 'rs256' },
    'alg as an array': { alg: ['RS256'] },
    'absent alg': { alg: undefined },
    'alg null': { alg: null },
    'alg as an object': { alg: { toString: 'RS256' } },
    'alg constructor': { alg: 'constructor' },
    'an unregistered alg': { alg: 'ES256K' },
    'a key-wrapping alg': { alg: 'RSA-OAEP' },
  }),
]);

family('Signature', [
  { name: 'an empty signature', token: () => `${goodHeader}.${goodPayload}.`, code: 'signature_invalid' },
  {
    name: 'a signature one byte short',
    token: () => `${goodHeader}.${goodPayload}.${base64url(Buffer.from(goodSignature, 'base64url').subarray(1))}`,
    code: 'signature_invalid',
  },
  {
    name: 'a payload changed after signing',
    token: () => `${goodHeader}.${base64url(JSON.stringify(claims({ groups: ['sre'] })))}.${goodSignature}`,
    code: 'signature_invalid',
  },
  {
    name: 'a signature of another key of the same id',
    token: () => makeToken({ key: KEYS.partner }),
    code: 'signature_invalid',
  },
  { name: 'PS256 signed as RS256', token: () => makeToken({ header: { alg: 'PS256' } }), code: 'signature_invalid' },
  { name: 'RS512 signed as RS256', token: () => makeToken({ header: { alg: 'RS512' } }), code: 'signature_invalid' },
  { name: 'PS256 with a salt of 20 bytes', token: () => pssWithSalt(20), code: 'signature_invalid' },
  { name: 'PS256 without a salt', token: () => pssWithSalt(0), code: 'signature_invalid' },
  { name: 'an ECDSA signature in DER', token: () => ecdsa((raw) => derOf(raw)), code: 'signature_invalid' },
  { name: 'an ECDSA signature of zeros', token: () => ecdsa(() => Buffer.alloc(64)), code: 'signature_invalid' },
  {
    name: 'an ECDSA signature with a zero r',
    token: () => ecdsa((raw) => Buffer.concat([Buffer.alloc(32), raw.subarray(32)])),
    code: 'signature_invalid',
  },
  {
    name: 'an Ed25519 signature of zeros',
    token: () => `${makeToken({ key: KEYS.ed }).split('.', 2).join('.')}.${base64url(Buffer.alloc(64))}`,
    code: 'signature_invalid',
  },
]);

function pssWithSalt(saltLength: number): string {
  const input = makeToken({ header: { alg: 'PS256' } })
    .split('.', 2)
    .join('.');
  const key = { key: KEYS.rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return `${input}.${base64url(sign('sha256', Buffer.from(input), key))}`;
}

function ecdsa(change: (raw: Buffer) => Buffer): string {
  const input = makeToken({ key: KEYS.ec256 }).split('.', 2).join('.');
  return `${input}.${base64url(change(signature('ES256', KEYS.ec256, input)))}`;
}

function derOf(raw: Buffer): Buffer {
  const integer = (bytes: Buffer) => Buffer.concat([Buffer.from([2, bytes.length + 1, 0]), bytes]);
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

family(
  'Header injection',
  headers('header_not_allowed', {
    'an embedded jwk': { jwk: KEYS.rsa.jwk },
    jku: { jku: 'https://evil.example/jwks' },
    x5u: { x5u: 'https://evil.example/cert' },
    x5c: { x5c: ['MIIB'] },
    x5t: { x5t: 'abc' },
    'x5t#S256': { 'x5t#S256': 'abc' },
    'crit with an unknown name': { crit: ['exp-policy'], 'exp-policy': true },
    'an empty crit': { crit: [] },
    'crit with a name twice': { crit: ['b64', 'b64'], b64: true },
    'crit with a standard name': { crit: ['alg'] },
    'crit null': { crit: null },
    'b64 false': { b64: false, crit: ['b64'] },
    'b64 true': { b64: true },
    zip: { zip: 'DEF' },
    'kid as a path': { kid: '../../../../dev/null' },
    'kid as an absolute path': { kid: '/dev/null' },
    'kid as SQL': { kid: "rsa' OR '1'='1" },
    'kid as a URL': { kid: 'https://evil.example/key' },
    'kid as a number': { kid: 1 },
    'kid as an array': { kid: ['rsa'] },
    'kid null': { kid: null },
    'kid empty': { kid: '' },
    'kid of 4 KiB': { kid: 'k'.repeat(4_096) },
    'kid __proto__': '{"alg":"RS256","kid":"__proto__"}',
    'kid constructor': { kid: 'constructor' },
    'kid with a line break': { kid: 'rsa\r\nx: y' },
    'kid with a look-alike letter': { kid: 'rѕa' },
  }),
);

const encrypted = (header: { alg: string; enc: string } & Record<string, unknown>) => () =>
  new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
    .setProtectedHeader(header as never)
    .encrypt(Buffer.alloc(32, 1));

family('Encrypted', [
  { name: 'a direct JWE', token: encrypted({ alg: 'dir', enc: 'A256GCM' }), code: 'token_encrypted' },
  { name: 'a wrapped JWE', token: encrypted({ alg: 'A256KW', enc: 'A256GCM' }), code: 'token_encrypted' },
  {
    name: 'PBES2 with a huge iteration count',
    token: () => `${base64url('{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":2147483647,"p2s":"AAAA"}')}.a.b.c.d`,
    code: 'token_encrypted',
  },
  {
    name: 'a zip bomb',
    token: () => `${base64url('{"alg":"dir","enc":"A256GCM","zip":"DEF"}')}..b.${'A'.repeat(9_000)}.d`,
    code: 'token_encrypted',
  },
  { name: 'four dots', token: () => '....', code: 'token_encrypted' },
]);

const issuers = (table: Record<string, unknown>) =>
  payloads('issuer_not_trusted', Object.fromEntries(Object.entries(table).map(([name, iss]) => [name, { iss }])));

family('Issuer', [
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

family('Audience', [
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

family('Time', [
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
  { name: 'a clock that is not a number', token: () => good, code: 'internal_error', now: Number.NaN },
]);

family('Type', [
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

const names = (table: Record<string, unknown>) =>
  payloads(
    'identity_not_representable',
    Object.fromEntries(Object.entries(table).map(([name, email]) => [name, { email }])),
  );

family('Identity', [
  ...payloads('identity_not_representable', {
    'no sub': { sub: undefined },
    'an empty sub': { sub: '' },
    'a number as sub': { sub: 1 },
    'a sub of 256 characters': { sub: 's'.repeat(256) },
    'a sub outside ASCII': { sub: 'dév' },
    'a sub with a NUL': { sub: 'dev\0' },
    'a sub with a line break': { sub: 'dev\r\nadmin' },
    'sub null': { sub: null },
    'sub as an array': { sub: ['dev'] },
    'email_verified false': { email_verified: false },
    'email_verified absent': { email_verified: undefined },
    'email_verified as a string': { email_verified: 'true' },
    'email_verified 1': { email_verified: 1 },
  }),
  ...names({
    'two @': 'a@evil@corp.com',
    'a Kelvin sign': '\u212aevin@example.com',
    'a long s': '\u017fam@example.com',
    'a Cyrillic look-alike': 'dеv@example.com',
    'full-width letters': 'ｄev@example.com',
    'a combining accent': 'de\u0301v@example.com',
    'a right-to-left override': 'dev\u202e@example.com',
    'a zero-width joiner': 'de\u200dv@example.com',
    'a NUL': 'dev\0@example.com',
    'a line break': 'dev@example.com\r\nx',
    'a trailing line feed': 'dev@example.com\n',
    'a space': 'dev @example.com',
    '65 characters': 'a'.repeat(65),
    'one character': 'a',
    'an empty name': '',
    'the reserved prefix': 'aws:dev',
    'a slash': 'corp/dev',
    'a wildcard': 'dev*@example.com',
    'a policy variable': '${aws:username}',
  }),
  ...payloads('claim_missing', { 'no email': { email: undefined } }),
  ...payloads('claim_type_invalid', {
    'email as an array': { email: ['dev@example.com'] },
    'email as a number': { email: 1 },
    'email null': { email: null },
  }),
  ...payloads('claim_missing', { 'a username path into the prototype': {} }, { username: 'constructor.name' }),
  ...payloads('claim_missing', { 'a username path named __proto__': {} }, { username: '__proto__' }),
  ...payloads('claim_missing', { 'a username path into an array': {} }, { username: 'groups.0' }),
  ...payloads('claim_missing', { 'a username path into a string': {} }, { username: 'email.length' }),
]);

family('Groups', [
  ...payloads('claim_type_invalid', {
    'one string': { groups: 'engineering' },
    'a comma-separated string': { groups: 'engineering,sre' },
    numbers: { groups: [1, 2] },
    'a nested array': { groups: [['engineering']] },
    'an object': { groups: { 0: 'engineering' } },
    objects: { groups: [{ name: 'engineering' }] },
    null: { groups: null },
    'a null among them': { groups: ['engineering', null] },
    true: { groups: true },
  }),
  ...payloads('groups_unavailable', {
    'the Entra overage pointer': {
      groups: undefined,
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph.example/users/1/getMemberObjects' } },
    },
    'an overage pointer beside groups': { _claim_names: { groups: 'src1' } },
    'a pointer to some other claim': { _claim_names: { employment: 'src1' } },
    'a pointer of the wrong type': { _claim_names: 'groups' },
    hasgroups: { groups: undefined, hasgroups: true },
    'hasgroups as a string': { groups: undefined, hasgroups: 'true' },
    'groups:src1': { groups: undefined, 'groups:src1': { endpoint: 'https://graph.example' } },
  }),
  ...payloads(
    'claim_type_invalid',
    { 'a string at the dotted path': { realm: { roles: 'sre' } } },
    { groups: 'realm.roles' },
  ),
  ...payloads(
    'hosted_domain_mismatch',
    {
      'a missing hd': {},
      'a wrong hd': { hd: 'evil.example' },
      'hd in another case': { hd: 'Example.com' },
      'hd as an array': { hd: ['example.com'] },
    },
    { hostedDomains: ['example.com'] },
  ),
]);

family('Replay', [
  ...payloads('claim_missing', { 'no jti': {} }, { singleUse: true }),
  ...payloads(
    'claim_type_invalid',
    {
      'jti as a number': { jti: 1 },
      'jti empty': { jti: '' },
      'jti null': { jti: null },
      'jti of 256 characters': { jti: 'j'.repeat(256) },
    },
    { singleUse: true },
  ),
]);
