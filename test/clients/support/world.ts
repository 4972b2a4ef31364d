import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { ROOT } from '../../../dev/root.ts';
import { type Stack, startStack } from '../../../dev/stack.ts';
import { readAudit } from '../../../lib/audit/query.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { Table } from '../../../lib/store/dynamodb.ts';
import { AUDIENCE, type CiIssuer, startCiIssuer } from './ci-issuer.ts';
import { type Finished, run } from './run.ts';

const policyFor = (ci: CiIssuer) => `version: 1
issuers:
  local:
    issuer: http://127.0.0.1:4101
    audience: [daypass-cli, daypass-portal]
    algorithms: [RS256, ES256]
    username: email
    login: { clientId: daypass-cli, scopes: [openid, email, groups] }
    portal: { clientId: daypass-portal, scopes: [openid, email, groups], label: Example Corp }
    sso: { session: 8h }
  github:
    issuer: ${ci.issuer('github')}
    platform: github
    audience: [${AUDIENCE}]
    algorithms: [RS256]
    subject: "gh-\${claim:repository_id}.\${claim:run_id}"
  gitlab:
    issuer: ${ci.issuer('gitlab')}
    platform: gitlab
    audience: [${AUDIENCE}]
    algorithms: [RS256]
    subject: "gl-\${claim:project_id}.\${claim:job_id}"
  cluster:
    issuer: ${ci.issuer('cluster')}
    platform: kubernetes
    audience: [${AUDIENCE}]
    algorithms: [RS256]
    subject: "k8s-\${claim:kubernetes.io.namespace}.\${claim:kubernetes.io.serviceaccount.name}"
accounts:
  prod: { id: "222222222222", label: Production }
roles:
  prod/Deploy: { arn: "${DEPLOY}", externalId: daypass-ci }
  prod/Secret: { arn: "${SECRET}" }
grants:
  - name: workflows
    issuers: [github]
    roles: [prod/Deploy]
    callers: { repository_id: ["7654321"], ref: [refs/heads/main], event_name: [push] }
    session: { tags: { commit: "\${claim:sha}" } }
  - { name: jobs, issuers: [gitlab], roles: [prod/Deploy], callers: { project_id: ["22"], ref_protected: ["true"] } }
  - { name: pods, issuers: [cluster], roles: [prod/Deploy], callers: { kubernetes.io.namespace: [shop] } }
  - { name: people, issuers: [local], roles: [prod/Deploy], callers: { groups: [engineering, sre] } }
  - { name: nobody, issuers: [local], roles: [prod/Secret], callers: { groups: [nobody] } }
`;

export const DEPLOY = 'arn:aws:iam::222222222222:role/Deploy';
export const SECRET = 'arn:aws:iam::222222222222:role/Secret';

/** Requests a minute, where every test is a caller of its own. */
export const RATE_LIMIT = 30;

/** The whole product on loopback, the platforms' issuers, and the environment that a client is started in. */
export interface World {
  /** Where files of a test may be; removed in the end. */
  readonly directory: string;
  readonly stack: Stack;
  readonly ci: CiIssuer;
  /** `dist/daypass.cjs`. */
  readonly daypass: string;
  /** Nothing of the developer's own, and the broker nowhere but where a test puts it. */
  environment(more?: Readonly<Record<string, string>>): Record<string, string>;
  /** Writes a file that is there until the tests end, 0600. */
  file(name: string, text: string): string;
  run(program: readonly string[], more?: Readonly<Record<string, string>>): Promise<Finished>;
  /** What came of each request of a caller, oldest first. */
  outcomes(username: string): Promise<AuditRecord[]>;
  /** Lets AWS end the sessions that it issues from now on so soon; undefined: as it should. */
  endSessionsAfter(milliseconds: number | undefined): void;
  close(): Promise<void>;
}

/** @param rateLimitPerMinute of each caller; more where one caller makes many tests */
export async function startWorld(rateLimitPerMinute = RATE_LIMIT): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'daypass-clients-'));
  const ci = await startCiIssuer();
  const accessPolicy = join(directory, 'access.yml');
  writeFileSync(accessPolicy, policyFor(ci));
  const stack = await startStack({
    ports: 'free',
    directory: join(directory, 'stack'),
    inMemory: true,
    accessPolicy,
    rateLimitPerMinute,
  });
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient({
    endpoint: stack.local.dynamodb,
    region: stack.local.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const table = new Table(client, 'daypass-local');
  const { credentials } = stack.aws.state;
  const issue = credentials.issueSession.bind(credentials);

  const world: World = {
    directory,
    stack,
    ci,
    daypass: join(ROOT, 'dist', 'daypass.cjs'),
    environment: (more = {}) => ({
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      DAYPASS_HOME: join(directory, 'daypass'),
      AWS_CONFIG_FILE: join(directory, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(directory, 'none'),
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: stack.local.region,
      AWS_DEFAULT_REGION: stack.local.region,
      STAND_IN: stack.local.aws,
      ...more,
    }),
    file(name, text) {
      const path = join(directory, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    },
    run: (program, more) => run(program, world.environment(more)),
    async outcomes(caller) {
      const now = Date.now();
      const filter = { since: now - 3_600_000, until: now + 60_000, order: 'oldest', limit: 500, caller } as const;
      return (await readAudit(table, filter)).records.filter(({ phase }) => phase === 'outcome');
    },
    endSessionsAfter(milliseconds) {
      vi.restoreAllMocks();
      if (milliseconds === undefined) return;
      vi.spyOn(credentials, 'issueSession').mockImplementation((principal) =>
        issue(principal, Date.now() + milliseconds),
      );
    },
    async close() {
      client.destroy();
      await Promise.all([stack.stop(), ci.close()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  // A cold start is not what is looked at: some clients wait for one second only.
  await fetch(`${stack.local.broker}/v1/container/prod/Deploy`);
  return world;
}
