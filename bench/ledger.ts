import { generateKeyPairSync } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keySigner } from '../lib/audit/ledger/key-signer.ts';
import type { LedgerFiles } from '../lib/audit/ledger/ports.ts';
import { publishCheckpoint } from '../lib/audit/ledger/publish-checkpoint.ts';
import { LedgerWriter } from '../lib/audit/ledger/write-tiles.ts';
import { auditLog } from '../lib/audit/log.ts';
import type { AuditRecord } from '../lib/audit/record.ts';
import { emptyRoot, Frontier, leafHash } from '../lib/audit/tree/merkle.ts';
import { proveSession } from '../lib/audit/verify/prove-session.ts';
import { verifyLedger } from '../lib/audit/verify/verify-ledger.ts';
import { awsClientConfig } from '../lib/aws.ts';
import { canonicalJson } from '../lib/json.ts';
import { newSessionId } from '../lib/session-id.ts';
import { Table } from '../lib/store/dynamodb.ts';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { inProcessAws } from './in-process-aws.ts';

const APPENDS = 400;
const PAIRS = 15;
/** Records of the ledger that is made and verified; figures are for a million. */
const RECORDS = 100_000;
const ORIGIN = 'bench';
const START = Date.UTC(2026, 10, 25);

/** What the ledger costs: a record more, a million sealed, a million verified, a proof. */
export async function ledger(): Promise<Figure[]> {
  const signer = keySigner(ORIGIN, generateKeyPairSync('ed25519').privateKey);
  const entries = Array.from({ length: RECORDS }, (_, index) => recordAt(index));
  const files = mapFiles();
  const sealed = await timed(() => sealAll(files, signer, entries));
  const verified = await timed(async () => {
    const { findings, records } = await verifyLedger({ read: files.read, key: signer.key, report: () => undefined });
    if (findings > 0 || records !== RECORDS) throw new Error('the bench’s own ledger does not verify');
  });
  const middle = entries[RECORDS >> 1];
  const [proof] = await proveSession(files.read, middle?.sessionId ?? '');
  if (proof === undefined || middle === undefined) throw new Error('the bench’s own session is not in the ledger');
  const size = Buffer.byteLength(proof.file) / Buffer.byteLength(canonicalJson(middle));
  const million = 1_000_000 / RECORDS;
  return [
    figure('append an audit record, CPU over a bare PutItem of it', await appendRatio(), '×', 1.5),
    figure('hash and write the tree of 1,000,000 records (without the table)', sealed * million, 's', null),
    figure('verify a ledger of 1,000,000 records', verified * million, 's', 30),
    figure('a proof’s size over its record’s', size, '×', null),
  ];
}

/** Processor time of a whole append over that of the SDK's own put of the same item. */
async function appendRatio(): Promise<number> {
  const config = { region: 'eu-central-1', maxAttempts: 1, connectionTimeoutMs: 500, requestTimeoutMs: 1000 };
  const client = new DynamoDBClient({
    ...awsClientConfig({ ...config, requestHandler: inProcessAws as never }),
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
  });
  const log = auditLog(new Table(client, 'bench'));
  const records = Array.from({ length: APPENDS }, (_, index) => recordAt(index));
  const items = records.map((record) => ({
    TableName: 'bench',
    Item: { pk: { S: 'audit#2026-11-25#00' }, sk: { S: record.sessionId }, record: { S: canonicalJson(record) } },
    ConditionExpression: 'attribute_not_exists(pk)',
  }));
  const cpu = async (work: () => Promise<void>): Promise<number> => {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  return pairedRatio(
    PAIRS,
    () => cpu(async () => void (await sequentially(records, (record) => log.append(record)))),
    () => cpu(async () => void (await sequentially(items, (item) => client.send(new PutItemCommand(item))))),
  );
}

async function sequentially<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (const item of items) await work(item);
}

async function sealAll(
  files: LedgerFiles,
  signer: ReturnType<typeof keySigner>,
  entries: readonly AuditRecord[],
): Promise<void> {
  const bytes = entries.map((entry) => Buffer.from(canonicalJson(entry)));
  const writer = new LedgerWriter(files, 0, []);
  const frontier = new Frontier(0, [], writer.completed);
  for (const entry of bytes) frontier.append(leafHash(entry));
  await writer.write(bytes);
  const now = { size: bytes.length, root: frontier.root() };
  await publishCheckpoint({ files, signer, origin: ORIGIN }, { size: 0, root: emptyRoot() }, now);
}

function mapFiles(): LedgerFiles {
  const files = new Map<string, Uint8Array>();
  const write = async (path: string, bytes: Uint8Array): Promise<boolean> => files.set(path, bytes).has(path);
  return {
    read: async (path) => files.get(path),
    readVersion: async () => undefined,
    write,
    replace: write,
  };
}

/** A denial of ordinary length, a tenth of a second after the one before. */
function recordAt(index: number): AuditRecord {
  const time = START + index * 100;
  return {
    schema: 1,
    phase: 'outcome',
    sessionId: newSessionId(time),
    requestId: '6f1c2b9e-0d7a-4c53-9a41-2f5b8e7d6c10',
    time: new Date(time).toISOString(),
    action: 'credentials',
    outcome: 'denied',
    code: 'access_denied',
    denial: 'no_grant',
    caller: { issuer: 'corp', subject: '00u1a2b3c4d5e6f7g8h9', username: 'jordan.miller@example.com' },
    tokenSha256: 'a'.repeat(64),
    role: 'prod/Admin',
    account: 'prod',
    policyDigest: 'd'.repeat(64),
    sourceIp: '203.0.113.24',
    userAgent: 'daypass/0.1.0 (linux; x64) node/24.21.0',
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
