import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keySigner } from '../../../lib/audit/ledger/key-signer.ts';
import { type SealerParts, seal } from '../../../lib/audit/ledger/seal.ts';
import { tableHead } from '../../../lib/audit/ledger/table-head.ts';
import { tableRecords } from '../../../lib/audit/ledger/table-records.ts';
import { auditLog } from '../../../lib/audit/log.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { parseCheckpoint } from '../../../lib/audit/tree/checkpoint.ts';
import { Frontier, leafHash } from '../../../lib/audit/tree/merkle.ts';
import { parseNote, verifyNote } from '../../../lib/audit/tree/note.ts';
import { decodeEntries, tilePath, widthOf } from '../../../lib/audit/tree/tiles.ts';
import { canonicalJson } from '../../../lib/json.ts';
import { newSessionId } from '../../../lib/session-id.ts';
import { auditKey, LEDGER_HEAD_KEY } from '../../../lib/store/table.ts';
import { type TestTable, testTable } from '../../support/table.ts';
import { MemoryFiles } from './memory-files.ts';

const START = Date.UTC(2026, 10, 25, 9);
const { privateKey } = generateKeyPairSync('ed25519');
const signer = keySigner('example.com/daypass', privateKey);

function recordAt(time: number, phase: AuditRecord['phase'] = 'outcome', sessionId = newSessionId(time)): AuditRecord {
  return {
    schema: 1,
    phase,
    sessionId,
    requestId: 'request',
    time: new Date(time).toISOString(),
    action: 'credentials',
    policyDigest: '0'.repeat(64),
    ...(phase === 'outcome' && { outcome: 'denied' as const }),
  };
}

/** A ledger of its own in a table of its own. */
async function ledger(): Promise<{ parts: SealerParts; files: MemoryFiles; table: TestTable; close(): Promise<void> }> {
  const table = await testTable();
  const files = new MemoryFiles();
  return {
    table,
    files,
    parts: {
      records: tableRecords(table.table),
      heads: tableHead(table.table),
      files,
      signer,
      origin: 'example.com/daypass',
      clock: () => START + 3_600_000,
      settleMs: 1000,
      batch: 100,
    },
    close: () => table.close(),
  };
}

/** The entries of the published tree, its root checked by growing the tree anew. */
function published(files: MemoryFiles): string[] {
  const note = parseNote(Buffer.from(files.files.get('checkpoint') ?? []).toString());
  expect(verifyNote(note, signer.key)).toBe(true);
  const { size, root } = parseCheckpoint(note.text);
  const frontier = new Frontier();
  const entries: string[] = [];
  for (let index = 0; index * 256 < size; index += 1) {
    const width = widthOf(0, index, size);
    const bundle = files.files.get(tilePath({ level: undefined, index, width }));
    for (const entry of decodeEntries(bundle ?? Buffer.alloc(0), width)) {
      frontier.append(leafHash(entry));
      entries.push(Buffer.from(entry).toString());
    }
  }
  expect(Buffer.from(frontier.root()).toString('hex')).toBe(Buffer.from(root).toString('hex'));
  return entries;
}

describe('Sealing', () => {
  it('brings every record into the tree, once, in the order of time', async () => {
    const { parts, files, table, close } = await ledger();
    const log = auditLog(table.table);
    const records = Array.from({ length: 250 }, (_, index) => recordAt(START + index * 10));
    await Promise.all([...records].reverse().map((record) => log.append(record)));
    expect(await seal(parts)).toMatchObject({ size: 100, added: 100, more: true });
    expect(await seal(parts)).toMatchObject({ size: 200, added: 100, more: true });
    expect(await seal(parts)).toMatchObject({ size: 250, added: 50, more: false });
    expect(await seal(parts)).toMatchObject({ size: 250, added: 0, more: false });
    expect(published(files)).toEqual(records.map(canonicalJson));
    await close();
  });

  it('keeps the order of time where an outcome came long after its session began', async () => {
    const { parts, files, table, close } = await ledger();
    const log = auditLog(table.table);
    const late = { ...recordAt(START), time: new Date(START + 900_000).toISOString() };
    const others = Array.from({ length: 300 }, (_, index) => recordAt(START + 1 + index * 1000));
    for (const record of [late, ...others]) await log.append(record);
    while ((await seal(parts)).more);
    expect(published(files)).toEqual([...others, late].map(canonicalJson));
    await close();
  });

  it('leaves what is younger than the settling time for later', async () => {
    const { parts, table, close } = await ledger();
    const log = auditLog(table.table);
    await log.append(recordAt(parts.clock() - 1000));
    await log.append(recordAt(parts.clock() - 999));
    expect(await seal(parts)).toMatchObject({ size: 1, added: 1, more: false });
    expect(await seal({ ...parts, clock: () => parts.clock() + 1 })).toMatchObject({ size: 2, added: 1, more: false });
    await close();
  });

  it('says how long the oldest record has waited, by its own time and not by that of its session', async () => {
    const { parts, table, close } = await ledger();
    const log = auditLog(table.table);
    expect(await seal(parts)).toMatchObject({ lagMs: 0 });
    const reconciled = { ...recordAt(START), time: new Date(START + 3_500_000).toISOString() };
    await log.append(reconciled);
    await log.append(recordAt(START + 3_400_000));
    expect(await seal(parts)).toMatchObject({ added: 2, lagMs: 200_000 });
    await close();
  });

  it('is finished by the next sealer wherever the last one died', async () => {
    const { parts, files, table, close } = await ledger();
    const log = auditLog(table.table);
    const written: string[] = [];
    const died = () => Promise.reject(new Error('died'));
    const deaths: ((parts: SealerParts) => SealerParts)[] = [
      (alive) => ({ ...alive, records: { ...alive.records, read: died } }),
      (alive) => ({ ...alive, files: Object.assign(Object.create(alive.files), { write: died }) }),
      (alive) => ({ ...alive, signer: { ...alive.signer, sign: died } }),
      (alive) => ({ ...alive, files: Object.assign(Object.create(alive.files), { replace: died }) }),
      (alive) => ({ ...alive, records: { ...alive.records, markSealed: died } }),
      (alive) => {
        let times = 0;
        const advance: SealerParts['heads']['advance'] = (previous, next) => {
          times += 1;
          return times === 1 ? alive.heads.advance(previous, next) : died();
        };
        return { ...alive, heads: { read: () => alive.heads.read(), advance } };
      },
    ];
    for (const [round, dying] of deaths.entries()) {
      for (let index = 0; index < 70; index += 1) {
        const record = recordAt(START + round * 10_000 + index);
        written.push(canonicalJson(record));
        await log.append(record);
      }
      await expect(seal(dying(parts))).rejects.toThrow('died');
      expect(await seal(parts)).toMatchObject({ size: (round + 1) * 70 });
      expect(published(files)).toEqual(written);
    }
    await close();
  });

  it('reads no more than the right edge of a large tree', async () => {
    const { parts, files, table, close } = await ledger();
    const log = auditLog(table.table);
    for (let index = 0; index < 600; index += 1) await log.append(recordAt(START + index));
    while ((await seal(parts)).more);
    await log.append(recordAt(START + 1000));
    files.reads.length = 0;
    files.writes.length = 0;
    await seal(parts);
    expect(files.reads.sort()).toEqual(['checkpoint', 'tile/0/002.p/88', 'tile/entries/002.p/88'].sort());
    expect(files.writes.sort()).toEqual(['tile/0/002.p/89', 'tile/entries/002.p/89']);
    await close();
  });
});

/** Records that each of the 16 writers writes; `npm run test:kill` makes 1,000 of them. */
const ROUNDS = Number(process.env['DAYPASS_ROUNDS'] ?? '100');

describe('Racing sealers', () => {
  it(`make one tree in ${ROUNDS} rounds: nothing lost, nothing twice, while writers go on`, {
    timeout: 1_800_000,
  }, async () => {
    const { parts, files, table, close } = await ledger();
    const log = auditLog(table.table);
    const written: string[] = [];
    let writing = true;
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const record = recordAt(START + round * 100 + writer);
        await log.append(record);
        written.push(canonicalJson(record));
      }
    });
    const sealers = Array.from({ length: 4 }, async () => {
      // Each has a head store of its own, as each function instance has.
      const own = { ...parts, heads: tableHead(table.table), batch: 37 };
      while (writing) await seal(own);
    });
    await Promise.all(writers);
    writing = false;
    await Promise.all(sealers);
    while ((await seal(parts)).more);
    expect(published(files).toSorted()).toEqual(written.toSorted());
    await close();
  });
});

describe('A ledger that somebody changed', () => {
  async function grown() {
    const made = await ledger();
    const log = auditLog(made.table.table);
    for (let index = 0; index < 300; index += 1) await log.append(recordAt(START + index));
    while ((await seal(made.parts)).more);
    await log.append(recordAt(START + 1000));
    return made;
  }
  const flip = (bytes: Uint8Array | undefined, at: number) =>
    Uint8Array.from(bytes ?? [], (byte, place) => (place === at ? byte ^ 1 : byte));

  it.each<[string, (files: MemoryFiles) => void, string]>([
    [
      'a record in the last bundle',
      ({ files }) => files.set('tile/entries/001.p/44', flip(files.get('tile/entries/001.p/44'), 30)),
      'tile/entries/001.p/44 is not what was committed',
    ],
    [
      'a hash in the last tile',
      ({ files }) => files.set('tile/0/001.p/44', flip(files.get('tile/0/001.p/44'), 30)),
      'tile/0/001.p/44 is not what was committed',
    ],
    [
      'a tile cut short',
      ({ files }) => files.set('tile/0/001.p/44', Buffer.alloc(32)),
      'tile/0/001.p/44: it has 32 bytes, not 1408',
    ],
    ['a bundle removed', ({ files }) => files.delete('tile/entries/001.p/44'), 'tile/entries/001.p/44 is missing'],
    ['the checkpoint removed', ({ files }) => files.delete('checkpoint'), 'the checkpoint of 300 leaves is missing'],
    [
      'the checkpoint’s size',
      ({ files }) =>
        files.set(
          'checkpoint',
          Buffer.from(
            Buffer.from(files.get('checkpoint') ?? [])
              .toString()
              .replace('\n300\n', '\n299\n'),
          ),
        ),
      'cannot be taken: the signature',
    ],
  ])('%s: nothing more is signed', async (_, tamper, message) => {
    const { parts, files, close } = await grown();
    tamper(files);
    const before = files.files.get('checkpoint');
    await expect(seal(parts)).rejects.toMatchObject({
      code: 'ledger_inconsistent',
      detail: expect.stringContaining(message),
    });
    expect(files.files.get('checkpoint')).toEqual(before);
    await close();
  });

  it('an old checkpoint put back: nothing more is signed', async () => {
    const { parts, files, table, close } = await ledger();
    const log = auditLog(table.table);
    const checkpoints: Uint8Array[] = [];
    for (let index = 0; index < 3; index += 1) {
      await log.append(recordAt(START + index));
      await seal(parts);
      checkpoints.push(files.files.get('checkpoint') as Uint8Array);
    }
    files.files.set('checkpoint', checkpoints[1] as Uint8Array);
    await log.append(recordAt(START + 10));
    await expect(seal(parts)).rejects.toMatchObject({
      code: 'ledger_inconsistent',
      detail: 'the published checkpoint of 2 leaves is not the one that was signed for 3',
    });
    await close();
  });

  it('a table that was emptied while the files stayed: nothing is signed', async () => {
    const { files, close } = await grown();
    const { parts, table, close: closeOther } = await ledger();
    const log = auditLog(table.table);
    for (let index = 0; index < 3; index += 1) await log.append(recordAt(START + index));
    await expect(seal({ ...parts, files })).rejects.toMatchObject({
      code: 'ledger_inconsistent',
      detail: 'a checkpoint of 300 leaves is published, and no more than 3 were committed',
    });
    await close();
    await closeOther();
  });

  it('a file of another tree under the name of the next: nothing is signed', async () => {
    const { parts, files, close } = await grown();
    files.files.set('tile/entries/001.p/45', Buffer.from('other'));
    await expect(seal(parts)).rejects.toMatchObject({
      code: 'ledger_inconsistent',
      detail: 'tile/entries/001.p/45 is there already, with other content',
    });
    await close();
  });

  it('a record removed from the table between commit and publication: nothing is signed', async () => {
    const { parts, files, table, close } = await grown();
    const dying = { ...parts, records: { ...parts.records, read: () => Promise.reject(new Error('died')) } };
    await expect(seal(dying)).rejects.toThrow('died');
    const [key] = (await parts.heads.read())?.batch ?? [];
    await table.table.take(auditKey(key?.sessionId ?? '', 'outcome'));
    const before = files.files.get('checkpoint');
    await expect(seal(parts)).rejects.toMatchObject({
      code: 'ledger_inconsistent',
      detail: `the outcome record of session ${key?.sessionId} is gone`,
    });
    expect(files.files.get('checkpoint')).toEqual(before);
    await close();
  });

  it('a record changed in the table between commit and publication: nothing is signed', async () => {
    const { parts, files, table, close } = await grown();
    const dying = { ...parts, records: { ...parts.records, read: () => Promise.reject(new Error('died')) } };
    await expect(seal(dying)).rejects.toThrow('died');
    const head = await parts.heads.read();
    const changed = {
      ...parts,
      records: {
        ...parts.records,
        read: async (keys: NonNullable<typeof head>['batch']) =>
          (await parts.records.read(keys)).map((record) => ({
            ...record,
            record: record.record.replace('denied', 'issued'),
          })),
      },
    };
    await expect(seal(changed)).rejects.toMatchObject({
      code: 'ledger_inconsistent',
      detail: 'records 300 to 300 do not make the root that was committed for 301 leaves',
    });
    expect(await seal(parts)).toMatchObject({ size: 301 });
    expect(published(files).length).toBe(301);
    expect((await table.table.get(LEDGER_HEAD_KEY))?.['version']).toBeGreaterThan(3);
    await close();
  });
});
