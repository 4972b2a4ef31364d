import { createHash, createPublicKey, verify } from 'node:crypto';
import { Fault } from '../../fault.ts';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { readStrictJson } from '../../strict-json.ts';

/** A proof that whoever sends a request has a key (RFC 9449 §4.2). */
export interface DpopProof {
  /** RFC 7638 thumbprint of the key. */
  readonly keyThumbprint: string;
  readonly jti: string;
  /** Epoch seconds after which the proof would be refused anyhow. */
  readonly expiresAt: number;
}

/** Seconds by which a client's clock may differ from ours. */
const TOLERANCE = 300;

const MAX_CHARACTERS = 2048;

/** Compact JWS: base64url without padding. */
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

/** 32 bytes, as P-256's coordinates are written (RFC 7518 §6.2.1.2). */
const COORDINATE = /^[A-Za-z0-9_-]{43}$/;

/**
 * Checks the proof of one request. Whether it was seen before is for the caller to ask.
 *
 * @param header of the request; several are joined by the gateway, and so are no proof
 * @param address of the request as the client knows it: scheme, host and path
 * @param now epoch milliseconds
 * @throws Fault `dpop_invalid`
 * @see RFC 9449 §4.3
 */
export function readDpopProof(header: string | undefined, method: string, address: string, now: number): DpopProof {
  if (header === undefined || header === '') throw invalid('there is no DPoP header');
  const [, protectedPart, payloadPart, signature] = (header.length <= MAX_CHARACTERS && COMPACT.exec(header)) || [];
  if (protectedPart === undefined || payloadPart === undefined || signature === undefined) {
    throw invalid('the header is not one compact JWS');
  }
  const { typ, alg, jwk, ...more } = json(protectedPart);
  if (typ !== 'dpop+jwt') throw invalid('the proof is of another type');
  if (alg !== 'ES256') throw invalid('the algorithm is not ES256');
  if (Object.keys(more).length > 0) throw invalid('the proof’s header says more than it may');
  const { x, y } = coordinates(jwk);
  const key = { kty: 'EC', crv: 'P-256', x, y };
  if (!isSigned(`${protectedPart}.${payloadPart}`, signature, key)) throw invalid('the signature does not verify');

  const { htm, htu, iat, jti } = json(payloadPart);
  if (htm !== method) throw invalid('the proof is for another method');
  if (!isAddress(htu, address)) throw invalid('the proof is for another address');
  if (typeof jti !== 'string' || !/^[!-~]{1,128}$/.test(jti)) throw invalid('the proof has no usable jti');
  const seconds = Math.floor(now / 1000);
  if (typeof iat !== 'number' || !Number.isInteger(iat) || Math.abs(seconds - iat) > TOLERANCE) {
    throw invalid('the proof is too old, or made with a clock that is wrong');
  }
  const members = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
  const keyThumbprint = createHash('sha256').update(members).digest('base64url');
  return { keyThumbprint, jti, expiresAt: iat + TOLERANCE };
}

function json(part: string): JsonObject {
  const bytes = Buffer.from(part, 'base64url');
  const reading = readStrictJson(bytes.toString('utf8'), { depth: 3, members: 16 });
  if (bytes.toString('base64url') !== part || !reading.ok) throw invalid('the proof is not acceptable JSON');
  return reading.value;
}

/** The public key alone: one that brings its private half along proves nothing about who has it. */
function coordinates(jwk: Json | undefined): { readonly x: string; readonly y: string } {
  if (!isJsonObject(jwk)) throw invalid('the proof has no key');
  const { kty, crv, x, y } = jwk;
  const isPublicP256 =
    kty === 'EC' &&
    crv === 'P-256' &&
    typeof x === 'string' &&
    typeof y === 'string' &&
    COORDINATE.test(x) &&
    COORDINATE.test(y) &&
    !Object.hasOwn(jwk, 'd');
  if (!isPublicP256) throw invalid('the key is not a public one of P-256');
  return { x, y };
}

function isSigned(text: string, signature: string, jwk: Record<string, string>): boolean {
  try {
    // A point that is not on the curve is refused here.
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

/** Compared as addresses are, without query and fragment (RFC 9449 §4.3). */
function isAddress(htu: unknown, address: string): boolean {
  if (typeof htu !== 'string' || !URL.canParse(htu)) return false;
  const { origin, pathname, username, password } = new URL(htu);
  return username === '' && password === '' && `${origin}${pathname}` === address;
}

function invalid(detail: string): Fault {
  return new Fault('dpop_invalid', detail);
}
