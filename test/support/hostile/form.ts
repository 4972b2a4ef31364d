import { CompactEncrypt } from 'jose';
import { base64url, CORP, claims, claimsWith, makeToken } from '../tokens.ts';
import { family, good, goodHeader, goodPayload, goodSignature, type HostileToken, headers, payloads } from './case.ts';

/** How a token is written: its shape, members given twice, encryption. */
const malformed = (name: string, token: string): HostileToken => ({
  name,
  token: () => token,
  code: 'token_malformed',
});
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

export const shape = family('Shape', [
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

export const duplicates = family('JSON duplicates', [
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

const encrypted = (header: { alg: string; enc: string } & Record<string, unknown>) => () =>
  new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
    .setProtectedHeader(header as never)
    .encrypt(Buffer.alloc(32, 1));

export const encryption = family('Encrypted', [
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
