import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { publishCheckpoint } from '../../../lib/audit/ledger/publish-checkpoint.ts';
import type { WitnessParts } from '../../../lib/audit/ledger/witness.ts';
import { LedgerWriter } from '../../../lib/audit/ledger/write-tiles.ts';
import { type Checkpoint, parseCheckpoint } from '../../../lib/audit/tree/checkpoint.ts';
import { cosignaturesOf, cosignedMessage } from '../../../lib/audit/tree/cosignature.ts';
import { emptyRoot, Frontier, foldRight, leafHash } from '../../../lib/audit/tree/merkle.ts';
import {
  formatNote,
  parseNote,
  type VerificationKey,
  verificationKey,
  verifyNote,
} from '../../../lib/audit/tree/note.ts';
import { verifyConsistency } from '../../../lib/audit/tree/proof.ts';
import { verifyLedger } from '../../../lib/audit/verify/verify-ledger.ts';
import { readLedgerConfig } from '../../../lib/config.ts';
import { canonicalJson } from '../../../lib/json.ts';
import { ORIGIN, records, SIGNER } from './grown.ts';
import { MemoryFiles } from './memory-files.ts';

/** A witness as C2SP's document has it: it remembers one checkpoint, and cosigns what continues it. */
class StrictWitness {
  readonly key: VerificationKey;
  readonly #privateKey: KeyObject;
  seen: Checkpoint | undefined;
  /** Statuses of its answers. */
  readonly answers: number[] = [];
  /** Instead of answering. */
  broken: (() => Response | Promise<Response>) | undefined;

  constructor(name: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.key = verificationKey(name, 'Ed25519-cosignature', publicKey);
    this.#privateKey = privateKey;
  }

  get url(): string {
    return `https://${this.key.name}/prefix`;
  }

  answer(body: string): Response {
    const response = this.#judge(body);
    this.answers.push(response.status);
    return response;
  }

  #judge(body: string): Response {
    const [head = '', ...rest] = body.split('\n\n');
    const note = parseNote(rest.join('\n\n'));
    const [first = '', ...lines] = head.split('\n');
    const old = Number(/^old (0|[1-9]\d*)$/.exec(first)?.[1] ?? Number.NaN);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== ORIGIN) return new Response('', { status: 404 });
    if (!verifyNote(note, SIGNER.key)) return new Response('', { status: 403 });
    if (!(old <= checkpoint.size) || lines.length > 63) return new Response('', { status: 400 });
    if (old !== (this.seen?.size ?? 0)) {
      return new Response(`${this.seen?.size ?? 0}\n`, {
        status: 409,
        headers: { 'content-type': 'text/x.tlog.size' },
      });
    }
    const proof = lines.map((line) => Buffer.from(line, 'base64'));
    if (this.seen !== undefined) {
      const { size, root } = this.seen;
      if (size === checkpoint.size && Buffer.compare(root, checkpoint.root) !== 0)
        return new Response('', { status: 409 });
      if (size < checkpoint.size && !verifyConsistency(size, root, checkpoint.size, checkpoint.root, proof)) {
        return new Response('', { status: 422 });
      }
    } else if (proof.length > 0) return new Response('', { status: 422 });
    this.seen = checkpoint;
    const time = 1_795_600_000 + checkpoint.size;
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const signature = Buffer.concat([stamp, sign(null, cosignedMessage(note.text, time), this.#privateKey)]);
    const line = formatNote({ text: note.text, signatures: [{ ...this.key, signature }] }).slice(note.text.length + 1);
    return new Response(line);
  }
}

/** A log that grows step by step, and asks witnesses each time. */
function log(witnesses: readonly StrictWitness[], required: number, content = records(900)) {
  const files = new MemoryFiles();
  const entries = content.map((record) => Buffer.from(canonicalJson(record)));
  let from = 0;
  let hashes: readonly Uint8Array[] = [];
  const parts: WitnessParts = {
    witnesses,
    required,
    timeoutMs: 200,
    read: (path) => files.read(path),
    fetch: (async (address: string, init: RequestInit) => {
      const witness = witnesses.find(({ url }) => address === `${url}/add-checkpoint`);
      if (witness === undefined) throw new Error(`nobody is at ${address}`);
      return witness.broken?.() ?? witness.answer(String(init.body));
    }) as typeof fetch,
  };
  const grow = async (size: number): Promise<string> => {
    const writer = new LedgerWriter(files, from, hashes);
    const frontier = new Frontier(from, hashes, writer.completed);
    const own = entries.slice(from, size);
    for (const entry of own) frontier.append(leafHash(entry));
    await writer.write(own);
    const before = { size: from, root: from === 0 ? emptyRoot() : foldRight(hashes) };
    const published = { files, signer: SIGNER, origin: ORIGIN, witnesses: parts };
    await publishCheckpoint(published, before, { size, root: frontier.root() });
    hashes = [...frontier.hashes];
    from = size;
    return Buffer.from(files.files.get('checkpoint') ?? []).toString();
  };
  const checkpoint = () => Buffer.from(files.files.get('checkpoint') ?? []).toString();
  return { files, grow, checkpoint };
}

const some = (count: number) => Array.from({ length: count }, (_, index) => new StrictWitness(`w${index}.example`));
const keysOf = (witnesses: readonly StrictWitness[]) => witnesses.map(({ key }) => key);

describe('Witnesses', () => {
  test('cosign each step, with proofs that lead from what they saw', async () => {
    const witnesses = some(3);
    const { grow, files } = log(witnesses, 3);
    for (const size of [1, 2, 255, 256, 257, 600, 900]) {
      const cosigned = cosignaturesOf(await grow(size), keysOf(witnesses));
      expect([...cosigned.values()]).toEqual([0, 0, 0].map(() => 1_795_600_000 + size));
    }
    expect(witnesses.flatMap(({ answers }) => answers).every((status) => status === 200)).toBe(true);
    const found: string[] = [];
    const quorum = { witnesses: keysOf(witnesses), required: 3 };
    const read = (path: string) => files.read(path);
    await verifyLedger({ read, key: SIGNER.key, quorum, report: ({ code }) => found.push(code) });
    expect(found).toEqual([]);
  });

  test('that were away are told of everything at once, by the size that they name', async () => {
    const witnesses = some(2);
    const { grow } = log(witnesses, 0);
    await grow(300);
    const [one] = witnesses;
    if (one === undefined) throw new Error('there is one');
    one.broken = () => Promise.reject(new TypeError('fetch failed'));
    expect(cosignaturesOf(await grow(400), keysOf(witnesses)).size).toBe(1);
    one.broken = undefined;
    expect(cosignaturesOf(await grow(900), keysOf(witnesses)).size).toBe(2);
    expect(one.answers).toEqual([200, 409, 200]);
  });

  const BROKEN: readonly (readonly [string, () => Response | Promise<Response>])[] = [
    ['down', () => Promise.reject(new TypeError('fetch failed'))],
    [
      'silent',
      () =>
        new Promise((_, reject) => setTimeout(() => reject(Object.assign(new Error(), { name: 'TimeoutError' })), 250)),
    ],
    ['of another opinion', () => new Response('', { status: 422 })],
    ['unwilling', () => new Response('', { status: 403 })],
    ['confused about its size', () => new Response('7\n', { status: 409 })],
    [
      'ahead of the log',
      () => new Response('99999\n', { status: 409, headers: { 'content-type': 'text/x.tlog.size' } }),
    ],
    ['one who answers HTML', () => new Response('<html>')],
    ['one who answers nothing', () => new Response('')],
    [
      'one who answers another’s signature',
      () => new Response(`— w0.example ${Buffer.alloc(76, 1).toString('base64')}\n`),
    ],
    ['endless', () => new Response('x'.repeat(100_000))],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
  ];
  test.each(BROKEN)(
    'that are %s stop nothing while nobody is required, and publishing where they are',
    async (_, broken) => {
      const witnesses = some(1);
      for (const witness of witnesses) witness.broken = broken;
      const free = log(witnesses, 0);
      expect(cosignaturesOf(await free.grow(10), keysOf(witnesses)).size).toBe(0);
      const bound = log(witnesses, 1);
      await expect(bound.grow(10)).rejects.toMatchObject({ code: 'ledger_unavailable' });
      expect(bound.checkpoint()).toBe('');
      for (const witness of witnesses) witness.broken = undefined;
      expect(cosignaturesOf(await bound.grow(10), keysOf(witnesses)).size).toBe(1);
    },
  );

  test('never cosign two histories', async () => {
    const witnesses = some(2);
    await log(witnesses, 2).grow(300);
    const other = log(
      witnesses,
      1,
      records(900).map((record) => ({ ...record, requestId: 'another' })),
    );
    await expect(other.grow(300)).rejects.toMatchObject({ code: 'ledger_unavailable' });
    await expect(other.grow(400)).rejects.toMatchObject({ code: 'ledger_unavailable' });
    expect(witnesses.flatMap(({ answers }) => answers)).not.toContain(500);
  });

  test('are missed by who verifies with a quorum', async () => {
    const witnesses = some(3);
    const { grow, files } = log(witnesses.slice(0, 2), 0);
    await grow(10);
    const codes = async (required: number): Promise<string[]> => {
      const found: string[] = [];
      const quorum = { witnesses: keysOf(witnesses), required };
      const read = (path: string) => files.read(path);
      await verifyLedger({ read, key: SIGNER.key, quorum, report: ({ code }) => found.push(code) });
      return found;
    };
    expect(await codes(2)).toEqual([]);
    expect(await codes(3)).toEqual(['checkpoint_not_witnessed']);
  });
});

describe('A cosignature', () => {
  test('of another time, text or key counts for nothing', async () => {
    const [one, two] = some(2);
    if (one === undefined || two === undefined) throw new Error('there are two');
    const checkpoint = await log([one], 1).grow(10);
    expect(cosignaturesOf(checkpoint, [one.key]).size).toBe(1);
    expect(cosignaturesOf(checkpoint, [two.key]).size).toBe(0);
    expect(cosignaturesOf(checkpoint.replace('\n10\n', '\n11\n'), [one.key]).size).toBe(0);
    const note = parseNote(checkpoint);
    const later = note.signatures.map((signature) => {
      if (signature.name !== one.key.name) return signature;
      const bytes = Buffer.from(signature.signature);
      bytes[7] = (bytes[7] ?? 0) ^ 1;
      return { ...signature, signature: bytes };
    });
    expect(cosignaturesOf(formatNote({ text: note.text, signatures: later }), [one.key]).size).toBe(0);
  });
});

describe('The setting', () => {
  const config = (witnesses: string, required = '') =>
    readLedgerConfig({
      DAYPASS_TABLE: 't',
      AWS_REGION: 'r',
      DAYPASS_LEDGER_BUCKET: 'b',
      DAYPASS_LEDGER_KEY_ID: 'k',
      DAYPASS_LEDGER_ORIGIN: 'o',
      DAYPASS_WITNESSES: witnesses,
      DAYPASS_REQUIRED_WITNESSES: required,
    });

  test('names keys and addresses', () => {
    expect(config('')).toMatchObject({ witnesses: [], requiredWitnesses: 0 });
    expect(config('a+1+B= https://a.example/, c+2+D https://c.example/x', '2')).toMatchObject({
      witnesses: [
        { key: 'a+1+B=', url: 'https://a.example' },
        { key: 'c+2+D', url: 'https://c.example/x' },
      ],
      requiredWitnesses: 2,
    });
  });

  test.each([
    ['a+1+B', ''],
    ['a+1+B http://a.example', ''],
    ['a+1+B https://a.example?x', ''],
    ['a+1+B https://user@a.example', ''],
    ['a+1+B https://a.example more', ''],
    ['a+1+B https://a.example', '2'],
    ['', '1'],
    ['', '-1'],
  ])('%j with %j is a mistake', (witnesses, required) => {
    expect(() => config(witnesses, required)).toThrow(/DAYPASS_(REQUIRED_)?WITNESSES/);
  });
});
