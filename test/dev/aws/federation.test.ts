import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssumeRoleCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AwsCredentials } from '../../../dev/aws/credentials.ts';
import { brokerTrustPolicy } from '../../../dev/aws/residents.ts';
import { type AwsStandIn, startAws } from '../../../dev/aws/server.ts';
import { evidenceOfCloudTrail } from '../../../lib/audit/evidence.ts';
import { readCloudTrail } from '../../support/cloudtrail.ts';

/** The sign-in endpoint of the stand-in refuses what AWS's is documented to refuse. */

const ROLE = 'arn:aws:iam::222222222222:role/ReadOnly';
const HOME = 'https://console.aws.amazon.com/';

let aws: AwsStandIn;
let ahead = 0;
let directory: string;
let userSession: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'daypass-federation-'));
  aws = await startAws({ port: 0, clock: () => Date.now() + ahead, cloudTrailDirectory: directory });
  aws.createRole({ arn: ROLE, trustPolicy: brokerTrustPolicy(undefined), maxSessionDuration: 7200 });
  const user = new STSClient({ endpoint: aws.url, region: 'eu-central-1', credentials: aws.operator });
  const { Credentials } = await user.send(new GetSessionTokenCommand({}));
  user.destroy();
  userSession = JSON.stringify({
    sessionId: Credentials?.AccessKeyId,
    sessionKey: Credentials?.SecretAccessKey,
    sessionToken: Credentials?.SessionToken,
  });
});
afterAll(async () => {
  await aws.close();
  rmSync(directory, { recursive: true, force: true });
});

const session = ({ accessKeyId, secretAccessKey, sessionToken }: Omit<AwsCredentials, 'expiresAt'>) =>
  JSON.stringify({ sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken });

const issue = (): AwsCredentials => aws.issueSession(ROLE, 'somebody', 3600);

function ask(fields: Record<string, string>, method: 'GET' | 'POST' = 'POST'): Promise<Response> {
  const query = new URLSearchParams({ Action: 'getSigninToken', ...fields });
  return method === 'POST'
    ? fetch(`${aws.url}/federation`, { method, body: query })
    : fetch(`${aws.url}/federation?${query}`);
}

async function tokenFor(credentials = issue()): Promise<string> {
  const answer = await ask({ Session: session(credentials) });
  return ((await answer.json()) as { SigninToken: string }).SigninToken;
}

const login = (SigninToken: string, Destination = HOME, more: Record<string, string> = {}): Promise<Response> =>
  fetch(`${aws.url}/federation?${new URLSearchParams({ Action: 'login', Destination, SigninToken, ...more })}`);

describe('getSigninToken', () => {
  test.each(['GET', 'POST'] as const)('gives a token for a session, by %s', async (method) => {
    const answer = await ask({ Session: session(issue()) }, method);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await answer.json()).toEqual({ SigninToken: expect.stringMatching(/^[\w-]{256}$/) });
  });

  const REFUSED: readonly (readonly [string, () => Record<string, string>])[] = [
    ['no session', () => ({})],
    ['a session that is no JSON', () => ({ Session: 'x' })],
    ['a session without a token', () => ({ Session: JSON.stringify({ sessionId: 'A', sessionKey: 'b' }) })],
    ['an unknown key', () => ({ Session: session({ ...issue(), accessKeyId: 'ASIAXXXXXXXXXXXXXXXX' }) })],
    ['another secret', () => ({ Session: session({ ...issue(), secretAccessKey: 'x' }) })],
    ['another session’s token', () => ({ Session: session({ ...issue(), sessionToken: issue().sessionToken }) })],
    ['a long-term key', () => ({ Session: session({ ...aws.operator, sessionToken: '' }) })],
    ['the session of a user, not of a role', () => ({ Session: userSession })],
    ['a duration out of range', () => ({ Session: session(issue()), SessionDuration: '60' })],
    ['a duration that is none', () => ({ Session: session(issue()), SessionDuration: 'long' })],
  ];
  test.each(REFUSED)('refuses %s', async (_, fields) => {
    const answer = await ask(fields());
    expect([answer.status, await answer.text()]).toEqual([400, 'Invalid credentials parameter']);
  });

  test('refuses credentials that have expired', async () => {
    const credentials = issue();
    ahead = 3_601_000;
    expect((await ask({ Session: session(credentials) })).status).toBe(400);
    ahead = 0;
  });

  test('refuses a duration for credentials that one role took from another', async () => {
    const client = new STSClient({ endpoint: aws.url, region: 'eu-central-1', credentials: aws.brokerCredentials() });
    const { Credentials } = await client.send(
      new AssumeRoleCommand({
        RoleArn: ROLE,
        RoleSessionName: 'somebody',
        SourceIdentity: 'somebody',
        Tags: [{ Key: 'daypass:session-id', Value: 'x' }],
      }),
    );
    client.destroy();
    const Session = JSON.stringify({
      sessionId: Credentials?.AccessKeyId,
      sessionKey: Credentials?.SecretAccessKey,
      sessionToken: Credentials?.SessionToken,
    });
    expect((await ask({ Session })).status).toBe(200);
    expect((await ask({ Session, SessionDuration: '3600' })).status).toBe(400);
  });

  test('lists what was asked without what it was asked with', async () => {
    const credentials = issue();
    await tokenFor(credentials);
    const call = aws.calls.list().at(-1);
    expect(call).toMatchObject({
      action: 'signin:getSigninToken',
      outcome: 'ok',
      account: '222222222222',
      roleArn: ROLE,
    });
    expect(JSON.stringify(aws.calls.list())).not.toContain(credentials.secretAccessKey);
  });
});

describe('login', () => {
  test('lets in who has the token, once, and leaves the address that holds it', async () => {
    const token = await tokenFor();
    const answer = await login(token, 'https://console.aws.amazon.com/ec2/home?region=eu-central-1');
    expect(answer.status).toBe(200);
    expect(answer.url).not.toContain(token);
    const page = await answer.text();
    for (const text of [
      '222222222222',
      'ReadOnly',
      'somebody',
      'https://console.aws.amazon.com/ec2/home?region=eu-central-1',
    ]) {
      expect(page).toContain(text);
    }
    const again = await login(token);
    expect([again.status, (await again.text()).includes('was used before')]).toEqual([400, true]);
  });

  test('refuses a token that was altered, never given, or is older than 15 minutes', async () => {
    const token = await tokenFor();
    const altered = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    for (const wrong of [altered, '', 'x'.repeat(256)]) expect((await login(wrong)).status).toBe(400);
    ahead = 15 * 60_000;
    expect((await login(token)).status).toBe(400);
    ahead = 0;
  });

  test.each(['', 'https://evil.example/', 'http://console.aws.amazon.com/', 'ec2', 'https://console.amazonaws.cn/'])(
    'refuses the destination %j',
    async (destination) => {
      expect((await login(await tokenFor(), destination)).status).toBe(400);
    },
  );

  test('after the credentials have expired, the page leads back to whoever let the person in', async () => {
    const Issuer = 'https://daypass.example.com';
    const { url } = await login(await tokenFor(), HOME, { Issuer });
    const forged = await login(await tokenFor(), HOME, { Issuer: 'javascript:alert(1)' });
    expect(await (await fetch(url)).text()).not.toContain(Issuer);
    ahead = 3_601_000;
    const ended = await (await fetch(url)).text();
    expect(ended).toContain(`<a id="issuer" href="${Issuer}">`);
    expect(ended).not.toContain('somebody');
    expect(await (await fetch(forged.url)).text()).not.toContain('javascript');
    ahead = 0;
  });

  test('is told to CloudTrail, so that its lines lead to the session, and without any secret', async () => {
    const credentials = issue();
    const token = await tokenFor(credentials);
    await login(token);
    await login(token);
    await ask({ Session: 'x' });
    aws.deliverCloudTrail();
    const events = Object.values(readCloudTrail(directory)).flat();
    const told = events.filter(({ eventSource }) => eventSource === 'signin.amazonaws.com').slice(-2);
    const identity = { type: 'AssumedRole', arn: `arn:aws:sts::222222222222:assumed-role/ReadOnly/somebody` };
    expect(told).toMatchObject([
      {
        eventName: 'GetSigninToken',
        eventType: 'AwsConsoleSignIn',
        awsRegion: 'us-east-1',
        recipientAccountId: '222222222222',
        userIdentity: { ...identity, accessKeyId: credentials.accessKeyId },
        responseElements: { GetSigninToken: 'Success' },
        additionalEventData: { MobileVersion: 'No', MFAUsed: 'No' },
      },
      { eventName: 'ConsoleLogin', userIdentity: identity, responseElements: { ConsoleLogin: 'Success' } },
    ]);
    for (const event of told) {
      expect(evidenceOfCloudTrail(event)).toMatchObject([{ sessionName: 'somebody', accountId: '222222222222' }]);
    }
    for (const secret of [credentials.secretAccessKey, credentials.sessionToken, token]) {
      expect(JSON.stringify(events)).not.toContain(secret);
    }
  });

  test.each(['federation', 'federation?Action=logout', 'console/', 'console/0123'])('%s is nothing', async (path) => {
    expect((await fetch(`${aws.url}/${path}`)).status).toBeGreaterThanOrEqual(400);
  });
});
