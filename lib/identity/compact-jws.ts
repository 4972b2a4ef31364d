import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { Fault, type FaultCode } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import { type JsonProblem, readStrictJson } from '../strict-json.ts';
import { decodeBase64Url } from './base64url.ts';

/**
 * A token taken apart, nothing of it believed yet.
 *
 *     BASE64URL(UTF8(JWS Protected Header)) . BASE64URL(JWS Payload) . BASE64URL(JWS Signature)
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1
 */
export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** ASCII of everything before the second dot. */
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

/** Characters, which in an acceptable token are bytes. */
export const MAX_TOKEN_LENGTH = 16_384;

/** Nesting of header and payload; members of each. */
export const TOKEN_JSON_LIMITS = { depth: 16, members: 200 } as const;

const DOT = 0x2e;

/**
 * Takes a compact JWS apart, strictly: its size first, then its shape, and only then what is inside.
 *
 * @throws Fault `token_too_large`, `token_encrypted` (five parts, never decrypted), `token_malformed`,
 *   `token_duplicate_member`, `time_claim_invalid` (a time that no double can hold)
 */
export function readCompactJws(token: string): CompactJws {
  const parts = split(token);
  return {
    header: readObject(decode(parts.header, 'header'), 'header'),
    payload: readObject(decode(parts.payload, 'payload'), 'payload'),
    signingInput: Buffer.from(parts.signingInput, 'latin1'),
    signature: decode(parts.signature, 'signature'),
  };
}

/**
 * SHA-256 (hex) of `signing input . signature bytes`. Over the decoded signature, so that it never depends on
 * how the last base64url character is spelt.
 */
export function hashToken(jws: Pick<CompactJws, 'signingInput' | 'signature'>): string {
  return createHash('sha256').update(jws.signingInput).update('.').update(jws.signature).digest('hex');
}

/**
 * `hashToken` for a token that was refused, so that the record of the refusal can still name it; undefined for
 * what is not even three parts with a decodable signature.
 */
export function hashRefusedToken(token: string): string | undefined {
  try {
    const { signingInput, signature } = split(token);
    return hashToken({ signingInput: Buffer.from(signingInput), signature: decode(signature, 'signature') });
  } catch {
    return undefined;
  }
}

interface Parts {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  readonly signingInput: string;
}

function split(token: string): Parts {
  if (typeof token !== 'string') throw malformed('the token is not a string');
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new Fault('token_too_large', `the token has ${token.length} characters, more than ${MAX_TOKEN_LENGTH}`);
  }
  let dots = 0;
  for (let at = 0; at < token.length; at += 1) if (token.charCodeAt(at) === DOT) dots += 1;
  if (dots === 4) throw new Fault('token_encrypted', 'the token has five parts: encrypted tokens (JWE) are not read');
  if (dots !== 2) throw malformed(`the token has ${dots + 1} parts, a signed token has three`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  return {
    header: token.slice(0, first),
    payload: token.slice(first + 1, second),
    signature: token.slice(second + 1),
    signingInput: token.slice(0, second),
  };
}

type Part = 'header' | 'payload' | 'signature';

function decode(part: string, name: Part): Buffer {
  const bytes = decodeBase64Url(part);
  if (bytes === undefined) throw malformed(`the ${name} is not canonical base64url`);
  return bytes;
}

function readObject(bytes: Buffer, name: Part): JsonObject {
  if (!isUtf8(bytes)) throw malformed(`the ${name} is not UTF-8`);
  // A byte-order mark stays in the text here, and JSON has no place for it (RFC 8259 §8.1).
  const reading = readStrictJson(bytes.toString('utf8'), TOKEN_JSON_LIMITS);
  if (reading.ok) return reading.value;
  throw new Fault(codeOf(reading.problem, reading.member, name), `the ${name} ${PROBLEMS[reading.problem]}`);
}

const PROBLEMS: Readonly<Record<JsonProblem, string>> = {
  syntax: 'is not JSON',
  not_an_object: 'is not a JSON object',
  too_many_members: `has more than ${TOKEN_JSON_LIMITS.members} members`,
  too_deep: `is nested deeper than ${TOKEN_JSON_LIMITS.depth} levels`,
  lone_surrogate: 'has a string with a lone surrogate',
  number_not_finite: 'has a number beyond the range of a double',
  duplicate_member: 'names a member twice in one object',
};

function codeOf(problem: JsonProblem, member: string | undefined, part: Part): FaultCode {
  if (problem === 'duplicate_member') return 'token_duplicate_member';
  const isTime = member === 'exp' || member === 'iat' || member === 'nbf' || member === 'auth_time';
  return part === 'payload' && problem === 'number_not_finite' && isTime ? 'time_claim_invalid' : 'token_malformed';
}

function malformed(detail: string): Fault {
  return new Fault('token_malformed', detail);
}
