import { generateKeyPairSync } from 'node:crypto';
import { keySigner } from '../../../lib/audit/ledger/key-signer.ts';
import { publishCheckpoint } from '../../../lib/audit/ledger/publish-checkpoint.ts';
import { LedgerWriter } from '../../../lib/audit/ledger/write-tiles.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { emptyRoot, Frontier, foldRight, leafHash } from '../../../lib/audit/tree/merkle.ts';
import { canonicalJson } from '../../../lib/json.ts';
import { MemoryFiles } from './memory-files.ts';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const ORIGIN = 'example.com/daypass';
export const START = Date.UTC(2026, 10, 25, 9);
export const SIGNER = keySigner(ORIGIN, generateKeyPairSync('ed25519').privateKey);

/** The session that began so many milliseconds after the start; the same for the same number. */
export function sessionAt(offset: number): string {
  let id = '';
  for (let left = START + offset; id.length < 10; left = Math.floor(left / 32)) id = CROCKFORD[left % 32] + id;
  let random = '';
  for (let left = (offset * 2_654_435_761) % 2 ** 40; random.length < 16; left = (left * 31 + 7) % 2 ** 40) {
    random += CROCKFORD[left % 32];
  }
  return id + random;
}

export function recordAt(offset: number, more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    schema: 1,
    phase: 'outcome',
    sessionId: sessionAt(offset),
    requestId: `request-${offset}`,
    time: new Date(START + offset).toISOString(),
    action: 'credentials',
    outcome: 'denied',
    code: 'access_denied',
    policyDigest: '0'.repeat(64),
    caller: { issuer: 'corp', subject: 'u1', username: 'dev@example.com' },
    role: 'prod/Admin',
    ...more,
  };
}

/** As many records as wanted: denials, and sessions with an intent and an outcome. */
export function records(count: number): AuditRecord[] {
  const made: AuditRecord[] = [];
  for (let offset = 0; made.length < count; offset += 10) {
    const issued = offset % 30 === 0 && made.length + 2 <= count;
    if (!issued) {
      made.push(recordAt(offset));
      continue;
    }
    const { outcome: _, code: __, ...intent } = recordAt(offset, { phase: 'intent' });
    const { code: ___, ...ended } = recordAt(offset, {
      outcome: 'issued',
      time: new Date(START + offset + 5).toISOString(),
    });
    made.push(intent, ended);
  }
  return made;
}

export interface GrownLedger {
  readonly files: MemoryFiles;
  /** The signed checkpoint after each step. */
  readonly checkpoints: string[];
  readonly entries: Buffer[];
}

/** A published ledger of these records, grown to each of the sizes in turn. */
export async function grow(
  content: readonly AuditRecord[],
  sizes: readonly number[] = [content.length],
): Promise<GrownLedger> {
  const files = new MemoryFiles();
  const entries = content.map((record) => Buffer.from(canonicalJson(record)));
  const checkpoints: string[] = [];
  let hashes: readonly Uint8Array[] = [];
  let from = 0;
  for (const size of sizes) {
    const writer = new LedgerWriter(files, from, hashes);
    const frontier = new Frontier(from, hashes, writer.completed);
    const own = entries.slice(from, size);
    for (const entry of own) frontier.append(leafHash(entry));
    await writer.write(own);
    const before = { size: from, root: from === 0 ? emptyRoot() : foldRight(hashes) };
    await publishCheckpoint({ files, signer: SIGNER, origin: ORIGIN }, before, { size, root: frontier.root() });
    checkpoints.push(Buffer.from(files.files.get('checkpoint') ?? []).toString());
    hashes = [...frontier.hashes];
    from = size;
  }
  return { files, checkpoints, entries };
}
