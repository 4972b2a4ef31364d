import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { keySigner } from '../../../lib/audit/ledger/key-signer.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { decodeEntries, encodeEntries, tilePath, widthOf } from '../../../lib/audit/tree/tiles.ts';
import type { Finding } from '../../../lib/audit/verify/finding.ts';
import { verifyLedger } from '../../../lib/audit/verify/verify-ledger.ts';
import { canonicalJson } from '../../../lib/json.ts';
import { sessionShard } from '../../../lib/session-id.ts';
import { type GrownLedger, grow, recordAt, records, SIGNER } from '../ledger/grown.ts';

async function verify({ files }: GrownLedger, seen: readonly string[] = [], key = SIGNER.key) {
  const found: Finding[] = [];
  const {
    checkpoint,
    records: count,
    findings,
  } = await verifyLedger({
    read: (path) => files.read(path),
    key,
    seen,
    report: (finding) => found.push(finding),
  });
  expect(findings).toBe(found.length);
  return { checkpoint, count, found };
}

/** Another ledger of the same files, which can be changed without harm. */
function copy({ files, checkpoints, entries }: GrownLedger): GrownLedger {
  const twin = Object.assign(Object.create(Object.getPrototypeOf(files)), files, { files: new Map(files.files) });
  return { files: twin, checkpoints, entries };
}

/** Rewrites the bundle that holds a leaf. */
function edit(ledger: GrownLedger, leaf: number, change: (entries: Uint8Array[], place: number) => void): void {
  const index = Math.floor(leaf / 256);
  const path = tilePath({ level: undefined, index, width: widthOf(0, index, ledger.entries.length) });
  const entries = decodeEntries(ledger.files.files.get(path) as Uint8Array, widthOf(0, index, ledger.entries.length));
  change(entries, leaf % 256);
  ledger.files.files.set(path, encodeEntries(entries));
}

function flip(bytes: Uint8Array | undefined, at: number): Uint8Array {
  return Uint8Array.from(bytes ?? [], (byte, place) => (place === at ? byte ^ 1 : byte));
}

const SIZES = [1, 2, 255, 256, 257, 100_000];
const GROWN = new Map<number, GrownLedger>();
for (const size of SIZES) GROWN.set(size, await grow(records(size), size === 1 ? [1] : [Math.ceil(size / 2), size]));
const ledgerOf = (size: number) => copy(GROWN.get(size) as GrownLedger);

describe.each(SIZES)('A ledger of %i records', { timeout: 120_000 }, (size) => {
  const last = size - 1;

  it('that nobody touched has no finding', async () => {
    const ledger = ledgerOf(size);
    expect(await verify(ledger, ledger.checkpoints)).toMatchObject({ count: size, found: [] });
  });

  test.each(['first', 'middle', 'last'] as const)(
    'with a flipped bit in the %s record is found out, and which',
    async (which) => {
      const leaf = { first: 0, middle: size >> 1, last }[which];
      const ledger = ledgerOf(size);
      edit(ledger, leaf, (entries, place) => {
        entries[place] = flip(entries[place], 20);
      });
      expect((await verify(ledger)).found).toContainEqual(expect.objectContaining({ code: 'record_altered', leaf }));
    },
  );

  it('with a record’s content changed to other valid content is found out, and which', async () => {
    const ledger = ledgerOf(size);
    edit(ledger, last, (entries, place) => {
      entries[place] = Buffer.from(canonicalJson(recordAt(last * 10, { role: 'prod/ReadOnly' })));
    });
    expect((await verify(ledger)).found).toContainEqual(
      expect.objectContaining({ code: 'record_altered', leaf: last }),
    );
  });

  it('without one of its records is found out', async () => {
    const ledger = ledgerOf(size);
    const leaf = size >> 1;
    edit(ledger, leaf, (entries, place) => entries.splice(place, 1));
    const file = tilePath({
      level: undefined,
      index: Math.floor(leaf / 256),
      width: widthOf(0, Math.floor(leaf / 256), size),
    });
    expect((await verify(ledger)).found).toContainEqual(expect.objectContaining({ code: 'file_malformed', file }));
  });

  it('with a record more is found out', async () => {
    const ledger = ledgerOf(size);
    edit(ledger, last, (entries) => entries.push(Buffer.from('{}')));
    expect((await verify(ledger)).found).toContainEqual(expect.objectContaining({ code: 'file_malformed' }));
  });

  it.skipIf(size < 2)('with two records swapped is found out, and which', async () => {
    const ledger = ledgerOf(size);
    const leaf = Math.floor(last / 256) * 256 === last ? 0 : last - 1;
    edit(ledger, leaf, (entries, place) => {
      const [one, other] = [entries[place], entries[place + 1]];
      entries.splice(place, 2, other as Uint8Array, one as Uint8Array);
    });
    const { found } = await verify(ledger);
    expect(found).toContainEqual(expect.objectContaining({ code: 'record_altered', leaf }));
    expect(found).toContainEqual(expect.objectContaining({ code: 'record_altered', leaf: leaf + 1 }));
  });

  it('cut off at the end is found out: a file is missing', async () => {
    const ledger = ledgerOf(size);
    const index = Math.floor(last / 256);
    ledger.files.files.delete(tilePath({ level: undefined, index, width: widthOf(0, index, size) }));
    expect((await verify(ledger)).found).toContainEqual(expect.objectContaining({ code: 'file_missing' }));
  });

  it.skipIf(size < 2)('with its old checkpoint put back is found out by whoever saw the new one', async () => {
    const ledger = ledgerOf(size);
    ledger.files.files.set('checkpoint', Buffer.from(ledger.checkpoints[0] ?? ''));
    const { found } = await verify(ledger, ledger.checkpoints);
    expect(found).toContainEqual(expect.objectContaining({ code: 'rolled_back' }));
  });

  it('written anew from changed records, by somebody who has the key, is found out by whoever saw it before', async () => {
    const changed: AuditRecord[] = records(size).map((record, leaf) =>
      leaf === 0 ? { ...record, requestId: 'other' } : record,
    );
    const forged = await grow(changed);
    expect((await verify(forged)).found).toEqual([]);
    const { found } = await verify(forged, GROWN.get(size)?.checkpoints);
    expect(found).toContainEqual(expect.objectContaining({ code: 'forked' }));
  });

  it('written anew from changed records, without the key, is found out', async () => {
    const changed: AuditRecord[] = records(size).map((record, leaf) =>
      leaf === last ? { ...record, requestId: 'other' } : record,
    );
    const forged = await grow(changed);
    forged.files.files.set('checkpoint', GROWN.get(size)?.files.files.get('checkpoint') as Uint8Array);
    expect((await verify(forged)).found).toEqual([expect.objectContaining({ code: 'root_mismatch' })]);
  });

  it('with a flipped bit in any tile is found out', async () => {
    for (const path of [...ledgerOf(size).files.files.keys()]
      .filter((name) => /^tile\/\d/.test(name))
      .slice(size > 1000 ? -1 : -4)) {
      const ledger = ledgerOf(size);
      const isOfNow =
        !path.includes('.p/') ||
        path.endsWith(`/${widthOf(Number(path.split('/')[1]), Number(path.split('/')[2]?.slice(0, 3)), size)}`);
      ledger.files.files.set(path, flip(ledger.files.files.get(path), 5));
      const { found } = await verify(ledger);
      // A partial tile of an earlier size is not part of the log any more.
      if (isOfNow) expect(found.length, path).toBeGreaterThan(0);
    }
  });

  it('is not taken for one of another key, name or signature', async () => {
    const ledger = ledgerOf(size);
    const other = keySigner('example.com/daypass', generateKeyPairSync('ed25519').privateKey);
    expect((await verify(ledger, [], other.key)).found).toEqual([
      expect.objectContaining({ code: 'checkpoint_not_signed' }),
    ]);
    const text = Buffer.from(ledger.files.files.get('checkpoint') ?? []).toString();
    ledger.files.files.set('checkpoint', Buffer.from(text.replace('example.com/daypass\n', 'example.com/other\n')));
    expect((await verify(ledger)).found).toEqual([expect.objectContaining({ code: 'checkpoint_not_signed' })]);
    ledger.files.files.delete('checkpoint');
    expect((await verify(ledger)).found).toEqual([expect.objectContaining({ code: 'checkpoint_missing' })]);
  });
});

describe('Records that do not belong together', () => {
  const intent = (offset: number, more: Partial<AuditRecord> = {}): AuditRecord => {
    const { outcome: _, code: __, ...rest } = recordAt(offset, { phase: 'intent', ...more });
    return rest;
  };
  const shardOf = (offset: number) => sessionShard(recordAt(offset).sessionId, 16);
  let SAME_SHARD = 600_000;
  while (shardOf(SAME_SHARD) !== shardOf(0)) SAME_SHARD += 1;
  const codes = async (content: readonly AuditRecord[]) =>
    (await verify(await grow(content))).found.map(({ code, leaf }) => [code, leaf]);

  test.each<[string, AuditRecord[], (string | number)[][]]>([
    ['credentials without an intent', [recordAt(0, { outcome: 'issued' })], [['outcome_without_intent', 0]]],
    ['an intent that nobody closed', [intent(0), recordAt(3_600_001)], [['intent_without_outcome', 0]]],
    ['an intent that may still be closed', [intent(0), recordAt(3_600_000)], []],
    ['the same record twice', [recordAt(0), recordAt(0)], [['record_duplicate', 1]]],
    [
      'a copy from long ago',
      [recordAt(0), recordAt(SAME_SHARD), recordAt(0)],
      [
        ['record_duplicate', 2],
        ['record_out_of_order', 2],
      ],
    ],
    ['a schema of tomorrow', [recordAt(0, { schema: 2 as 1 })], [['record_schema_unknown', 0]]],
    ['a time that is none', [recordAt(0, { time: 'yesterday' })], [['record_malformed', 0]]],
  ])('%s', async (_, content, expected) => {
    expect(await codes(content)).toEqual(expected);
  });
});
