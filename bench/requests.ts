import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { ACCESS_POLICY, compiled, identityProvider } from './fixtures.ts';
import { inProcessAws } from './in-process-aws.ts';
import { runNode } from './run-node.ts';

const SELF = fileURLToPath(import.meta.url);
const PAIRS = 5;
const WARM_UP = 1500;
const MEASURED = 3000;

/**
 * CPU per `POST /v1/credentials` ÷ CPU of the least that could do the job (verify, assume, put two items), and
 * how the handler's peak memory grows. Each run is a process of its own over the same in-process transport.
 */
export async function requests(directory: string): Promise<Figure[]> {
  const policyFile = path.join(directory, 'access.json');
  writeFileSync(policyFile, JSON.stringify(compiled(ACCESS_POLICY)));
  const environment = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    DAYPASS_TABLE: 'sessions',
    DAYPASS_POLICY_FILE: policyFile,
  };
  const run = (mode: Mode) => () => Number(runNode([SELF, mode], environment));
  const cpu = await pairedRatio(PAIRS, run('credentials'), run('floor'));
  const memory = Number(runNode([SELF, 'memory'], environment));
  return [
    figure('CPU per POST /v1/credentials ÷ minimal handler', cpu, '×', 1.3),
    figure('peak memory after 10,000 requests ÷ after 100', memory, '×', 1.1),
  ];
}

type Mode = 'credentials' | 'floor' | 'memory';

type Serve = () => Promise<void>;

async function ours(): Promise<Serve> {
  const idp = identityProvider();
  const { credentialsApi } = await import('../functions/credentials.ts');
  const { composeIssuingBroker } = await import('../lib/compose.ts');
  const api = credentialsApi(
    composeIssuingBroker(process.env, {
      fetch: idp.fetch,
      requestHandler: inProcessAws as never,
      write: () => undefined,
      clock: Date.now,
    }),
  );
  const event = credentialsEvent(idp.token('dev'));
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 } as unknown as Context;
  return async () => {
    const answer = (await api(structuredClone(event), context, undefined as never)) as { statusCode: number; body: string };
    if (answer.statusCode !== 200) throw new Error(answer.body);
  };
}

function floor(): Serve {
  const idp = identityProvider();
  const keys = createLocalJWKSet(idp.jwks as unknown as JSONWebKeySet);
  const sts = new STSClient({ requestHandler: inProcessAws as never });
  const dynamoDb = new DynamoDBClient({ requestHandler: inProcessAws as never });
  const event = credentialsEvent(idp.token('dev'));
  const put = (phase: string, role: string, subject: string) =>
    dynamoDb.send(
      new PutItemCommand({
        TableName: 'sessions',
        Item: { pk: { S: 'session' }, sk: { S: phase }, role: { S: role }, subject: { S: subject } },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  const handler = async (request: APIGatewayProxyEventV2) => {
    const { payload } = await jwtVerify(request.headers['authorization']?.slice(7) ?? '', keys, {
      issuer: 'https://idp.example.com',
      audience: 'daypass',
      algorithms: ['RS256'],
    });
    const { role } = JSON.parse(request.body ?? '') as { role: string };
    await put('intent', role, payload.sub ?? '');
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
        RoleSessionName: 'session',
        SourceIdentity: String(payload['email']),
        DurationSeconds: 3600,
      }),
    );
    await put('outcome', role, payload.sub ?? '');
    return { statusCode: 200, body: JSON.stringify({ Version: 1, ...Credentials }) };
  };
  return async () => {
    const answer = await handler(structuredClone(event));
    if (answer.statusCode !== 200) throw new Error(answer.body);
  };
}

function credentialsEvent(token: string): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /v1/credentials',
    rawPath: '/v1/credentials',
    rawQueryString: '',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'user-agent': 'bench' },
    requestContext: {
      http: { method: 'POST', path: '/v1/credentials', protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'bench' },
      requestId: 'bench',
    } as APIGatewayProxyEventV2['requestContext'],
    body: '{"role":"prod/ReadOnly"}',
    isBase64Encoded: false,
  };
}

async function cpuPerRequest(serve: Serve): Promise<number> {
  for (let request = 0; request < WARM_UP; request += 1) await serve();
  const before = process.cpuUsage();
  for (let request = 0; request < MEASURED; request += 1) await serve();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MEASURED;
}

async function memoryGrowth(serve: Serve): Promise<number> {
  for (let request = 0; request < 100; request += 1) await serve();
  const early = process.resourceUsage().maxRSS;
  for (let request = 100; request < 10_000; request += 1) await serve();
  return process.resourceUsage().maxRSS / early;
}

if (import.meta.main) {
  const mode = process.argv[2] as Mode;
  if (mode === 'floor') console.log(await cpuPerRequest(floor()));
  else if (mode === 'credentials') console.log(await cpuPerRequest(await ours()));
  else console.log(await memoryGrowth(await ours()));
}
