import { readFileSync } from 'node:fs';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import type { AccessPolicy, Partition } from './access/policy.ts';
import { indexPolicy } from './access/policy-index.ts';
import { exportPeriod, exportRequest } from './audit/export/export-period.ts';
import { s3Store } from './audit/export/s3-store.ts';
import { folderReader } from './audit/ledger/folder-reader.ts';
import { type KeeperParts, keepLedger } from './audit/ledger/keep.ts';
import { kmsSigner } from './audit/ledger/kms-signer.ts';
import { policyChanges } from './audit/ledger/policy-changes.ts';
import type { CheckpointSigner } from './audit/ledger/ports.ts';
import { s3Files } from './audit/ledger/s3-files.ts';
import { sealLagGuard } from './audit/ledger/seal-lag.ts';
import { tableHead } from './audit/ledger/table-head.ts';
import { tableRecords } from './audit/ledger/table-records.ts';
import { auditLog } from './audit/log.ts';
import { parseVerificationKey } from './audit/tree/note.ts';
import type { ReadFile } from './audit/verify/verify-ledger.ts';
import { awsClientConfig } from './aws.ts';
import type { BrokerParts, IssuingParts } from './broker.ts';
import {
  type Config,
  policyFileOf,
  readConfig,
  readExportConfig,
  readLedgerConfig,
  readLedgerPlace,
  readOriginConfig,
} from './config.ts';
import { Fault } from './fault.ts';
import { stsEndpoint } from './iam/arn.ts';
import type { Caller } from './identity/caller.ts';
import { createRemoteKeySet } from './identity/jwks.ts';
import { createVerifier } from './identity/verifier.ts';
import { toolOffer } from './sso/accept.ts';
import { type SignInAttempts, signInAttempts } from './sso/attempts.ts';
import { type AuthorizationCodes, authorizationCodes } from './sso/authorization-codes.ts';
import { type Logins, logins } from './sso/aws-login/logins.ts';
import { type BrowserSessions, browserSessions, sessionVerifier } from './sso/browser-sessions.ts';
import { type DeviceRequests, deviceRequests } from './sso/device-requests.ts';
import { type IdentityProvider, identityProvider, type PortalIssuer } from './sso/identity-provider.ts';
import { type ClientRegistrations, clientRegistrations } from './sso/registrations.ts';
import { type ToolSessions, toolSessions, toolVerifier } from './sso/tool-sessions.ts';
import { Table } from './store/dynamodb.ts';
import { rateLimit } from './store/rate-limit.ts';
import { usedTokens } from './store/used-tokens.ts';
import { roleAssumer } from './sts/assume-role.ts';
import { consoleSignIn, signInOrigins } from './sts/console.ts';
import { type Telemetry, telemetry } from './telemetry.ts';
import { VERSION } from './version.ts';

/**
 * The only wiring: environment → adapters → broker. Every client, clock and key set is made here, once per
 * cold start, and passed in. A policy that does not load throws, so the function does not start.
 */
export interface Broker extends BrokerParts {
  readonly config: Config;
  readonly table: Table;
  readonly telemetry: Telemetry;
}

/** What stands between the broker and the outside; the real ones unless a test or a benchmark brings its own. */
export interface Outside {
  readonly fetch: typeof fetch;
  /** Carries the AWS SDK's requests, as the SDK's own `requestHandler` does. */
  readonly requestHandler?: STSClientConfig['requestHandler'] & DynamoDBClientConfig['requestHandler'];
  /** Takes one line of the function's log. */
  readonly write: (line: string) => void;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export const OUTSIDE: Outside = {
  fetch: (...request) => fetch(...request),
  write: (line) => process.stdout.write(`${line}\n`),
  clock: () => Date.now(),
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error when the environment or the access policy is not usable: the function does not start */
export function composeBroker(environment: Environment, outside: Outside = OUTSIDE): Broker {
  const config = readConfig(environment);
  const policyIndex = indexPolicy(readPolicy(config.policyFile));
  const { clock } = outside;
  const log = telemetry(outside.write, clock);
  // A record is small and the table is near: what takes longer than this is down, and the caller is waiting.
  const table = new Table(
    new DynamoDBClient(
      awsClientConfig({
        ...outside,
        region: config.region,
        maxAttempts: 3,
        connectionTimeoutMs: 500,
        requestTimeoutMs: 1000,
      }),
    ),
    config.table,
  );
  return {
    config,
    table,
    policyIndex,
    clock,
    telemetry: log,
    observe: log.recorded,
    auditLog: auditLog(table),
    rateLimit: rateLimit(table, config.rateLimitPerMinute),
    verifier: createVerifier({
      issuers: policyIndex.policy.issuers,
      keySets: (issuer) => createRemoteKeySet(issuer, { fetch: outside.fetch, onFailure: log.keysUnread }),
      replayGuard: usedTokens(table),
    }),
  };
}

/** The broker of the audit log, which also reads the published ledger. */
export interface AuditBroker extends Broker {
  readonly readLedger: ReadFile;
}

export function composeAudit(environment: Environment, outside: Outside = OUTSIDE): AuditBroker {
  const broker = composeBroker(environment, outside);
  const place = readLedgerPlace(environment);
  if ('directory' in place) return { ...broker, readLedger: folderReader(place.directory) };
  const { region } = broker.config;
  const client = new S3Client(
    awsClientConfig({ ...outside, region, maxAttempts: 3, connectionTimeoutMs: 500, requestTimeoutMs: 3000 }),
  );
  return { ...broker, readLedger: s3Files(client, place.bucket).read };
}

/** What serves browsers knows its own address, and the sessions that their cookies are for. */
export interface BrowserParts {
  /** `https://daypass.example.com`. */
  readonly origin: string;
  readonly sessions: BrowserSessions;
  /** Where the console's form may lead to, redirects included: AWS's sign-in and console, by partition. */
  readonly consoleOrigins: (partition: Partition) => readonly string[];
}

/** The broker for a browser's requests: who is calling is who its session was opened for. */
export function composePortal(environment: Environment, outside: Outside = OUTSIDE): Broker & BrowserParts {
  return forBrowsers(composeBroker(environment, outside), environment);
}

/** The same broker for a browser's requests. @throws Error when the environment does not say where browsers reach it */
export function forBrowsers<Parts extends Broker>(broker: Parts, environment: Environment): Parts & BrowserParts {
  const sessions = browserSessions(broker.table);
  return {
    ...broker,
    ...readOriginConfig(environment),
    sessions,
    verifier: sessionVerifier(sessions),
    consoleOrigins: (partition) => signInOrigins(partition, broker.config.signInEndpoint),
  };
}

/** An issuer that browsers sign in to. */
export interface SignInProvider {
  readonly issuer: PortalIssuer;
  readonly provider: IdentityProvider;
}

/** The broker for signing in: its verifier takes identity providers' tokens. */
export interface SignInParts extends Broker, Omit<BrowserParts, 'consoleOrigins'> {
  readonly attempts: SignInAttempts;
  readonly providers: readonly SignInProvider[];
}

export function composeSignIn(environment: Environment, outside: Outside = OUTSIDE): SignInParts {
  const broker = composeBroker(environment, outside);
  const providers = broker.policyIndex.policy.issuers.flatMap(({ portal, ...rest }) => {
    if (portal === undefined) return [];
    const issuer = { ...rest, portal };
    return [{ issuer, provider: identityProvider(issuer, outside.fetch, outside.clock) }];
  });
  return {
    ...broker,
    ...readOriginConfig(environment),
    sessions: browserSessions(broker.table),
    attempts: signInAttempts(broker.table),
    providers,
  };
}

/** The broker for signing in the stock AWS tools: a browser approves, the tool gets tokens. */
export interface SsoParts extends Broker, Omit<BrowserParts, 'consoleOrigins'> {
  readonly toolSessions: ToolSessions;
  readonly registrations: ClientRegistrations;
  readonly codes: AuthorizationCodes;
  readonly devices: DeviceRequests;
}

export function composeSso(environment: Environment, outside: Outside = OUTSIDE): SsoParts {
  const broker = composeBroker(environment, outside);
  const { table } = broker;
  const sessions = toolSessions(table);
  return {
    ...broker,
    ...readOriginConfig(environment),
    sessions: browserSessions(table),
    toolSessions: sessions,
    registrations: clientRegistrations(table),
    codes: authorizationCodes(table, sessions),
    devices: deviceRequests(table, sessions),
  };
}

/**
 * The same broker for a tool that is signed in: who is calling is who its session was approved by, for as long as the
 * access policy lets their tools in.
 */
export function forTools<Parts extends Broker>(broker: Parts): Parts {
  const { issuers } = broker.policyIndex;
  return {
    ...broker,
    verifier: toolVerifier(toolSessions(broker.table)),
    admit: ({ issuer }: Caller) => void toolOffer(issuers.get(issuer), false),
  };
}

/** What gives `aws login` its credentials. */
export interface LoginParts {
  readonly origin: string;
  readonly logins: Logins;
}

/** The same broker for `aws login`. @throws Error when the environment does not say where tools reach it */
export function forLogins<Parts extends Broker>(broker: Parts, environment: Environment): Parts & LoginParts {
  const { table } = broker;
  const sessions = toolSessions(table);
  return {
    ...broker,
    ...readOriginConfig(environment),
    logins: logins(sessions, authorizationCodes(table, sessions), usedTokens(table)),
  };
}

/** The broker with the one part that only the credentials function may have. */
export function composeIssuingBroker(environment: Environment, outside: Outside = OUTSIDE): Broker & IssuingParts {
  const broker = composeBroker(environment, outside);
  const clients = new Map<string, STSClient>();
  const clientFor = (region: string): STSClient => {
    let client = clients.get(region);
    if (!client) {
      client = new STSClient({
        ...awsClientConfig({
          ...outside,
          region,
          // Which attempt may be repeated is decided in sts/assume-role.ts.
          maxAttempts: 1,
          connectionTimeoutMs: 1000,
          requestTimeoutMs: 5000,
        }),
        // Named, not left to the SDK's settings, which can still be told to use the global endpoint.
        endpoint: broker.config.stsEndpoint ?? stsEndpoint(region),
      });
      clients.set(region, client);
    }
    return client;
  };
  return {
    ...broker,
    region: broker.config.region,
    roleAssumer: roleAssumer(clientFor, STS_DEADLINE_MS),
    ...(broker.config.maxSealLagMinutes !== undefined && {
      sealLag: sealLagGuard(broker.table, broker.config.maxSealLagMinutes * 60_000),
    }),
    consoleSignIn: consoleSignIn({
      fetch: outside.fetch,
      endpoint: broker.config.signInEndpoint,
      issuer: environment['DAYPASS_ORIGIN'],
      timeoutMs: CONSOLE_DEADLINE_MS,
    }),
  };
}

/** Records of one sealing step; their keys are 80 bytes each of an item that has 400 KB. */
const SEAL_BATCH = 2000;

/** For one witness with all that is asked of it; they are asked at the same time. */
const WITNESS_DEADLINE_MS = 10_000;

/** Milliseconds that a record waits before it is sealed: clocks differ, and writes overtake each other. */
const SETTLE_MS = 10_000;

/** Milliseconds after which a function has surely ended; the longest that issues may take 29 seconds. */
const GRACE_MS = 15 * 60_000;

/** The ledger's keeper: sealer and reconciler. The signing key is asked for at the first run, then kept. */
export function composeKeeper(environment: Environment, outside: Outside = OUTSIDE) {
  const config = readLedgerConfig(environment);
  const { clock } = outside;
  const log = telemetry(outside.write, clock);
  const client = {
    ...outside,
    region: config.region,
    maxAttempts: 5,
    connectionTimeoutMs: 1000,
    requestTimeoutMs: 5000,
  };
  const table = new Table(new DynamoDBClient(awsClientConfig(client)), config.table, 5000);
  const files = s3Files(new S3Client(awsClientConfig(client)), config.bucket);
  const kms = new KMSClient(awsClientConfig(client));
  const witnesses = {
    witnesses: config.witnesses.map(({ key, url }) => ({ key: parseVerificationKey(key), url })),
    required: config.requiredWitnesses,
    fetch: outside.fetch,
    read: files.read,
    timeoutMs: WITNESS_DEADLINE_MS,
  };
  const noticePolicies = policyChanges({ table, auditLog: auditLog(table), observe: log.recorded, clock });
  let signer: Promise<CheckpointSigner> | undefined;
  return {
    /** @param runMs milliseconds in which new steps are begun */
    async keep(runMs: number) {
      signer ??= kmsSigner(kms, config.keyId, config.origin);
      const known = await signer.catch((error: unknown) => {
        signer = undefined;
        const fault = Fault.from(error);
        log.unsealed(fault);
        throw fault;
      });
      const parts: KeeperParts = {
        sealer: {
          records: tableRecords(table),
          heads: tableHead(table),
          files,
          signer: known,
          origin: config.origin,
          clock,
          settleMs: SETTLE_MS,
          batch: SEAL_BATCH,
          noticePolicies,
          ...(config.witnesses.length > 0 && { witnesses }),
        },
        reconciler: { table, auditLog: auditLog(table), observe: log.recorded, clock, graceMs: GRACE_MS },
        sealed: log.sealed,
        unsealed: log.unsealed,
        clock,
      };
      return keepLedger(parts, clock() + runMs);
    },
  };
}

/** Milliseconds that an hour may take; none is begun with less time left. */
const HOUR_BUDGET_MS = 180_000;

/** The exporter of whole hours into a bucket. */
export function composeExporter(environment: Environment, outside: Outside = OUTSIDE) {
  const config = readExportConfig(environment);
  const { clock } = outside;
  const log = telemetry(outside.write, clock);
  const client = {
    ...outside,
    region: config.region,
    maxAttempts: 5,
    connectionTimeoutMs: 1000,
    requestTimeoutMs: 20_000,
  };
  const parts = {
    table: new Table(new DynamoDBClient(awsClientConfig(client)), config.table, 5000),
    store: s3Store(new S3Client(awsClientConfig(client)), config.bucket, config.prefix),
    format: config.format,
    productVersion: VERSION,
  };
  return {
    /**
     * @param event of EventBridge, or `{"since": TIME, "until": TIME}`
     * @param remainingMs how long the function may still run
     * @throws Fault `request_invalid`; `export_incomplete` when records or hours were left out, never before the others
     *   are exported; what table and bucket throw
     */
    async run(event: unknown, remainingMs: () => number): Promise<{ objects: string[]; records: number }> {
      const request = exportRequest(event, clock());
      if ('problem' in request) throw new Fault('request_invalid', request.problem);
      const { hours, next } = await exportPeriod(parts, request, log.exported, () => remainingMs() > HOUR_BUDGET_MS);
      const sum = (count: (hour: (typeof hours)[number]) => number) =>
        hours.reduce((total, hour) => total + count(hour), 0);
      const left = sum((hour) => hour.left);
      if (next !== undefined) {
        throw new Fault('export_incomplete', `no time left: go on with since ${new Date(next).toISOString()}`);
      }
      if (left > 0) throw new Fault('export_incomplete', `${left} records could not be exported: see the log`);
      return { objects: hours.map(({ name }) => name), records: sum(({ records }) => records) };
    },
  };
}

/** Below the function's own timeout, so that there is time left to record the outcome. */
const STS_DEADLINE_MS = 6000;
const CONSOLE_DEADLINE_MS = 4000;

/** What anyone may read needs the policy and a log, and nothing of AWS. */
export interface PublicParts {
  readonly policy: AccessPolicy;
  readonly telemetry: Telemetry;
  readonly clock: () => number;
}

/** @throws Error when the access policy is not there */
export function composePublic(environment: Environment, outside: Outside = OUTSIDE): PublicParts {
  const { clock } = outside;
  return { policy: readPolicy(policyFileOf(environment)), telemetry: telemetry(outside.write, clock), clock };
}

function readPolicy(file: string): AccessPolicy {
  return JSON.parse(readFileSync(file, 'utf8')) as AccessPolicy;
}
