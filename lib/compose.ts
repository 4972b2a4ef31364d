import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { STSClient } from '@aws-sdk/client-sts';
import type { AccessPolicy } from './access/policy.ts';
import { indexPolicy, type PolicyIndex } from './access/policy-index.ts';
import { auditLog } from './audit/log.ts';
import { awsClientConfig } from './aws.ts';
import type { BrokerParts, IssuingParts } from './broker.ts';
import { type Config, readConfig } from './config.ts';
import { createVerifier } from './identity/verify.ts';
import { Table } from './store/dynamodb.ts';
import { rateLimit } from './store/rate-limit.ts';
import { usedTokens } from './store/used-tokens.ts';
import { roleAssumer } from './sts/assume-role.ts';
import { type Telemetry, telemetry } from './telemetry.ts';

/**
 * The only wiring: environment → adapters → broker. Every client, clock and key set is made here, once per
 * cold start, and passed in. A policy that does not load throws, so the function does not start.
 */
export interface Broker extends BrokerParts {
  readonly config: Config;
  readonly table: Table;
  readonly telemetry: Telemetry;
}

export function composeBroker(environment: Readonly<Record<string, string | undefined>>): Broker {
  const config = readConfig(environment);
  const policy = loadPolicy(config.policyFile);
  const clock = Date.now;
  const log = telemetry((line) => process.stdout.write(`${line}\n`), clock);
  // A record is small and the table is near: what takes longer than this is down, and the caller is waiting.
  const table = new Table(
    new DynamoDBClient(
      awsClientConfig({ region: config.region, maxAttempts: 3, connectionTimeoutMs: 500, requestTimeoutMs: 1000 }),
    ),
    config.table,
  );
  return {
    config,
    table,
    policy,
    clock,
    telemetry: log,
    observe: log.recorded,
    auditLog: auditLog(table),
    rateLimit: rateLimit(table, config.rateLimitPerMinute),
    verifier: createVerifier({ issuers: policy.policy.issuers, replayGuard: usedTokens(table), fetch, clock }),
  };
}

/** The broker with the one part that only the credentials function may have. */
export function composeIssuingBroker(environment: Readonly<Record<string, string | undefined>>): Broker & IssuingParts {
  const broker = composeBroker(environment);
  const clients = new Map<string, STSClient>();
  const clientFor = (region: string): STSClient => {
    let client = clients.get(region);
    if (!client) {
      client = new STSClient(
        awsClientConfig({ region, maxAttempts: 3, connectionTimeoutMs: 1000, requestTimeoutMs: 2500 }),
      );
      clients.set(region, client);
    }
    return client;
  };
  return { ...broker, region: broker.config.region, roleAssumer: roleAssumer(clientFor, STS_DEADLINE_MS) };
}

/** Below the function's own timeout, so that there is time left to record the outcome. */
const STS_DEADLINE_MS = 6000;

function loadPolicy(file: string): PolicyIndex {
  return indexPolicy(JSON.parse(readFileSync(file, 'utf8')) as AccessPolicy);
}
