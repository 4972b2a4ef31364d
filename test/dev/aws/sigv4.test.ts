import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsStandIn } from '../../../dev/aws/server.ts';
import { BROKER_ROLE_ARN, startAws } from '../../../dev/aws/server.ts';
import { clientFor } from './clients.ts';

let aws: AwsStandIn;
let skew = 0;
const now = (): number => Date.now() + skew;

beforeAll(async () => {
  aws = await startAws({ port: 0, clock: now });
});
beforeEach(() => {
  skew = 0;
});
afterAll(() => aws.close());

interface Sent {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | undefined;
  service: string;
  region: string;
  body: string;
  /** Signed at, epoch milliseconds. */
  time: number;
  /** Last look at what goes out, after signing. */
  spoil: (out: { headers: Record<string, string | string[]>; body: string; method: string; path: string }) => void;
  scopeDate?: string;
  terminator?: string;
  unsignedHost?: boolean;
}

const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');

/** A signer of the test's own: it has to sign wrongly in ways the SDK cannot. */
function sign(sent: Sent, host: string): Parameters<Sent['spoil']>[0] {
  const timestamp = `${new Date(sent.time).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const date = sent.scopeDate ?? timestamp.slice(0, 8);
  const terminator = sent.terminator ?? 'aws4_request';
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(sent.unsignedHost ? {} : { host }),
    'x-amz-date': timestamp,
    ...(sent.sessionToken === undefined ? {} : { 'x-amz-security-token': sent.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    'POST',
    '/',
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(sent.body),
  ];
  const scope = [date, sent.region, sent.service, terminator];
  const key = scope.reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${sent.secretAccessKey}`);
  const signature = hmac(
    key as Buffer,
    ['AWS4-HMAC-SHA256', timestamp, scope.join('/'), sha256(canonical.join('\n'))].join('\n'),
  ).toString('hex');
  const credential = `${sent.accessKeyId}/${scope.join('/')}`;
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${credential}, ` + `SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { headers: { ...headers, host, authorization }, body: sent.body, method: 'POST', path: '/' };
}

async function send(changes: Partial<Sent> = {}): Promise<{ status: number; code: string; text: string }> {
  const broker = aws.brokerCredentials();
  const sent: Sent = {
    accessKeyId: broker.accessKeyId,
    secretAccessKey: broker.secretAccessKey,
    sessionToken: broker.sessionToken,
    service: 'sts',
    region: 'eu-central-1',
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    time: now(),
    spoil: () => undefined,
    ...changes,
  };
  const out = sign(sent, `127.0.0.1:${aws.port}`);
  sent.spoil(out);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: aws.port, method: out.method, path: out.path, headers: out.headers },
      (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => {
            text += chunk;
          })
          .on('end', () => {
            resolve({ status: response.statusCode ?? 0, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? 'ok', text });
          });
      },
    );
    request.on('error', reject).end(out.body);
  });
}

const authorization = (change: (text: string) => string): Partial<Sent> => ({
  spoil: (out) => {
    out.headers['authorization'] = change(String(out.headers['authorization']));
  },
});
const header = (name: string, value: string | undefined): Partial<Sent> => ({
  spoil: (out) => {
    if (value === undefined) delete out.headers[name];
    else out.headers[name] = value;
  },
});
const MINUTE = 60_000;

describe('the signature of a request', () => {
  it('is accepted when right, from this signer and from the SDK', async () => {
    expect(await send()).toMatchObject({ status: 200, code: 'ok' });
    const answer = await clientFor(STSClient, aws, aws.brokerCredentials()).send(new GetCallerIdentityCommand({}));
    expect(answer.Arn).toBe('arn:aws:sts::999999999999:assumed-role/daypass-broker/daypass-credentials');
    expect(answer.Account).toBe('999999999999');
  });

  it.each<[string, () => Partial<Sent>, string, number]>([
    [
      'one digit changed',
      () => authorization((text) => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')),
      'SignatureDoesNotMatch',
      403,
    ],
    ['cut short', () => authorization((text) => text.slice(0, -2)), 'SignatureDoesNotMatch', 403],
    [
      'in upper case',
      () =>
        authorization((text) => text.replace(/Signature=(.*)/, (_, hex: string) => `Signature=${hex.toUpperCase()}G`)),
      'SignatureDoesNotMatch',
      403,
    ],
    ['made with another secret', () => ({ secretAccessKey: 'x'.repeat(40) }), 'SignatureDoesNotMatch', 403],
    [
      'over another body',
      () => ({
        spoil: (out) => {
          out.body = out.body.replace('GetCallerIdentity', 'AssumeRole');
        },
      }),
      'SignatureDoesNotMatch',
      403,
    ],
    [
      'over a body with one more parameter',
      () => ({
        spoil: (out) => {
          out.body += '&X=1';
        },
      }),
      'SignatureDoesNotMatch',
      403,
    ],
    [
      'over another content type',
      () => header('content-type', 'application/x-www-form-urlencoded; charset=utf-8'),
      'SignatureDoesNotMatch',
      403,
    ],
    ['over another host', () => header('host', 'sts.amazonaws.com'), 'SignatureDoesNotMatch', 403],
    [
      'over another time',
      () => ({
        spoil: (out) => {
          out.headers['x-amz-date'] = String(out.headers['x-amz-date']).replace(/\d\dZ$/, (text) =>
            text === '00Z' ? '01Z' : '00Z',
          );
        },
      }),
      'SignatureDoesNotMatch',
      403,
    ],
    ['without the host among the signed headers', () => ({ unsignedHost: true }), 'SignatureDoesNotMatch', 403],
    ['for another service', () => ({ service: 'iam' }), 'SignatureDoesNotMatch', 403],
    ['for a region that is none', () => ({ region: 'mars-north-1' }), 'SignatureDoesNotMatch', 403],
    [
      'whose region was swapped afterwards',
      () => authorization((text) => text.replace('/eu-central-1/', '/eu-west-1/')),
      'SignatureDoesNotMatch',
      403,
    ],
    ['with another terminator', () => ({ terminator: 'aws5_request' }), 'SignatureDoesNotMatch', 403],
    ["whose scope has yesterday's date", () => ({ scopeDate: '20200101' }), 'SignatureDoesNotMatch', 403],
    ['whose scope has no date', () => ({ scopeDate: '' }), 'SignatureDoesNotMatch', 403],
    ['made 16 minutes ago', () => ({ time: now() - 16 * MINUTE }), 'SignatureDoesNotMatch', 403],
    ['made 16 minutes ahead', () => ({ time: now() + 16 * MINUTE }), 'SignatureDoesNotMatch', 403],
    ['with a key nobody has', () => ({ accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }), 'InvalidClientTokenId', 403],
    [
      'with a key named like a member of every object',
      () => ({ accessKeyId: '__proto__' }),
      'InvalidClientTokenId',
      403,
    ],
    ['without the session token', () => ({ sessionToken: undefined }), 'InvalidClientTokenId', 403],
    [
      "with another session's token",
      () => ({ sessionToken: aws.brokerCredentials().sessionToken }),
      'InvalidClientTokenId',
      403,
    ],
    [
      'of an access key that brings a session token',
      () => ({ ...aws.operator, sessionToken: aws.brokerCredentials().sessionToken }),
      'InvalidClientTokenId',
      403,
    ],
    ['in another partition, where the key is unknown', () => ({ region: 'cn-north-1' }), 'InvalidClientTokenId', 403],
    ['that is not there', () => header('authorization', undefined), 'MissingAuthenticationToken', 403],
    ['that is a bearer token', () => header('authorization', 'Bearer x'), 'IncompleteSignature', 400],
    [
      'without its signature part',
      () => authorization((text) => text.replace(/, Signature=.*/, '')),
      'IncompleteSignature',
      400,
    ],
    [
      'without its signed headers',
      () => authorization((text) => text.replace(/SignedHeaders=[^,]*, /, '')),
      'IncompleteSignature',
      400,
    ],
    ['with a part twice', () => authorization((text) => `${text}, Signature=0`), 'IncompleteSignature', 400],
    [
      'with four parts in its scope',
      () => authorization((text) => text.replace('/aws4_request', '')),
      'IncompleteSignature',
      400,
    ],
    ['without a date', () => header('x-amz-date', undefined), 'IncompleteSignature', 400],
    ['with a date in the long form', () => header('x-amz-date', '2026-01-31T12:00:00Z'), 'IncompleteSignature', 400],
  ])('%s is refused', async (_about, changes, code, status) => {
    expect(await send(changes())).toMatchObject({ code, status });
    expect(aws.calls.list().at(-1)?.outcome).toBe(code);
  });

  it.each([-14 * MINUTE, 14 * MINUTE])('made %d ms away is still accepted', async (away) => {
    expect((await send({ time: now() + away })).code).toBe('ok');
  });

  it('is refused once the session has expired, and accepted up to then', async () => {
    const session = aws.issueSession(BROKER_ROLE_ARN, 'short', 900);
    skew = 899_000;
    expect((await send({ ...session, time: now() })).code).toBe('ok');
    skew = 901_000;
    expect(await send({ ...session, time: now() })).toMatchObject({ code: 'ExpiredToken', status: 403 });
  });

  it('never shows a secret in an answer or in the list of calls', async () => {
    const broker = aws.brokerCredentials();
    const { text } = await send({
      ...broker,
      body: 'Action=GetCallerIdentity&Version=2011-06-15&X=1',
      secretAccessKey: 'wrong',
    });
    const calls = await (await fetch(`${aws.url}/_calls`)).text();
    for (const secret of [broker.secretAccessKey, broker.sessionToken, aws.operator.secretAccessKey]) {
      expect(text).not.toContain(secret);
      expect(calls).not.toContain(secret);
    }
  });
});

describe('the query protocol', () => {
  it.each<[string, string, string]>([
    ['an action that is none', 'Action=Nope&Version=2011-06-15', 'InvalidAction'],
    ['an action of another API version', 'Action=GetCallerIdentity&Version=2010-05-08', 'InvalidAction'],
    ['an unknown API version', 'Action=GetCallerIdentity&Version=constructor', 'InvalidAction'],
    ['no action', 'Version=2011-06-15', 'MissingAction'],
    ['a parameter twice', 'Action=GetCallerIdentity&Action=AssumeRole&Version=2011-06-15', 'MalformedQueryString'],
    ['a required parameter left out', 'Action=AssumeRole&Version=2011-06-15', 'ValidationError'],
    [
      'a number that is none',
      'Action=AssumeRole&Version=2011-06-15&RoleArn=a&RoleSessionName=b&DurationSeconds=1h',
      'MalformedInput',
    ],
  ])('refuses %s', async (_about, body, code) => {
    expect((await send({ body })).code).toBe(code);
  });

  it('refuses a body over its limit', async () => {
    expect(
      (await send({ body: `Action=GetCallerIdentity&Version=2011-06-15&X=${'x'.repeat(1_100_000)}` })).status,
    ).toBe(413);
  });

  it('escapes what it repeats', async () => {
    const role = 'RoleArn=arn:aws:iam::111122223333:role/R&RoleSessionName=%3Cx%3E%26%22%00';
    const { text } = await send({ body: `Action=AssumeRole&Version=2011-06-15&${role}` });
    expect(text).toContain('&lt;x&gt;&amp;&quot;\uFFFD');
    expect(text).not.toContain('<x>');
  });
});
