import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Table } from '../store/dynamodb.ts';
import { REGISTRATION_KEY } from '../store/table.ts';
import { readStrictJson } from '../strict-json.ts';

/** What a client says of itself when it registers (RFC 7591 §2). Nobody vouches for any of it. */
export interface ClientMetadata {
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  readonly scopes: readonly string[];
}

export interface RegisteredClient extends ClientMetadata {
  readonly clientId: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/**
 * Registrations of public clients, kept nowhere: a client id is the registration itself with a signature over it, and
 * its secret another. Anyone may register, so the signature vouches for nothing but that nothing was altered since.
 */
export interface ClientRegistrations {
  /**
   * @param now epoch milliseconds
   * @throws Fault `store_unavailable`
   */
  register(metadata: ClientMetadata, now: number): Promise<RegisteredClient & { readonly clientSecret: string }>;
  /** Of a request that names a client only, as a browser's does. @throws Fault `client_invalid`, `store_unavailable` */
  read(clientId: string, now: number): Promise<RegisteredClient>;
  /** @throws Fault `client_invalid`, `store_unavailable` */
  authenticate(clientId: string, clientSecret: string, now: number): Promise<RegisteredClient>;
}

/** Seconds: as long as AWS's own. */
const REGISTRATION_SECONDS = 90 * 86_400;

/** Characters of a signature: 256 bits in base64url. */
const SIGNATURE = 43;

export function clientRegistrations(table: Table): ClientRegistrations {
  let known: Promise<Buffer> | undefined;

  /** The key, read once; a failure is not kept. */
  async function key(): Promise<Buffer> {
    known ??= readOrMakeKey(table);
    try {
      return await known;
    } catch (cause) {
      known = undefined;
      throw new Fault('store_unavailable', 'the key of registrations could not be read', { cause });
    }
  }

  async function read(clientId: string, now: number): Promise<RegisteredClient> {
    const at = clientId.length - SIGNATURE;
    const payload = clientId.slice(0, at - 1);
    const isSigned =
      at > 1 && clientId[at - 1] === '.' && isEqual(clientId.slice(at), sign(await key(), 'id', payload));
    if (!isSigned) throw new Fault('client_invalid', 'the client id was not handed out here');
    const reading = readStrictJson(Buffer.from(payload, 'base64url').toString('utf8'), { depth: 3, members: 8 });
    if (!reading.ok) throw new Fault('client_invalid', 'the client id holds no registration');
    const { n, r, g, s, e } = reading.value as unknown as Packed;
    if (!(e * 1000 > now)) throw new Fault('client_invalid', 'the registration has expired');
    return { clientId, name: n, redirectUris: r, grantTypes: g, scopes: s, expiresAt: e };
  }

  return {
    async register(metadata, now) {
      const { name, redirectUris, grantTypes, scopes } = metadata;
      const expiresAt = Math.floor(now / 1000) + REGISTRATION_SECONDS;
      const packed: Packed = { n: name, r: redirectUris, g: grantTypes, s: scopes, e: expiresAt };
      const payload = Buffer.from(JSON.stringify(packed)).toString('base64url');
      const clientId = `${payload}.${sign(await key(), 'id', payload)}`;
      return { ...metadata, clientId, clientSecret: sign(await key(), 'secret', clientId), expiresAt };
    },
    read,
    async authenticate(clientId, clientSecret, now) {
      const client = await read(clientId, now);
      if (isEqual(clientSecret, sign(await key(), 'secret', clientId))) return client;
      throw new Fault('client_invalid', 'the client secret is not that of the client');
    },
  };
}

/** A registration in a client id, which goes through addresses and so is short. */
interface Packed {
  readonly n: string;
  readonly r: readonly string[];
  readonly g: readonly string[];
  readonly s: readonly string[];
  readonly e: number;
}

/** Of several functions that need it first, one makes it. */
async function readOrMakeKey(table: Table): Promise<Buffer> {
  const stored = await table.get(REGISTRATION_KEY);
  if (stored !== undefined) return Buffer.from(String(stored['key']), 'base64url');
  const made = randomBytes(32);
  if (await table.create({ ...REGISTRATION_KEY, key: made.toString('base64url') })) return made;
  const other = await table.get(REGISTRATION_KEY);
  if (other === undefined) throw new Error('the key of registrations is there and is not');
  return Buffer.from(String(other['key']), 'base64url');
}

function sign(key: Buffer, purpose: 'id' | 'secret', text: string): string {
  return createHmac('sha256', key).update(`client ${purpose}\n${text}`).digest('base64url');
}

function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
