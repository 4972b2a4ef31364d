import { Fault } from '../../fault.ts';
import { Frontier, foldRight, leafHash } from '../tree/merkle.ts';
import type { NoticePolicies } from './policy-changes.ts';
import type { CheckpointSigner, Head, HeadStore, LedgerFiles, RecordSource } from './ports.ts';
import { publishCheckpoint } from './publish-checkpoint.ts';
import { LedgerWriter } from './write-tiles.ts';

export interface SealerParts {
  readonly records: RecordSource;
  readonly heads: HeadStore;
  readonly files: LedgerFiles;
  readonly signer: CheckpointSigner;
  /** The log's name, the first line of every checkpoint. */
  readonly origin: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds that a record waits, so that records of one moment come into the tree in the order of their time. */
  readonly settleMs: number;
  /** Told of the access policies of the records of a step before it is committed. */
  readonly noticePolicies?: NoticePolicies;
  /** Records of one step. Their keys are kept in the head, which must fit into one item of the table (400 KB). */
  readonly batch: number;
}

export interface Sealed {
  /** Leaves in the tree. */
  readonly size: number;
  /** Records that this call brought into it. */
  readonly added: number;
  /** Whether more are waiting. */
  readonly more: boolean;
  /** Milliseconds that the oldest record had waited when this call began; 0 when none waited. */
  readonly lagMs: number;
}

/**
 * One step of the ledger's growth:
 *
 *     finish what was committed → read new records → commit the next tree → write its files → sign it
 *
 * - The tree is decided by one compare-and-swap of the head. Two sealers that race commit one tree; the other starts
 *   anew. Files and signature are made after it, from what was committed, so they are the same whoever makes them.
 * - A sealer that dies leaves a head with a batch. Whoever comes next finishes it before anything else.
 * - Nothing is signed that does not extend what was signed before: the frontier is that of the published tree, the
 *   records are hashed anew from the table, and the result must be the committed root.
 *
 * @throws Fault `ledger_inconsistent` when files, records and head do not belong together: then nothing is signed, and
 *   somebody has to look. `ledger_unavailable` when a part does not answer.
 */
export async function seal(parts: SealerParts): Promise<Sealed> {
  const head = await finished(parts, await parts.heads.read());
  const before = parts.clock() - parts.settleMs;
  const { records: found, more, oldest } = await parts.records.unsealed(before, parts.batch);
  const lagMs = oldest === undefined ? 0 : Math.max(0, parts.clock() - oldest);
  if (found.length === 0) return { size: head?.size ?? 0, added: 0, more: false, lagMs };
  await parts.noticePolicies?.(policiesOf(found));
  const from = head?.size ?? 0;
  const frontier = new Frontier(from, (head?.frontier ?? []).map(fromHex));
  for (const { record } of found) frontier.append(leafHash(Buffer.from(record)));
  const next: Head = {
    size: frontier.size,
    root: hex(frontier.root()),
    published: from,
    frontier: head?.frontier ?? [],
    batch: found.map(({ sessionId, phase }) => ({ sessionId, phase })),
  };
  if (!(await parts.heads.advance(head, next))) return { size: from, added: 0, more: true, lagMs };
  await finished(parts, next);
  return { size: next.size, added: found.length, more, lagMs };
}

/** Publishes what was committed, if it is not published yet; the head as it then is. */
async function finished(parts: SealerParts, head: Head | undefined): Promise<Head | undefined> {
  if (head === undefined || head.batch.length === 0) return head;
  const { published: from, size, batch } = head;
  const entries = (await parts.records.read(batch)).map(({ record }) => Buffer.from(record));
  const before = head.frontier.map(fromHex);
  const writer = new LedgerWriter(parts.files, from, before);
  const frontier = new Frontier(from, before, writer.completed);
  for (const entry of entries) frontier.append(leafHash(entry));
  const root = frontier.root();
  if (frontier.size !== size || hex(root) !== head.root) {
    const message = `records ${from} to ${size - 1} do not make the root that was committed for ${size} leaves`;
    throw new Fault('ledger_inconsistent', message);
  }
  await writer.write(entries);
  const published = await publishCheckpoint(parts, { size: from, root: foldRight(before) }, { size, root });
  if (published > size && ((await parts.heads.read())?.size ?? 0) < published) {
    const message = `a checkpoint of ${published} leaves is published, and no more than ${size} were committed`;
    throw new Fault('ledger_inconsistent', message);
  }
  await parts.records.markSealed(batch, from);
  const settled: Head = { ...head, published: size, batch: [], frontier: frontier.hashes.map(hex) };
  if (await parts.heads.advance(head, settled)) return settled;
  // Another sealer finished the same batch, and may have gone on.
  return finished(parts, await parts.heads.read());
}

/** The digests in canonical records, each once, in order. */
function policiesOf(records: readonly { readonly record: string }[]): string[] {
  const digests = records.flatMap(({ record }) => /"policyDigest":"([0-9a-f]{64})"/.exec(record)?.[1] ?? []);
  return [...new Set(digests)];
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}

function fromHex(text: string): Uint8Array {
  return Buffer.from(text, 'hex');
}
