import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { brokerTrustPolicy } from '../../dev/aws/residents.ts';
import { BROKER_ACCOUNT, startAws } from '../../dev/aws/server.ts';
import { FUNCTION_BUNDLE } from '../../dev/build.ts';
import { directoryFiles } from '../../dev/ledger/directory-files.ts';
import { compilePolicy } from '../../lib/access/compile.ts';
import { type KeeperParts, keepLedger } from '../../lib/audit/ledger/keep.ts';
import { seal } from '../../lib/audit/ledger/seal.ts';
import { tableHead } from '../../lib/audit/ledger/table-head.ts';
import { tableRecords } from '../../lib/audit/ledger/table-records.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { readAudit } from '../../lib/audit/query.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { verifyLedger } from '../../lib/audit/verify/verify-ledger.ts';
import type { Caller } from '../../lib/identity/caller.ts';
import { newSessionId } from '../../lib/session-id.ts';
import { browserSessions } from '../../lib/sso/browser-sessions.ts';
import { SESSION_COOKIE } from '../../lib/sso/cookies.ts';
import { csrfToken } from '../../lib/sso/forms.ts';
import { newToolSessionId, toolSessions } from '../../lib/sso/tool-sessions.ts';
import { ORIGIN as LOG, SIGNER } from '../audit/ledger/grown.ts';
import { readCloudTrail } from '../support/cloudtrail.ts';
import { DpopKey } from '../support/dpop-key.ts';
import { testTable } from '../support/table.ts';
import { KEYS, makeToken } from '../support/tokens.ts';
import { type End, type Orders, RUN_HEADER } from './points.ts';
import { type AssumeRoleCall, brokenPromises, endOf, type Run } from './promises.ts';

const ISSUER = 'https://idp.example.com';

const POLICY = `
version: 1
issuers:
  corp:
    { issuer: ${ISSUER}, audience: [daypass], algorithms: [RS256], username: email, portal: { clientId: daypass }, sso: {} }
accounts:
  prod: { id: "222222222222", label: Production }
roles:
  prod/ReadOnly: { arn: "arn:aws:iam::222222222222:role/ReadOnly" }
  prod/Admin: { arn: "arn:aws:iam::222222222222:role/Admin" }
grants:
  - { name: engineering, roles: [prod/ReadOnly], callers: { groups: [engineering] } }
  - { name: nobody, roles: [prod/Admin], callers: { groups: [nobody] } }
`;

/** A request of the run, whole, as it goes over the wire. */
export type Ask = (run: string) => string | Promise<string>;

/** What one function is ordered, and how many requests it gets. */
export type FunctionOrders = Partial<Omit<Orders, 'jwks' | 'issuer' | 'together'>>;

export interface Judgement {
  /** What is wrong with the ledger, and with what it says of the runs. */
  readonly problems: readonly string[];
  /** By run. */
  readonly ends: ReadonlyMap<string, End | undefined>;
}

/** Everything that outlives the functions: table, AWS, ledger. */
export interface World {
  /** One function with a request of each run; how each ended. */
  run(runs: readonly string[], orders: FunctionOrders, ask: Ask): Promise<Run[]>;
  readonly askApi: (path: string, role: string) => Ask;
  readonly askContainer: (role: string) => Ask;
  /** By STS's own protocol. */
  readonly askSts: (roleArn: string) => Ask;
  /** By IAM Identity Center's, as a tool that is signed in. */
  readonly askIdentityCenter: (accountId: string, roleName: string) => Ask;
  /** As `aws login` refreshes. */
  readonly askLogin: (role: string) => Ask;
  readonly askPortal: (form: 'credentials' | 'console', role: string) => Ask;
  /** Seals what waits now, and keeps the checkpoint. */
  seal(): Promise<void>;
  /** Closes what the functions left open, seals all, and holds it against what happened. Nothing can be run after it. */
  judge(runs: readonly Run[], without?: 'the reconciler'): Promise<Judgement>;
  close(): Promise<void>;
}

/** The function's program, bundled as functions are. */
export async function buildFunction(): Promise<{ readonly program: string; remove(): void }> {
  const directory = mkdtempSync(join(tmpdir(), 'daypass-kill-function-'));
  await build({
    ...FUNCTION_BUNDLE,
    // Its last lines wait for the socket.
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    outdir: directory,
  });
  return {
    program: join(directory, 'child.mjs'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const GRACE_MS = 15 * 60_000;

/** A function that has not ended by then hangs. */
const PATIENCE_MS = 60_000;

export async function makeWorld(program: string): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'daypass-kill-'));
  const cloudTrail = join(directory, 'cloudtrail');
  mkdirSync(cloudTrail);
  const [aws, store] = await Promise.all([startAws({ port: 0, cloudTrailDirectory: cloudTrail }), testTable()]);
  const { policy } = compilePolicy(POLICY, 'kill.yml');
  for (const { arn, externalId } of policy?.roles ?? []) {
    aws.createRole({ arn, trustPolicy: brokerTrustPolicy(externalId), maxSessionDuration: 3600 });
  }
  const policyFile = join(directory, 'access.json');
  writeFileSync(policyFile, JSON.stringify(policy));
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
    DAYPASS_ORIGIN: 'https://daypass.example.com',
  };
  const files = directoryFiles(join(directory, 'ledger'));
  const seen: string[] = [];
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
  const reconciler = {
    table: store.table,
    auditLog: auditLog(store.table),
    observe: () => undefined,
    clock,
    graceMs: GRACE_MS,
  };
  const keeper: KeeperParts = { sealer, reconciler, sealed: () => undefined, unsealed: () => undefined, clock };

  async function sealAll(): Promise<void> {
    while ((await seal(sealer)).more);
    const checkpoint = await files.read('checkpoint');
    if (checkpoint !== undefined) seen.push(Buffer.from(checkpoint).toString());
  }

  async function ledgerProblems(stored: number): Promise<string[]> {
    const problems: string[] = [];
    const { records } = await verifyLedger({
      read: (path) => files.read(path),
      key: SIGNER.key,
      seen,
      report: (finding) => problems.push(`I4: ${JSON.stringify(finding)}`),
    });
    if (records !== stored) problems.push(`I4: ${records} leaves, ${stored} records in the table`);
    return problems;
  }

  async function allRecords(): Promise<AuditRecord[]> {
    const records: AuditRecord[] = [];
    const now = Date.now();
    const filter = { since: now - 86_400_000, until: now + 86_400_000, order: 'oldest', limit: 500 } as const;
    let cursor: string | undefined;
    do {
      const page = await readAudit(store.table, { ...filter, cursor });
      records.push(...page.records);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return records;
  }

  function assumeRoleCalls(): AssumeRoleCall[] {
    aws.deliverCloudTrail();
    return Object.values(readCloudTrail(cloudTrail))
      .flat()
      .filter((event) => event['eventName'] === 'AssumeRole' && event['recipientAccountId'] === BROKER_ACCOUNT)
      .map(({ requestParameters, responseElements }) => ({
        roleSessionName: requestParameters.roleSessionName,
        accessKeyId: responseElements?.credentials.accessKeyId,
      }));
  }

  return {
    async run(runs, orders, ask) {
      const requests = await Promise.all(runs.map(ask));
      const own: Orders = {
        afterMs: 0,
        ...orders,
        together: runs.length,
        issuer: ISSUER,
        jwks: { keys: [KEYS.rsa.jwk] },
      };
      const child = spawn(process.execPath, [program], {
        env: { ...environment, DAYPASS_KILL: JSON.stringify(own) },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: PATIENCE_MS,
      });
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
      const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      const [said] = (await Promise.race([once(child.stdout, 'data'), ended])) as unknown[];
      const port = Number(String(said));
      const received = await Promise.all(requests.map((request) => (port > 0 ? exchange(port, request) : '')));
      const [, signal] = await ended;
      return runs.map((id, place) => ({ id, received: received[place] ?? '', signal, errors }));
    },
    askApi: (path, role) => (run) =>
      http(run, path, JSON.stringify({ role }), {
        authorization: `Bearer ${token(run)}`,
        'content-type': 'application/json',
      }),
    askContainer: (role) => (run) => http(run, `/v1/container/${role}`, '', { authorization: token(run) }, 'GET'),
    askSts: (roleArn) => (run) => {
      const form = new URLSearchParams({
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: roleArn,
        RoleSessionName: 'session-of-a-tool',
        WebIdentityToken: token(run),
      });
      return http(run, '/', String(form), { 'content-type': 'application/x-www-form-urlencoded' });
    },
    askIdentityCenter: (accountId, roleName) => async (run) => {
      const caller = callerOf(run);
      const grant = { caller, clientId: 'a-tool', refreshes: true, expiresAt: caller.expiresAt };
      const { accessToken } = await toolSessions(store.table).create(newToolSessionId(), grant, Date.now());
      const path = `/federation/credentials?role_name=${roleName}&account_id=${accountId}`;
      return http(run, path, '', { 'x-amz-sso_bearer_token': accessToken }, 'GET');
    },
    askLogin: (role) => async (run) => {
      const caller = callerOf(run);
      const now = Date.now();
      const key = new DpopKey();
      const clientId = 'arn:aws:signin:::devtools/same-device';
      const { keyThumbprint } = key;
      const grant = { caller, clientId, refreshes: true, expiresAt: caller.expiresAt, role, keyThumbprint };
      const { refreshToken } = await toolSessions(store.table).create(newToolSessionId(), grant, now);
      return http(run, '/v1/token', JSON.stringify({ clientId, grantType: 'refresh_token', refreshToken }), {
        dpop: key.proof(now),
        'content-type': 'application/json',
      });
    },
    askPortal: (form, role) => async (run) => {
      const path = `/roles/${role}/${form}`;
      const now = Date.now();
      const { secret } = await browserSessions(store.table).create(callerOf(run), newSessionId(now), now);
      return http(run, path, String(new URLSearchParams({ csrf: csrfToken(secret, path) })), {
        cookie: `${SESSION_COOKIE}=${secret}`,
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      });
    },
    seal: sealAll,
    async judge(runs, without) {
      // As if the functions had ended long ago.
      ahead = GRACE_MS + 60_000;
      // One step of the reconciler looks at six hours; the first begins a day ago.
      if (without === undefined)
        for (let step = 0; step < 5; step += 1) await keepLedger(keeper, clock() + PATIENCE_MS);
      await sealAll();
      const records = await allRecords();
      const byRun = Map.groupBy(records, ({ requestId }) => requestId);
      return {
        problems: [...(await ledgerProblems(records.length)), ...brokenPromises(records, assumeRoleCalls(), runs)],
        ends: new Map(runs.map(({ id }) => [id, endOf(byRun.get(id) ?? [])])),
      };
    },
    async close() {
      await Promise.all([aws.close(), store.close()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Each run is somebody else's. */
function personOf(run: string) {
  const seconds = Math.floor(Date.now() / 1000);
  return { subject: `subject of ${run}`, username: 'dev@example.com', groups: ['engineering'], seconds };
}

function token(run: string): string {
  const { subject, username, groups, seconds } = personOf(run);
  const payload = {
    iss: ISSUER,
    sub: subject,
    aud: 'daypass',
    iat: seconds,
    exp: seconds + 3600,
    email: username,
    email_verified: true,
    groups,
  };
  return makeToken({ key: KEYS.rsa, payload });
}

function callerOf(run: string): Caller {
  const { subject, username, groups, seconds } = personOf(run);
  return {
    issuer: 'corp',
    issuerUrl: ISSUER,
    subject,
    username,
    claims: { groups },
    authenticatedAt: seconds,
    issuedAt: seconds,
    expiresAt: seconds + 3600,
    tokenSha256: 'a'.repeat(64),
  };
}

function http(
  run: string,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  method: 'GET' | 'POST' = 'POST',
): string {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), [RUN_HEADER]: run };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n');
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
