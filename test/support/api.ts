import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { afterAll } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import type { ReadFile } from '../../lib/audit/verify/verify-ledger.ts';
import { type Broker, composeIssuingBroker } from '../../lib/compose.ts';
import { telemetry } from '../../lib/telemetry.ts';
import { type InProcessAws, inProcessAws } from './aws.ts';
import { httpEvent, lambdaContext } from './events.ts';
import { CORP, CORP_KEY_SET, KEYS, NOW, PARTNER } from './tokens.ts';

/** The policy of the whole-path tests: its issuers are those of the hostile tokens. */
const ACCESS_POLICY = `
version: 1
issuers:
  corp:
    issuer: ${CORP.url}
    audience: [${CORP.audience.join(', ')}]
    algorithms: [${CORP.algorithms.join(', ')}]
    username: email
    login: { clientId: daypass-cli, scopes: [openid, email, groups] }
  partner:
    issuer: ${PARTNER.url}
    audience: [${PARTNER.audience.join(', ')}]
    algorithms: [${PARTNER.algorithms.join(', ')}]
    username: email
    usernamePrefix: ${PARTNER.usernamePrefix}
    tokenTypes: [${PARTNER.tokenTypes.join(', ')}]
accounts:
  prod: { id: "111122223333", label: Production }
roles:
  prod/ReadOnly: { arn: "arn:aws:iam::111122223333:role/ReadOnly", maxDuration: 1h, description: Looks only }
  prod/Admin: { arn: "arn:aws:iam::111122223333:role/Admin", maxDuration: 2h, externalId: daypass-prod }
grants:
  - name: everyone-reads
    roles: [prod/ReadOnly]
    callers: { groups: [engineering] }
  - name: sre-admin
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition: { ForAnyValue:StringEquals: { claim:amr: [mfa] } }
    require: { reason: true }
    session: { tags: { team: "\${claim:team}" } }
  - name: auditors
    permissions: [audit:read]
    callers: { groups: [security] }
  - name: reviewers
    permissions: [policy:read]
    callers: { groups: [reviewers] }
`;

export const POLICY: AccessPolicy = compiled();

function compiled(): AccessPolicy {
  const { policy, diagnostics } = compilePolicy(ACCESS_POLICY, 'test.yml');
  if (!policy) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

const directory = mkdtempSync(join(tmpdir(), 'daypass-functions-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The broker's own AWS credentials: the one secret that its environment holds. */
export const BROKER_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'ASIABROKERBROKER1234',
  AWS_SECRET_ACCESS_KEY: 'brokers+own/secret+access/key+canary/1234',
  AWS_SESSION_TOKEN: 'brokersOwnSessionTokenCanary1234567890',
} as const;

let policies = 0;

function environmentFor(policy: AccessPolicy): Record<string, string> {
  policies += 1;
  const policyFile = join(directory, `access-${policies}.json`);
  writeFileSync(policyFile, JSON.stringify(policy));
  return {
    AWS_REGION: 'eu-central-1',
    DAYPASS_TABLE: 'daypass-test',
    DAYPASS_POLICY_FILE: policyFile,
    DAYPASS_ORIGIN: 'https://daypass.example.com',
    DAYPASS_LEDGER_BUCKET: 'ledger',
  };
}

// A function composes itself from its environment when it is loaded, as Lambda does it.
Object.assign(process.env, environmentFor(POLICY), BROKER_CREDENTIALS);
const [{ containerApi, credentialsApi, webIdentityApi }, { catalogueApi }, { auditApi }, { publicApi }] =
  await Promise.all([
    import('../../functions/credentials.ts'),
    import('../../functions/catalogue.ts'),
    import('../../functions/audit.ts'),
    import('../../functions/public.ts'),
  ]);

export interface ApiOptions {
  readonly policy?: AccessPolicy;
  /** The identity providers; by default the two of the policy, with their good keys. */
  readonly fetch?: (url: string, init?: RequestInit) => Promise<Response>;
  readonly aws?: InProcessAws;
  readonly clock?: () => number;
  /** The published ledger; empty by default. */
  readonly readLedger?: ReadFile;
  /** Settings of the deployment. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Empty where the answer is not JSON. */
  readonly body: Record<string, unknown>;
}

export interface Call {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly text?: string;
  readonly isBase64Encoded?: boolean;
  readonly query?: string;
}

/** All functions, each composed as it is deployed but for what is outside of it. */
export interface Api {
  readonly broker: Broker;
  readonly aws: InProcessAws;
  /** The functions' log. */
  readonly lines: string[];
  call(method: string, path: string, call?: Call): Promise<Answer>;
  credentials(call: Call): Promise<Answer>;
  console(call: Call): Promise<Answer>;
  /** What PutItem was asked to write as audit records, in order, attempts included. */
  records(): AuditRecord[];
}

export function makeApi(options: ApiOptions = {}): Api {
  const clock = options.clock ?? (() => NOW);
  const aws = options.aws ?? inProcessAws({ clock });
  const lines: string[] = [];
  const policy = options.policy ?? POLICY;
  const { readLedger = async () => undefined } = options;
  const write = (line: string) => void lines.push(line);
  const broker = composeIssuingBroker(
    { ...environmentFor(policy), ...options.environment },
    {
      fetch: (options.fetch ?? identityProviders()) as typeof fetch,
      requestHandler: aws.requestHandler,
      write,
      clock,
    },
  );
  const functions = {
    '/': webIdentityApi(broker),
    '/v1/credentials': credentialsApi(broker),
    '/v1/roles': catalogueApi(broker),
    '/v1/whoami': catalogueApi(broker),
    '/v1/explain': catalogueApi(broker),
    '/v1/audit': auditApi({ ...broker, readLedger }),
    '/v1/audit/proof': auditApi({ ...broker, readLedger }),
    '/v1/health': publicApi({ policy, telemetry: telemetry(write, clock), clock }),
    '/v1/openapi.json': publicApi({ policy, telemetry: telemetry(write, clock), clock }),
    '/.well-known/daypass': publicApi({ policy, telemetry: telemetry(write, clock), clock }),
  };

  async function call(method: string, path: string, asked: Call = {}): Promise<Answer> {
    const text = asked.text ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
    const event = httpEvent(method, path, {
      headers: {
        ...(asked.token !== undefined && { authorization: `Bearer ${asked.token}` }),
        ...(text !== undefined && { 'content-type': 'application/json' }),
        ...asked.headers,
      },
      ...(text !== undefined && { body: text }),
      ...(asked.isBase64Encoded && { isBase64Encoded: true }),
      ...(asked.query !== undefined && { query: asked.query }),
    });
    const handler = path.startsWith('/v1/container/')
      ? containerApi(broker)
      : (functions[path as keyof typeof functions] ?? functions['/v1/credentials']);
    const result = (await handler(event, lambdaContext(), undefined as never)) as APIGatewayProxyStructuredResultV2;
    return {
      status: result.statusCode ?? 0,
      headers: result.headers as Record<string, string>,
      text: result.body ?? '',
      body: result.headers?.['content-type']?.toString().startsWith('text/xml')
        ? {}
        : (JSON.parse(result.body ?? '') as Record<string, unknown>),
    };
  }

  return {
    broker,
    aws,
    lines,
    call,
    credentials: (asked) => call('POST', '/v1/credentials', { body: { role: 'prod/ReadOnly' }, ...asked }),
    console: (asked) => call('POST', '/v1/console', { body: { role: 'prod/ReadOnly' }, ...asked }),
    records: () =>
      aws.calls.flatMap((sent) => {
        if (sent.action !== 'PutItem') return [];
        const { Item } = JSON.parse(sent.body) as { Item: { record?: { S: string } } };
        return Item.record ? [JSON.parse(Item.record.S) as AuditRecord] : [];
      }),
  };
}

/** Discovery and key sets of the two issuers, or of the first with other keys. */
export function identityProviders(corpKeys: unknown = CORP_KEY_SET): (url: string) => Promise<Response> {
  const keySets: Record<string, unknown> = { [CORP.url]: corpKeys, [PARTNER.url]: { keys: [KEYS.partner.jwk] } };
  return async (address) => {
    for (const [url, keySet] of Object.entries(keySets)) {
      if (address === `${url}/.well-known/openid-configuration`) {
        return Response.json({ issuer: url, jwks_uri: `${url}/jwks` });
      }
      if (address === `${url}/jwks`) return Response.json(keySet);
    }
    throw new Error(`nothing is expected to be fetched from ${address}`);
  };
}

/** The identity providers, and AWS's sign-in endpoint beside them. */
export function withSignIn(
  signIn: (init: RequestInit) => Response | Promise<Response>,
  others = identityProviders(),
): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => (url === 'https://signin.aws.amazon.com/federation' ? signIn(init) : others(url));
}
