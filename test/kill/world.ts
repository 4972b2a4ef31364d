import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { brokerTrustPolicy } from '../../dev/aws/residents.ts';
import { type AwsStandIn, startAws } from '../../dev/aws/server.ts';
import { FUNCTION_BUNDLE } from '../../dev/build.ts';
import { directoryFiles } from '../../dev/ledger/directory-files.ts';
import { type KeeperParts, keepLedger } from '../../lib/audit/ledger/keep.ts';
import { seal } from '../../lib/audit/ledger/seal.ts';
import { tableHead } from '../../lib/audit/ledger/table-head.ts';
import { tableRecords } from '../../lib/audit/ledger/table-records.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { readAudit } from '../../lib/audit/query.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { verifyLedger } from '../../lib/audit/verify/verify-ledger.ts';
import { browserSessions } from '../../lib/sso/browser-sessions.ts';
import { SESSION_COOKIE } from '../../lib/sso/cookies.ts';
import { csrfToken } from '../../lib/sso/forms.ts';
import { ORIGIN as LOG, SIGNER } from '../audit/ledger/grown.ts';
import { compiled } from '../support/portal.ts';
import { type TestTable, testTable } from '../support/table.ts';
import { KEYS, makeToken } from '../support/tokens.ts';
import type { Orders } from './points.ts';

const ISSUER = 'https://idp.example.com';
const ORIGIN = 'https://daypass.example.com';

const POLICY = `
version: 1
issuers:
  corp: { issuer: ${ISSUER}, audience: [daypass], algorithms: [RS256], username: email }
accounts:
  prod: { id: "222222222222", label: Production }
roles:
  prod/ReadOnly: { arn: "arn:aws:iam::222222222222:role/ReadOnly" }
  prod/Admin: { arn: "arn:aws:iam::222222222222:role/Admin" }
grants:
  - { name: engineering, roles: [prod/ReadOnly], callers: { groups: [engineering] } }
  - { name: nobody, roles: [prod/Admin], callers: { groups: [nobody] } }
`;

/** How a run asks: a whole HTTP request. */
export type Ask = () => Promise<string>;

/** What came of a run. */
export interface Run {
  readonly id: string;
  /** Every byte that the client got. */
  readonly received: string;
  /** `SIGKILL` where the function died as ordered. */
  readonly signal: NodeJS.Signals | null;
  /** What the function said where it did not. */
  readonly errors: string;
}

/** Everything that outlives the function: table, AWS, ledger. */
export interface World {
  readonly aws: AwsStandIn;
  readonly store: TestTable;
  run(id: string, orders: Omit<Orders, 'run' | 'jwks' | 'issuer'>, ask: Ask): Promise<Run>;
  askApi(path: string, role: string): Ask;
  askContainer(role: string): Ask;
  /** By STS's own protocol. */
  askSts(roleArn: string): Ask;
  askPortal(what: 'credentials' | 'console', role: string): Ask;
  /** Seals what waits now. */
  seal(): Promise<void>;
  /** What is wrong with the ledger and what it says of the runs; empty when all promises hold. */
  problems(runs: readonly Run[]): Promise<string[]>;
  close(): Promise<void>;
}

const GRACE_MS = 15 * 60_000;

export async function makeWorld(): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'daypass-kill-'));
  const [aws, store] = await Promise.all([startAws({ port: 0 }), testTable()]);
  for (const role of compiled(POLICY).roles) {
    aws.createRole({ arn: role.arn, trustPolicy: brokerTrustPolicy(role.externalId), maxSessionDuration: 3600 });
  }
  const policyFile = join(directory, 'access.json');
  writeFileSync(policyFile, JSON.stringify(compiled(POLICY)));
  const program = join(directory, 'child.mjs');
  await build({
    ...FUNCTION_BUNDLE,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    outdir: directory,
  });
  const { accessKeyId, secretAccessKey, sessionToken } = aws.brokerCredentials();
  const environment = {
    PATH: process.env['PATH'] ?? '',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ENDPOINT_URL_STS: aws.url,
    AWS_ENDPOINT_URL_SIGNIN: aws.url,
    AWS_ENDPOINT_URL_DYNAMODB: store.url,
    DAYPASS_TABLE: 'daypass-test',
    DAYPASS_POLICY_FILE: policyFile,
    DAYPASS_ORIGIN: ORIGIN,
    DAYPASS_RATE_LIMIT_PER_MINUTE: '100000',
  };
  const seen: string[] = [];
  const files = directoryFiles(join(directory, 'ledger'));
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  const sealer = {
    records: tableRecords(store.table),
    heads: tableHead(store.table),
    files,
    signer: SIGNER,
    origin: LOG,
    clock,
    settleMs: 0,
    batch: 500,
  };
  const keeper: KeeperParts = {
    sealer,
    reconciler: {
      table: store.table,
      auditLog: auditLog(store.table),
      observe: () => undefined,
      clock,
      graceMs: GRACE_MS,
    },
    sealed: () => undefined,
    unsealed: () => undefined,
    clock,
  };

  async function readCheckpoint(): Promise<void> {
    const checkpoint = await files.read('checkpoint');
    if (checkpoint !== undefined) seen.push(Buffer.from(checkpoint).toString());
  }

  return {
    aws,
    store,
    async run(id, orders, ask) {
      const request = await ask();
      const child = spawn(process.execPath, [program], {
        env: {
          ...environment,
          DAYPASS_KILL: JSON.stringify({ ...orders, run: id, issuer: ISSUER, jwks: { keys: [KEYS.rsa.jwk] } }),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
      const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      const said = (await Promise.race([once(child.stdout, 'data'), ended])) as unknown[];
      const port = Number(String(said[0]));
      const received = Number.isInteger(port) && port > 0 ? await exchange(port, request) : '';
      const [, signal] = await ended;
      return { id, received, signal, errors };
    },
    askApi: (path, role) => async () => {
      const body = JSON.stringify({ role });
      return http('POST', path, body, {
        authorization: `Bearer ${token()}`,
        'content-type': 'application/json',
      });
    },
    askContainer: (role) => async () => http('GET', `/v1/container/${role}`, '', { authorization: token() }),
    askSts: (roleArn) => async () => {
      const body = new URLSearchParams({
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: roleArn,
        RoleSessionName: 'session-of-a-tool',
        WebIdentityToken: token(),
      });
      return http('POST', '/', String(body), { 'content-type': 'application/x-www-form-urlencoded' });
    },
    askPortal: (what, role) => async () => {
      const sessions = browserSessions(store.table);
      const { secret } = await sessions.create(callerOf(), '01KAN000000000000000000000', Date.now());
      const path = `/roles/${role}/${what}`;
      const body = String(new URLSearchParams({ csrf: csrfToken(secret, path) }));
      return http('POST', path, body, {
        cookie: `${SESSION_COOKIE}=${secret}`,
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      });
    },
    async seal() {
      while ((await seal(sealer)).more);
      await readCheckpoint();
    },
    async problems(runs) {
      // As if the functions had ended long ago: what they left open is closed, and everything is sealed.
      ahead = GRACE_MS + 60_000;
      for (let step = 0; step < 6; step += 1) await keepLedger(keeper, clock() + 600_000);
      ahead = 0;
      return [...(await ledgerProblems()), ...promiseProblems(await allRecords(), runs, aws)];
    },
    async close() {
      await Promise.all([aws.close(), store.close()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };

  async function ledgerProblems(): Promise<string[]> {
    const problems: string[] = [];
    const { records } = await verifyLedger({
      read: (path) => files.read(path),
      key: SIGNER.key,
      seen,
      report: (finding) => problems.push(`ledger: ${JSON.stringify(finding)}`),
    });
    const stored = (await allRecords()).length;
    if (records !== stored) problems.push(`ledger: ${records} leaves, ${stored} records in the table`);
    return problems;
  }

  async function allRecords(): Promise<AuditRecord[]> {
    const records: AuditRecord[] = [];
    let cursor: string | undefined;
    const now = Date.now();
    const filter = { since: now - 86_400_000, until: now + 86_400_000, order: 'oldest', limit: 500 } as const;
    do {
      const page = await readAudit(store.table, { ...filter, cursor });
      records.push(...page.records);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return records;
  }
}

/** The invariants I1, I2, I3 and I5, over everything that happened. I4 is the ledger's own. */
function promiseProblems(records: readonly AuditRecord[], runs: readonly Run[], aws: AwsStandIn): string[] {
  const problems: string[] = [];
  const intents = new Map(records.filter(({ phase }) => phase === 'intent').map((one) => [one.sessionId, one]));
  const outcomes = new Map(records.filter(({ phase }) => phase === 'outcome').map((one) => [one.sessionId, one]));
  const byRun = Map.groupBy(records, ({ requestId }) => requestId);

  const asked = aws.calls.list().filter(({ action, outcome }) => action === 'AssumeRole' && outcome === 'ok');
  const sessions = new Set<string>();
  for (const { roleSessionName = '' } of asked) {
    const sessionId = roleSessionName.slice(0, 26);
    if (!intents.has(sessionId)) problems.push(`I1: STS issued ${sessionId} without an intent`);
    if (sessions.has(sessionId)) problems.push(`STS was asked twice for ${sessionId}`);
    sessions.add(sessionId);
  }
  for (const [sessionId] of intents) {
    const outcome = outcomes.get(sessionId)?.outcome;
    if (outcome === undefined) problems.push(`I3: the intent ${sessionId} has no outcome`);
    else if (!['issued', 'failed', 'unresolved'].includes(outcome)) problems.push(`I3: ${sessionId} ended ${outcome}`);
  }
  for (const { id, received } of runs) {
    const own = byRun.get(id) ?? [];
    const outcome = own.find(({ phase }) => phase === 'outcome');
    if (/ASIA[A-Z2-7]{16}|SigninToken=/.test(received) && outcome?.outcome !== 'issued') {
      problems.push(`I2: run ${id} released credentials, its record says ${outcome?.outcome ?? 'nothing'}`);
    }
    if (received.startsWith('HTTP/1.1 403') && outcome?.outcome !== 'denied') {
      problems.push(`I5: run ${id} was denied, its record says ${outcome?.outcome ?? 'nothing'}`);
    }
    if (new Set(own.map(({ sessionId }) => sessionId)).size > 1) problems.push(`run ${id} has several sessions`);
  }
  return problems;
}

function token(): string {
  const seconds = Math.floor(Date.now() / 1000);
  const { issuedAt: _, ...claims } = {
    issuedAt: seconds,
    iss: ISSUER,
    sub: 'subject-of-dev',
    aud: 'daypass',
    iat: seconds,
    exp: seconds + 3600,
    email: 'dev@example.com',
    email_verified: true,
    groups: ['engineering'],
  };
  return makeToken({ key: KEYS.rsa, payload: claims });
}

function callerOf() {
  const seconds = Math.floor(Date.now() / 1000);
  return {
    issuer: 'corp',
    issuerUrl: ISSUER,
    subject: 'subject-of-dev',
    username: 'dev@example.com',
    claims: { groups: ['engineering'] },
    authenticatedAt: seconds,
    issuedAt: seconds,
    expiresAt: seconds + 3600,
    tokenSha256: 'a'.repeat(64),
  };
}

function http(method: string, path: string, body: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
  return [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n');
}

/** Everything that came until the other side was gone, however it went. */
function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
}
