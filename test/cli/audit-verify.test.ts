import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { formatVerificationKey } from '../../lib/audit/tree/note.ts';
import { type GrownLedger, grow, recordAt, records, SIGNER } from '../audit/ledger/grown.ts';
import { problem } from './fake-broker.ts';
import { useCli } from './harness.ts';

const { cli, broker } = await useCli();
const directory = mkdtempSync(join(tmpdir(), 'daypass-audit-'));
afterAll(() => rmSync(directory, { recursive: true }));

const KEY = formatVerificationKey(SIGNER.key);
let count = 0;

/** The ledger as files of a folder of its own. */
function folderOf({ files }: GrownLedger, change: (files: Map<string, Uint8Array>) => void = () => undefined): string {
  const folder = join(directory, `ledger-${count++}`);
  const content = new Map(files.files);
  change(content);
  for (const [path, bytes] of content) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

const LEDGER = await grow(records(600), [200, 600]);

describe('daypass audit verify', () => {
  it('says how many records are as they were sealed, and by whom, without network or broker', async () => {
    const { code, stdout, stderr } = await cli.run(['audit', 'verify', '--from', folderOf(LEDGER), '--key', KEY], {
      DAYPASS_URL: '',
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^daypass: verified: 600 records, signed by example\.com\/daypass, root \S{44}\n$/);
  });

  it('takes the key from a file', async () => {
    const file = join(directory, 'log.vkey');
    writeFileSync(file, `${KEY}\n`);
    expect(await cli.run(['audit', 'verify', '--from', folderOf(LEDGER), '--key', file])).toMatchObject({ code: 0 });
  });

  it('names the record and the file that are not as they were', async () => {
    const folder = folderOf(LEDGER, (files) => {
      const path = 'tile/entries/001';
      const bytes = Buffer.from(files.get(path) ?? []);
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      files.set(path, bytes);
    });
    const { code, stdout, stderr } = await cli.run(['audit', 'verify', '--from', folder, '--key', KEY]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'tile/entries/001, record 256: the record is not the one that was hashed [record_altered]\n',
    );
    expect(stderr).toMatch(/^daypass: NOT verified: \d+ findings? in /);
  });

  it('prints JSON lines for programs, the verdict last', async () => {
    const folder = folderOf(LEDGER, (files) => files.delete('tile/0/000'));
    const { code, stdout } = await cli.run(['audit', 'verify', '--from', folder, '--key', KEY, '--json']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(1);
    expect(lines[0]).toMatchObject({ code: 'file_missing', file: 'tile/0/000' });
    expect(lines.at(-1)).toMatchObject({ verified: false, records: 600, size: 600 });
  });

  it('holds the log against a checkpoint that was kept', async () => {
    const seen = join(directory, 'seen');
    writeFileSync(seen, LEDGER.checkpoints[1] ?? '');
    const old = folderOf(await grow(records(200)));
    const { code, stdout } = await cli.run(['audit', 'verify', '--from', old, '--key', KEY, '--seen', seen]);
    expect(code).toBe(1);
    expect(stdout).toBe('checkpoint: it has 200 leaves; one with 600 was seen before [rolled_back]\n');
    expect(await cli.run(['audit', 'verify', '--from', folderOf(LEDGER), '--key', KEY, '--seen', seen])).toMatchObject({
      code: 0,
    });
  });

  it('reads a ledger from a web server, and follows no redirect', async () => {
    const folder = folderOf(LEDGER);
    const server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(folder, (request.url ?? '').replace('/log', ''))));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`;
    expect(await cli.run(['audit', 'verify', '--from', url, '--key', KEY])).toMatchObject({ code: 0 });
    server
      .removeAllListeners('request')
      .on('request', (_, response) => response.writeHead(302, { location: 'https://example.com/' }).end());
    const moved = await cli.run(['audit', 'verify', '--from', url, '--key', KEY]);
    server.close();
    expect(moved.code).toBe(4);
    expect(moved.stderr).toContain('/log/checkpoint cannot be read');
  });

  test.each<[string, string[], number, string]>([
    ['no key', ['--from', '.'], 2, 'which key? --key is missing'],
    ['a key of another kind', ['--from', '.', '--key', 'a+00000000+AwAA'], 2, '--key: key algorithm 3'],
    ['no place', ['--key', KEY], 2, '--from is missing'],
    ['a place that is not there', ['--key', KEY, '--from', '/nowhere'], 5, '/nowhere cannot be read (ENOENT)'],
    ['a file for a folder', ['--key', KEY, '--from', '/etc/hostname'], 5, '/etc/hostname is not a folder'],
    ['an address in the clear', ['--key', KEY, '--from', 'http://example.com/log'], 2, 'must be https'],
    ['a bucket that is none', ['--key', KEY, '--from', 's3://_'], 2, '“s3://_” names no bucket'],
    ['a folder for a proof', [directory, '--key', KEY], 2, 'is a folder'],
    [
      'a checkpoint that is not there',
      ['--key', KEY, '--from', '.', '--seen', '/nowhere'],
      5,
      '/nowhere cannot be read',
    ],
  ])('%s is a clear error', async (_, args, code, message) => {
    const result = await cli.run(['audit', 'verify', ...args]);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it('an empty folder is no verified ledger', async () => {
    const folder = mkdtempSync(join(directory, 'empty-'));
    expect(await cli.run(['audit', 'verify', '--from', folder, '--key', KEY])).toMatchObject({
      code: 1,
      stdout: 'checkpoint: there is no checkpoint [checkpoint_missing]\n',
    });
  });
});

describe('daypass audit proof', () => {
  const session = recordAt(300).sessionId;

  it('is all that is needed to verify a record alone', async () => {
    const file = join(directory, 'session.tlog-proof');
    const taken = await cli.run(['audit', 'proof', session, '--from', folderOf(LEDGER), '--out', file]);
    expect(taken).toMatchObject({ code: 0, stdout: '' });
    const { code, stdout, stderr } = await cli.run(['audit', 'verify', file, '--key', KEY]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ sessionId: session, phase: 'outcome', outcome: 'issued' });
    expect(stderr).toMatch(/^daypass: verified: record \d+ of 600 of the log example\.com\/daypass\n$/);
    expect(Buffer.byteLength(readFileSync(file))).toBeLessThan(2000);
  });

  it('of an intent is taken too', async () => {
    const { stdout } = await cli.run(['audit', 'proof', session, '--phase', 'intent', '--from', folderOf(LEDGER)]);
    expect(stdout).toMatch(/^c2sp\.org\/tlog-proof@v1\nextra \S+\nindex \d+\n/);
  });

  it.each([0, 5980, 2990])('is found wherever in the log the session is (%i ms after its start)', async (offset) => {
    const there = records(600).some(({ sessionId }) => sessionId === recordAt(offset).sessionId);
    const { code } = await cli.run(['audit', 'proof', recordAt(offset).sessionId, '--from', folderOf(LEDGER)]);
    expect(code).toBe(there ? 0 : 1);
  });

  it('with another record in it, or a hash, an index or a checkpoint changed, is not verified', async () => {
    const { stdout } = await cli.run(['audit', 'proof', session, '--from', folderOf(LEDGER)]);
    const other = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(/extra (\S+)/.exec(stdout)?.[1] ?? '', 'base64').toString()),
        role: 'prod/ReadOnly',
      }),
    );
    const forgeries = [
      stdout.replace(/extra \S+/, `extra ${other.toString('base64')}`),
      stdout.replace(/index (\d+)/, (_, index) => `index ${Number(index) + 1}`),
      stdout.replace(/^600$/m, '601'),
      stdout.replace(/(index \d+\n)(.)/, (_, index, first) => `${index}${first === 'A' ? 'B' : 'A'}`),
      stdout.slice(0, 300),
      '',
    ];
    for (const [place, forgery] of forgeries.entries()) {
      const file = join(directory, `forged-${place}`);
      writeFileSync(file, forgery);
      const { code, stderr } = await cli.run(['audit', 'verify', file, '--key', KEY]);
      expect({ place, code }).toEqual({ place, code: 1 });
      expect(stderr).toContain('NOT verified');
    }
  });

  it('of a session that is not sealed says so', async () => {
    const { code, stderr } = await cli.run(['audit', 'proof', recordAt(999_999).sessionId, '--from', folderOf(LEDGER)]);
    expect(code).toBe(1);
    expect(stderr).toContain('no outcome of session');
  });

  it('is asked of the broker where no ledger is named', async () => {
    const { stdout: file } = await cli.run(['audit', 'proof', session, '--from', folderOf(LEDGER)]);
    broker.answers['/v1/audit/proof'] = ({ query }) =>
      query.get('session') === session ? { json: { proofs: [{ phase: 'outcome', leaf: 1, file }] } } : undefined;
    expect(await cli.run(['audit', 'proof', session])).toMatchObject({ code: 0, stdout: file });
    broker.answers['/v1/audit/proof'] = () => problem(409, 'not_sealed', 'Not sealed yet');
    const early = await cli.run(['audit', 'proof', session]);
    expect([early.code, early.stdout, early.stderr.includes('not_sealed')]).toEqual([1, '', true]);
    broker.answers['/v1/audit/proof'] = () => ({ json: { proofs: [{ phase: 'outcome' }] } });
    expect((await cli.run(['audit', 'proof', session])).code).toBe(4);
  });

  test.each<[string, string[], number, string]>([
    ['no session id', ['x', '--from', '.'], 2, '“x” is not a session id'],
    ['a place without a ledger', [session, '--from', directory], 1, 'checkpoint is missing'],
  ])('%s is a clear error', async (_, args, code, message) => {
    const result = await cli.run(['audit', 'proof', ...args]);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
  });
});
