import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { newSessionId } from '../../lib/session-id.ts';
import { auditRecord } from '../support/records.ts';
import { serveLog } from './audit/log-server.ts';
import { problem } from './fake-broker.ts';
import { type Finished, useCli, watch } from './harness.ts';

const { cli, broker } = await useCli();

const BEGAN = Date.now() - 1_200_000;
const ID = newSessionId(BEGAN);
const KEY = 'ASIAEXAMPLEEXAMPLE12';
const NAME = `${ID}-dana@example.com`;
const ARN = `arn:aws:sts::111122223333:assumed-role/Admin/${NAME}`;

const issued: AuditRecord = auditRecord({
  sessionId: ID,
  requestId: 'request-1',
  time: new Date(BEGAN + 300).toISOString(),
  caller: { issuer: 'corp', subject: 's-7', username: 'dana@example.com' },
  role: 'prod/Admin',
  roleArn: 'arn:aws:iam::111122223333:role/Admin',
  account: 'prod',
  accountId: '111122223333',
  grant: 'sre-admin',
  policyDigest: 'ab'.repeat(32),
  sourceIp: '203.0.113.7',
  userAgent: 'daypass/0.1.0',
  reason: 'INC-7: full disk',
  ticket: 'OPS-1',
  durationSeconds: 3600,
  roleSessionName: NAME,
  sourceIdentity: 'dana@example.com',
  accessKeyId: KEY,
  expiration: new Date(BEGAN + 3_600_000).toISOString(),
  trace: { target: 'prod/Admin', steps: [] },
});
const { outcome: _, accessKeyId: __, expiration: ___, ...intent } = { ...issued, phase: 'intent' as const };

function withInput(args: readonly string[], input: string): Promise<Finished> {
  const child = spawn(cli.node, [cli.program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: cli.directory, DAYPASS_HOME: cli.home, ...cli.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(input);
  return watch(child).finished;
}

function event(more: object = {}, identity: object = {}): string {
  return JSON.stringify({
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAEXAMPLEEXAMPLE12:${NAME}`,
      arn: ARN,
      accessKeyId: KEY,
      sessionContext: { sourceIdentity: 'dana@example.com' },
      ...identity,
    },
    eventTime: new Date(BEGAN + 600_000).toISOString(),
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    eventID: 'c7a1',
    ...more,
  });
}

describe('From what a CloudTrail line shows to the person', () => {
  test.each([
    ['an access key id', KEY],
    ['the ARN of the role session', ARN],
    ['a principal id', `AROAEXAMPLEEXAMPLE12:${NAME}`],
    ['a session name', NAME],
    ['a session id', ID],
  ])('%s', async (_what, word) => {
    serveLog(broker, [intent, issued]);
    const { code, stdout, stderr } = await cli.run(['audit', 'who', word]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const shown = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}(.*)/s)),
    );
    expect(shown).toMatchObject({
      person: 'dana@example.com',
      issuer: 'corp (subject s-7)',
      role: 'prod/Admin  arn:aws:iam::111122223333:role/Admin',
      account: 'prod  111122223333',
      outcome: 'issued',
      began: new Date(BEGAN).toISOString(),
      reason: 'INC-7: full disk',
      ticket: 'OPS-1',
      grant: 'sre-admin',
      'source IP': '203.0.113.7',
      policy: 'ab'.repeat(32),
      session: ID,
    });
    expect(shown['until']).toMatch(/still valid: (39|40) min left$/);
  });

  test('--json is one object a line, without the trace', async () => {
    serveLog(broker, [intent, issued]);
    const { stdout } = await cli.run(['audit', 'who', KEY, '--json']);
    const { trace: ____, ...record } = issued;
    expect(JSON.parse(stdout)).toEqual({
      asked: KEY,
      foundBy: 'accessKeyId',
      username: 'dana@example.com',
      began: new Date(BEGAN).toISOString(),
      until: issued.expiration,
      stillValid: true,
      secondsLeft: expect.any(Number),
      disagreements: [],
      record,
    });
  });

  test('a session that has ended says so', async () => {
    const expiration = new Date(Date.now() - 7_200_000).toISOString();
    serveLog(broker, [{ ...issued, expiration }]);
    expect((await cli.run(['audit', 'who', ID])).stdout).toContain(`${expiration}  ended 2 h ago`);
  });

  test('a session without an outcome says that nobody knows', async () => {
    serveLog(broker, [intent]);
    const { code, stdout } = await cli.run(['audit', 'who', NAME]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^outcome +none is recorded: nobody knows whether AWS issued credentials/m);
  });

  test.each([
    ['one event', event()],
    ['a log file', `{"Records":[${event()}]}`],
    ['JSON Lines', `${event()}\n${event({ eventID: 'c7a2' })}\n`],
    ['an answer of lookup-events', JSON.stringify({ Events: [{ CloudTrailEvent: event() }] })],
  ])('%s on standard input, each session once', async (_what, input) => {
    serveLog(broker, [intent, issued]);
    const { code, stdout, stderr } = await withInput(['audit', 'who', '-'], input);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^person /gm)).toHaveLength(1);
    expect(stdout).toMatch(/^found by +session id$/m);
  });

  test('a role that was assumed onwards leads to its person’s open sessions by the source identity', async () => {
    const other = auditRecord({
      ...issued,
      sessionId: newSessionId(BEGAN + 60_000),
      accessKeyId: 'ASIAOTHEROTHEROTHER1',
    });
    const ended = auditRecord({
      ...issued,
      sessionId: newSessionId(BEGAN - 3_600_000),
      expiration: new Date(BEGAN).toISOString(),
    });
    serveLog(broker, [ended, issued, other]);
    const chained = event(
      {},
      {
        arn: 'arn:aws:sts::444455556666:assumed-role/Next/my-job',
        principalId: 'AROANEXTNEXTNEXTNEXT:my-job',
        accessKeyId: 'ASIANEXTNEXTNEXTNEXT',
      },
    );
    const { code, stdout, stderr } = await withInput(['audit', 'who', '-', '--json'], chained);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map(({ foundBy, record }) => [foundBy, record.sessionId]),
    ).toEqual([
      ['sourceIdentity', other.sessionId],
      ['sourceIdentity', ID],
    ]);
    expect(stderr).toBe('daypass: 2 sessions match\n');
  });
});

describe('A call that the console made', () => {
  const opened = { action: 'console', destination: 'https://console.aws.amazon.com/s3/home' } as const;
  const console = [intent, issued].map((record) => ({ ...record, ...opened }));
  const call = event({}, { accessKeyId: 'ASIACONSOLECONSOLE12' });

  test('leads to the person: AWS gives the console access keys of its own', async () => {
    serveLog(broker, console);
    const { code, stdout, stderr } = await withInput(['audit', 'who', '-'], call);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^person +dana@example\.com$/m);
    expect(stdout).toMatch(
      /^console +https:\/\/console\.aws\.amazon\.com\/s3\/home; its calls have access keys of their own$/m,
    );
  });

  test('but not when it is of another account', async () => {
    serveLog(broker, console);
    const other = event({}, { accessKeyId: 'ASIACONSOLECONSOLE12', arn: ARN.replace('111122223333', '999999999999') });
    expect((await withInput(['audit', 'who', '-'], other)).code).toBe(1);
  });

  test('a session of credentials has no other key', async () => {
    serveLog(broker, [intent, issued]);
    const { code, stderr } = await withInput(['audit', 'who', '-'], call);
    expect([code, stderr.includes('access key: ASIACONSOLECONSOLE12')]).toEqual([1, true]);
  });
});

describe('A session of somebody else that was given the same name', () => {
  test.each<[string, object, string]>([
    ['in another role', { arn: ARN.replace('/Admin/', '/Other/') }, 'role: Other, and in the record Admin'],
    [
      'in another account',
      { arn: ARN.replace('111122223333', '999999999999') },
      'account: 999999999999, and in the record 111122223333',
    ],
    [
      'with another key',
      { accessKeyId: 'ASIAFORGEDFORGED1234' },
      `access key: ASIAFORGEDFORGED1234, and in the record ${KEY}`,
    ],
    [
      'by another person',
      { sessionContext: { sourceIdentity: 'eve@example.com' } },
      'source identity: eve@example.com',
    ],
  ])('%s is not taken for the one of the log', async (_what, identity, line) => {
    serveLog(broker, [intent, issued]);
    const { code, stdout, stderr } = await withInput(['audit', 'who', '-'], event({}, identity));
    expect(code).toBe(1);
    // Also for whoever keeps only what is on standard output.
    expect(stdout).toMatch(/^careful +maybe another session: the line’s /);
    expect(stderr).toContain('daypass: careful: GetObject c7a1 and the record of');
    expect(stderr).toContain(line);
    expect(stderr).toContain('hint: this may be another session that was given the same name');
  });

  test('an event from after the session’s end is one too', async () => {
    serveLog(broker, [intent, issued]);
    const { code, stderr } = await withInput(
      ['audit', 'who', '-'],
      event({ eventTime: new Date(BEGAN + 4_000_000).toISOString() }),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`and in the record ended ${issued.expiration}`);
  });
});

describe('What is not found says what that means', () => {
  test.each([
    ['AKIAEXAMPLEEXAMPLE12', 'a long-term key of an IAM user'],
    ['ASIAUNKNOWNUNKNOWN12', 'the key was not given by this broker'],
    [`${newSessionId(BEGAN)}-eve@example.com`, 'it did not issue it, and somebody may have chosen the name'],
    ['botocore-session-1700000000', '“botocore-session-1700000000” was not given by it'],
  ])('%s', async (word, meaning) => {
    serveLog(broker, [intent, issued]);
    const { code, stdout, stderr } = await cli.run(['audit', 'who', word]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`daypass: no record of ${word}\n`);
    expect(stderr).toContain(meaning);
    expect(stderr).toContain('hint: another broker may have issued it');
  });

  test.each(['arn:aws:iam::111122223333:role/Admin', 'x', '\u001b[2J'])(
    '%j is no session at all: exit code 2',
    async (word) => {
      const { code, stderr } = await cli.run(['audit', 'who', word]);
      expect(code).toBe(2);
      expect(stderr).toContain('is nothing that CloudTrail shows of a role session');
      expect(stderr).not.toContain('\u001b');
      expect(broker.server.seen).toEqual([]);
    },
  );

  test.each([
    ['', 'standard input: the file is not JSON'],
    ['{', 'standard input: the file is not JSON'],
    ['{}', 'standard input holds no CloudTrail event of a role session'],
    [
      event({ userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/eve' } }),
      'holds no CloudTrail event of a role session',
    ],
    [`[${Array(60).fill(event()).join(',')}]`, 'speaks of more than 50 sessions'],
  ])('standard input %#', async (input, message) => {
    const { code, stderr } = await withInput(['audit', 'who', '-'], input);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(broker.server.seen).toEqual([]);
  });

  test('without the permission: exit code 1, and nobody is named', async () => {
    broker.answers['/v1/audit'] = () => problem(403, 'access_denied', 'Not allowed');
    expect(await cli.run(['audit', 'who', KEY])).toMatchObject({ code: 1, stdout: '' });
  });
});
