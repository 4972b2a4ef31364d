import { Fault } from '../../fault.ts';
import { cosignaturesOf } from '../tree/cosignature.ts';
import { formatNote, type Note, type NoteSignature, parseNote, type VerificationKey } from '../tree/note.ts';
import { proveConsistency } from '../tree/proof.ts';
import { TileReader } from '../tree/tile-reader.ts';

/** Somebody who cosigns checkpoints and remembers the last one. */
export interface Witness {
  /** Of the algorithm `Ed25519-cosignature`. */
  readonly key: VerificationKey;
  /** Submission prefix, without a slash at its end. */
  readonly url: string;
}

export interface WitnessParts {
  readonly witnesses: readonly Witness[];
  /** How many must cosign before a checkpoint is published; 0: none has to. */
  readonly required: number;
  readonly fetch: typeof globalThis.fetch;
  /** Reads the published tiles, those of the new tree included. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** For one witness with all that is asked of it. */
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/** A witness that is behind says so once; one that says it again is not listened to. */
const MAX_ASKED = 2;

/**
 * Asks every witness at once to cosign a checkpoint, and gives back the cosignatures that are right.
 *
 * @param note the checkpoint, signed by the log
 * @param size its leaves
 * @param before leaves of the checkpoint that was published before; what a witness most likely has seen last
 * @throws Fault `ledger_unavailable` when fewer cosign than must: the next run of the keeper tries again
 * @see https://c2sp.org/tlog-witness
 */
export async function cosigned(
  parts: WitnessParts,
  note: string,
  size: number,
  before: number,
): Promise<NoteSignature[]> {
  const asked = await Promise.allSettled(
    parts.witnesses.map((witness) => askWitness(parts, witness, note, size, before)),
  );
  const signatures = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const count = asked.filter(({ status }) => status === 'fulfilled').length;
  if (count >= parts.required) return signatures;
  const reasons = asked.flatMap((one, place) =>
    one.status === 'rejected' ? [`${parts.witnesses[place]?.key.name}: ${reasonOf(one.reason)}`] : [],
  );
  const message = `${count} of ${parts.required} witnesses cosigned ${size} leaves; ${reasons.join('; ')}`;
  throw new Fault('ledger_unavailable', message);
}

async function askWitness(
  parts: WitnessParts,
  { key, url }: Witness,
  note: string,
  size: number,
  before: number,
): Promise<NoteSignature[]> {
  const signal = AbortSignal.timeout(parts.timeoutMs);
  let old = before;
  for (let asked = 1; ; asked += 1) {
    const response = await parts.fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      body: await requestOf(parts, note, size, old),
      redirect: 'manual',
      signal,
    });
    const text = await bounded(response);
    if (response.status === 200) return rightOnes(note, text, key);
    const seen = response.status === 409 ? sizeIn(response, text) : undefined;
    if (seen === undefined || asked === MAX_ASKED) throw new Error(`it answered ${response.status}`);
    if (seen > size) throw new Error(`it has seen ${seen} leaves already`);
    old = seen;
  }
}

async function requestOf({ read }: WitnessParts, note: string, size: number, old: number): Promise<string> {
  const tiles = new TileReader(read, size);
  const proof = old === 0 || old === size ? [] : await proveConsistency(old, size, (subtrees) => tiles.read(subtrees));
  const lines = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`);
  return `old ${old}\n${lines.join('')}\n${note}`;
}

/** The lines of the answer that are this witness's own and right, as its signatures of the note. */
function rightOnes(note: string, lines: string, key: VerificationKey): NoteSignature[] {
  let answered: Note;
  try {
    answered = parseNote(`${parseNote(note).text}\n${lines}`);
  } catch {
    throw new Error('its answer is no list of signatures');
  }
  const right = answered.signatures.filter((signature) => {
    const alone = formatNote({ text: answered.text, signatures: [signature] });
    return cosignaturesOf(alone, [key]).size === 1;
  });
  if (right.length === 0) throw new Error('its cosignature is not right');
  return right;
}

function sizeIn(response: Response, text: string): number | undefined {
  const isSize = (response.headers.get('content-type') ?? '').startsWith('text/x.tlog.size');
  const size = /^(0|[1-9][0-9]{0,15})\n$/.exec(text)?.[1];
  return isSize && size !== undefined ? Number(size) : undefined;
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error('it answered with more than signatures');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(reason: unknown): string {
  if (!(reason instanceof Error)) return 'it failed';
  return reason.name === 'TimeoutError' ? 'it did not answer in time' : reason.message.slice(0, 200);
}
