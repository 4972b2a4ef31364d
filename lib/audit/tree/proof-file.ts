import { HASH_BYTES } from './merkle.ts';

/**
 * A proof that one record is in the log, as a file that is checked with nothing but the log's key (C2SP tlog-proof).
 *
 * ```
 * c2sp.org/tlog-proof@v1
 * extra <base64 of the record>
 * index <place of its leaf>
 * <base64 of a hash>              once for each sibling, from the leaf up
 *
 * <checkpoint, a signed note>
 * ```
 *
 * `extra` is for the application to use; here it is the record itself, without which the proof would prove nothing.
 *
 * @see https://c2sp.org/tlog-proof
 */
export interface ProofFile {
  readonly record: Uint8Array;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

const HEADER = 'c2sp.org/tlog-proof@v1';

/** More siblings than any tree that can be counted has. */
const MAX_HASHES = 63;

export function formatProofFile({ record, index, hashes, checkpoint }: ProofFile): string {
  const lines = [HEADER, `extra ${base64(record)}`, `index ${index}`, ...hashes.map(base64), '', checkpoint];
  return lines.join('\n');
}

/** @throws Error that says what is wrong with it */
export function parseProofFile(text: string): ProofFile {
  const end = text.indexOf('\n\n');
  if (!text.startsWith(`${HEADER}\n`)) throw new Error(`the file does not start with ${HEADER}`);
  if (end < 0) throw new Error('the file has no checkpoint');
  const [, extra = '', place = '', ...hashes] = text.slice(0, end).split('\n');
  const [, encoded] = /^extra (\S+)$/.exec(extra) ?? [];
  const record = encoded === undefined ? undefined : fromBase64(encoded);
  if (record === undefined) throw new Error('the file does not hold the record (extra)');
  const [, index] = /^index (0|[1-9]\d{0,15})$/.exec(place) ?? [];
  if (index === undefined || !Number.isSafeInteger(Number(index))) throw new Error('the file has no index');
  if (hashes.length > MAX_HASHES) throw new Error(`the file has more than ${MAX_HASHES} hashes`);
  return { record, index: Number(index), hashes: hashes.map(readHash), checkpoint: text.slice(end + 2) };
}

function readHash(line: string): Uint8Array {
  const hash = fromBase64(line);
  if (hash?.length !== HASH_BYTES) throw new Error('a hash is not the base64 of 32 bytes');
  return hash;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
