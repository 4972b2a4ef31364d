import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { brokerTrustPolicy } from '../../dev/aws/residents.ts';
import { type AwsStandIn, startAws } from '../../dev/aws/server.ts';
import { readAudit } from '../../lib/audit/query.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { composeIssuingBroker, OUTSIDE } from '../../lib/compose.ts';
import { identityProviders, POLICY } from './api.ts';
import { httpEvent, lambdaContext } from './events.ts';
import { testTable } from './table.ts';
import { claims, makeToken } from './tokens.ts';

/** The broker as it is deployed, on the real wire: DynamoDB, and the AWS stand-in whose CloudTrail writes files. */
export interface RealPath {
  readonly aws: AwsStandIn;
  /** A folder of its own, with CloudTrail's below `cloudtrail/`. */
  readonly directory: string;
  readonly cloudTrail: string;
  /** What answers instead of the stand-in's sign-in endpoint; undefined: that one. */
  signIn: (() => Response) | undefined;
  /** Asks for credentials as somebody of these groups. */
  credentials(groups: readonly string[], body: object): Promise<RealAnswer>;
  /** The same for a sign-in to the console. */
  console(groups: readonly string[], body: object): Promise<RealAnswer>;
  /** Every record there is, oldest first. */
  records(): Promise<AuditRecord[]>;
  close(): Promise<void>;
}

export interface RealAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
}

export async function realPath(): Promise<RealPath> {
  const directory = mkdtempSync(join(tmpdir(), 'daypass-real-path-'));
  const cloudTrail = join(directory, 'cloudtrail');
  const [aws, table] = await Promise.all([startAws({ port: 0, cloudTrailDirectory: cloudTrail }), testTable()]);
  for (const role of POLICY.roles) {
    aws.createRole({ arn: role.arn, trustPolicy: brokerTrustPolicy(role.externalId), maxSessionDuration: 7200 });
  }
  const policyFile = join(directory, 'access.json');
  writeFileSync(policyFile, JSON.stringify(POLICY));
  const { accessKeyId, secretAccessKey, sessionToken } = aws.brokerCredentials();
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
  });
  const environment = {
    AWS_REGION: 'eu-central-1',
    DAYPASS_TABLE: 'daypass-test',
    DAYPASS_POLICY_FILE: policyFile,
    AWS_ENDPOINT_URL_STS: aws.url,
    AWS_ENDPOINT_URL_SIGNIN: aws.url,
    DAYPASS_ORIGIN: 'https://daypass.example.com',
  };
  const { credentialsApi } = await import('../../functions/credentials.ts');
  const providers = identityProviders();
  const broker = composeIssuingBroker(environment, {
    ...OUTSIDE,
    fetch: (async (url: string, init?: RequestInit) => {
      if (!url.startsWith(aws.url)) return providers(url);
      return path.signIn === undefined ? fetch(url, init) : path.signIn();
    }) as typeof fetch,
    write: () => undefined,
  });
  const handler = credentialsApi(broker);

  async function ask(path: string, groups: readonly string[], body: object): Promise<RealAnswer> {
    const seconds = Math.floor(Date.now() / 1000);
    const person = { groups, iat: seconds - 60, exp: seconds + 3600, amr: ['mfa'], team: 'platform' };
    const event = httpEvent('POST', path, {
      headers: {
        authorization: `Bearer ${makeToken({ payload: claims(person) })}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
    const result = (await handler(event, lambdaContext(), undefined as never)) as APIGatewayProxyStructuredResultV2;
    const { statusCode: status = 0, headers = {}, body: text = '' } = result;
    return { status, headers, body: JSON.parse(text) as Record<string, unknown> };
  }

  const path: RealPath = {
    aws,
    directory,
    cloudTrail,
    signIn: undefined,
    credentials: (groups, body) => ask('/v1/credentials', groups, body),
    console: (groups, body) => ask('/v1/console', groups, body),
    async records() {
      const day = 86_400_000;
      const filter = { since: Date.now() - day, until: Date.now() + day, order: 'oldest', limit: 500 } as const;
      return (await readAudit(table.table, filter)).records;
    },
    async close() {
      await Promise.all([aws.close(), table.close()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return path;
}
