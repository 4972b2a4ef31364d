import { Fault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import { type Issuer, SIGNING_ALGORITHMS, type SigningAlgorithm } from './issuer.ts';
import { quoted } from './quoted.ts';

/** What the broker takes from a JOSE header: nothing but the names of the algorithm, the key and the type. */
export interface TokenHeader {
  readonly algorithm: SigningAlgorithm;
  readonly keyId: string | undefined;
  /** Lower-case, without `application/`; `jwt` when the header does not say. */
  readonly type: string;
}

/**
 * Parameters that bring a key, name a place to get one, or change how the rest is read (RFC 7515 §4.1, RFC 7516
 * §4.1.3, RFC 7797 §3). A key comes from the issuer's key set and from nowhere else, so each of them is refused,
 * and `crit` with all it could name, because the broker implements no extension.
 */
const REFUSED_PARAMETERS = ['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'crit', 'b64', 'zip'] as const;

/** The spellings key ids have in practice: names, UUIDs, thumbprints in hex or base64url, fingerprints with colons. */
const KEY_ID = /^[A-Za-z0-9_.=+:~-]{1,255}$/;

/** A digest in standard base64 may hold a slash; a path or an address is not of this shape. */
const KEY_ID_BASE64 = /^(?:[A-Za-z0-9+/]{4}){5,60}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const MEDIA_TYPE = /^[!-~]{1,64}$/;

/**
 * Reads a header by the rules that hold for every issuer.
 *
 * @param types every type that some issuer accepts, lower-case
 * @throws Fault `token_type_wrong`, `alg_not_allowed`, `header_not_allowed`
 */
export function readHeader(header: JsonObject, types: ReadonlySet<string>): TokenHeader {
  const type = readType(header);
  if (!types.has(type)) throw wrongType(type);
  const algorithm = readAlgorithm(header);
  for (const name of REFUSED_PARAMETERS) {
    if (Object.hasOwn(header, name)) throw new Fault('header_not_allowed', `the header has a ${name} parameter`);
  }
  return { algorithm, keyId: readKeyId(header), type };
}

/**
 * Holds a header against what its issuer is allowed to send.
 *
 * @throws Fault `token_type_wrong`, `alg_not_allowed`
 */
export function requireHeaderOf(issuer: Issuer, header: TokenHeader): void {
  if (!issuer.tokenTypes.includes(header.type)) throw wrongType(header.type);
  if (!issuer.algorithms.includes(header.algorithm)) {
    throw new Fault('alg_not_allowed', `issuer ${issuer.name} may not sign with ${header.algorithm}`);
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc8725#section-3.11 explicit typing */
function readType(header: JsonObject): string {
  if (!Object.hasOwn(header, 'typ')) return 'jwt';
  const value = header.typ;
  // ASCII first: lower-casing would turn some other letters into ASCII ones.
  if (typeof value !== 'string' || !MEDIA_TYPE.test(value)) throw wrongType(value);
  const type = value.toLowerCase();
  return type.startsWith('application/') ? type.slice('application/'.length) : type;
}

function readAlgorithm(header: JsonObject): SigningAlgorithm {
  const value = Object.hasOwn(header, 'alg') ? header.alg : undefined;
  const algorithm = SIGNING_ALGORITHMS.find((name) => name === value);
  if (algorithm === undefined) throw new Fault('alg_not_allowed', `alg is ${quoted(value)}`);
  return algorithm;
}

function readKeyId(header: JsonObject): string | undefined {
  if (!Object.hasOwn(header, 'kid')) return undefined;
  const value = header.kid;
  if (typeof value === 'string' && (KEY_ID.test(value) || KEY_ID_BASE64.test(value)) && !(value in Object.prototype)) {
    return value;
  }
  throw new Fault('header_not_allowed', `kid is ${quoted(value)}`);
}

function wrongType(type: unknown): Fault {
  return new Fault('token_type_wrong', `typ is ${quoted(type)}`);
}
