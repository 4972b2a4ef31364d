import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { IAMClient, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { brokerTrustPolicy } from '../../dev/aws/residents.ts';
import { BROKER_ACCOUNT, BROKER_ROLE_ARN } from '../../dev/aws/server.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { newSessionId } from '../../lib/session-id.ts';
import { clientFor } from '../dev/aws/clients.ts';
import { type AnyEvent, readCloudTrail } from '../support/cloudtrail.ts';
import { type RealPath, realPath } from '../support/real-path.ts';
import { useCli } from './harness.ts';

const { cli, broker } = await useCli();
const OTHER_ROLE = 'arn:aws:iam::111122223333:role/Admin';

/** What really happened: records and events of the real path against the stand-in, in both accounts. */
let path: RealPath;
let happened: { readonly records: AuditRecord[]; readonly events: Record<string, AnyEvent[]> };
/** What this test has of it. */
let records: AuditRecord[];
let events: Record<string, AnyEvent[]>;
let folder: string;

beforeAll(async () => {
  path = await realPath();
  await path.credentials(['engineering'], { role: 'prod/ReadOnly' });
  await path.credentials(['engineering'], { role: 'prod/ReadOnly', durationSeconds: 900 });
  await path.credentials(['sre'], { role: 'prod/Admin', reason: 'because' });
  await path.credentials(['engineering'], { role: 'prod/Admin' });
  await path.credentials([], { role: 'nonsense' });
  await trust('somebody-else');
  await path.credentials(['engineering'], { role: 'prod/ReadOnly' });
  await trust(undefined);
  path.aws.deliverCloudTrail();
  happened = { records: await path.records(), events: readCloudTrail(path.cloudTrail) };
});
afterAll(() => path.close());
beforeEach(() => {
  records = structuredClone(happened.records);
  events = structuredClone(happened.events);
  folder = mkdtempSync(join(cli.directory, 'reconcile-'));
  // Nothing here needs a broker.
  cli.env = {};
});

/** Changes what ReadOnly asks of the broker; with an external id, STS refuses after the intent. */
async function trust(externalId: string | undefined): Promise<void> {
  const iam = clientFor(IAMClient, path.aws, path.aws.operator);
  const RoleName = 'ReadOnly';
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: brokerTrustPolicy(externalId) }));
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: {
    readonly findings: (Record<string, never> & { readonly kind: string; readonly message: string })[];
    readonly settled: { readonly sessionId: string }[];
    readonly counts: Record<string, number>;
    readonly brokerRoles: string[];
  };
}

function write(name: string, bytes: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

/** Writes down what the test has, and compares it. */
async function reconcile(...options: string[]): Promise<Outcome> {
  const from = write('records.jsonl', records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  for (const [name, list] of Object.entries(events))
    write(join('trail', name), gzipSync(JSON.stringify({ Records: list })));
  const trail = join(folder, 'trail');
  const own = options.includes('--delay') ? [] : ['--delay', '0'];
  const result = await cli.run([
    'audit',
    'reconcile',
    '--cloudtrail',
    trail,
    '--from',
    from,
    '--json',
    ...own,
    ...options,
  ]);
  return { ...result, report: result.stdout === '' ? undefined : JSON.parse(result.stdout) };
}

const kinds = ({ report }: Outcome) => report.findings.map(({ kind }) => kind);
const issued = () => records.filter(({ outcome }) => outcome === 'issued') as (AuditRecord & { accessKeyId: string })[];
/** The events of a session, in both accounts. */
const eventsOf = (sessionId: string) =>
  Object.values(events)
    .flat()
    .filter((event) => event['requestParameters']?.roleSessionName?.startsWith(sessionId));
const remove = (event: AnyEvent) => {
  for (const list of Object.values(events)) if (list.includes(event)) list.splice(list.indexOf(event), 1);
};
const first = () => issued()[0] as AuditRecord & { accessKeyId: string };

describe('What the real path did', () => {
  it('fits together: three sessions in two accounts, a denial, a refusal and a failure', async () => {
    const outcome = await reconcile();
    expect(outcome.report.findings).toEqual([]);
    expect(outcome.code).toBe(0);
    expect(outcome.report.counts).toMatchObject({ matched: 3, failed: 1, calls: 4, duplicates: 3, notYet: 0 });
    expect(outcome.report.brokerRoles).toEqual([BROKER_ROLE_ARN]);
    expect(outcome.stderr).toContain('daypass: no findings');
  });

  it('fits together for either account’s log alone, and for plain files in any folder', async () => {
    for (const account of [BROKER_ACCOUNT, '111122223333']) {
      const own = Object.entries(happened.events).filter(([name]) => name.includes(`/${account}/`));
      events = {};
      const trail = join(folder, 'trail');
      rmSync(trail, { recursive: true, force: true });
      write('trail/any/where.json', JSON.stringify({ Records: own.flatMap(([, list]) => list) }, undefined, 2));
      const outcome = await reconcile('--broker-role', BROKER_ROLE_ARN);
      expect(kinds(outcome)).toEqual([]);
      expect(outcome.report.counts).toMatchObject({ matched: 3, duplicates: 0 });
    }
  });

  it('fits together in whatever order records and events come', async () => {
    records.reverse();
    for (const list of Object.values(events)) list.reverse();
    expect(kinds(await reconcile())).toEqual([]);
  });

  it('fits together when an event is delivered twice', async () => {
    const [name = '', list = []] = Object.entries(events)[0] ?? [];
    events[name.replace('.json.gz', '-again.json.gz')] = list;
    const outcome = await reconcile();
    expect(kinds(outcome)).toEqual([]);
    expect(outcome.report.counts['duplicates']).toBeGreaterThan(3);
    expect(outcome.report.counts['matched']).toBe(3);
  });
});

describe('What does not fit is found:', () => {
  test('a record was removed, outcome and intent', async () => {
    const { sessionId, accessKeyId } = first();
    records = records.filter((record) => record.sessionId !== sessionId);
    const outcome = await reconcile();
    expect(outcome.code).toBe(1);
    expect(outcome.report.findings).toMatchObject([{ kind: 'record_missing', sessionId, revoke: { accessKeyId } }]);
  });

  test('only the outcome was removed', async () => {
    const { sessionId, accessKeyId } = first();
    records = records.filter((record) => record.sessionId !== sessionId || record.phase === 'intent');
    const { report } = await reconcile();
    expect(report.findings).toMatchObject([{ kind: 'issued_after_all', sessionId, revoke: { accessKeyId } }]);
  });

  test('all records were removed, and the role is named', async () => {
    records = [];
    const outcome = await reconcile('--broker-role', BROKER_ROLE_ARN);
    expect(kinds(outcome)).toEqual(Array(4).fill('record_missing'));
  });

  test('all records were removed, and nobody says who the broker is', async () => {
    records = [];
    expect(kinds(await reconcile())).toEqual(Array(4).fill('record_missing'));
  });

  test('an event was removed, in both accounts', async () => {
    const { sessionId } = first();
    for (const event of eventsOf(sessionId)) remove(event);
    const outcome = await reconcile();
    expect(outcome.code).toBe(1);
    expect(outcome.report.findings).toMatchObject([{ kind: 'event_missing', sessionId }]);
  });

  test('an event of one account only was removed: the other still tells', async () => {
    remove(eventsOf(first().sessionId)[0] as AnyEvent);
    expect(kinds(await reconcile())).toEqual([]);
  });

  test.each([
    ['another role', (event: AnyEvent) => (event['requestParameters'].roleArn = OTHER_ROLE), 'role '],
    [
      'another key',
      (event: AnyEvent) => (event['responseElements'].credentials.accessKeyId = 'ASIASOMEBODYELSE0000'),
      'access key ',
    ],
    [
      'another source identity',
      (event: AnyEvent) => (event['requestParameters'].sourceIdentity = 'eve@example.com'),
      'source identity ',
    ],
    ['another request id', (event: AnyEvent) => (event['requestID'] = 'another'), 'request id '],
  ])('an event says %s', async (_what, change, words) => {
    const { sessionId } = first();
    for (const event of eventsOf(sessionId)) change(event);
    const { code, report } = await reconcile();
    expect(code).toBe(1);
    expect(report.findings).toMatchObject([{ kind: 'event_differs', sessionId }]);
    expect(report.findings[0]?.message).toContain(words);
  });

  test('a record was changed', async () => {
    Object.assign(first(), { roleArn: OTHER_ROLE });
    expect(kinds(await reconcile())).toEqual(['event_differs']);
  });

  test('the broker’s role took a role under a name that is not Daypass’s', async () => {
    const client = clientFor(STSClient, path.aws, path.aws.brokerCredentials());
    const request = { RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly', RoleSessionName: 'backdoor' };
    const { Credentials } = await client.send(new AssumeRoleCommand(request));
    path.aws.deliverCloudTrail();
    events = readCloudTrail(path.cloudTrail);
    const outcome = await reconcile();
    expect(outcome.code).toBe(1);
    expect(outcome.report.findings).toMatchObject([
      { kind: 'foreign_session', revoke: { roleSessionName: 'backdoor', accessKeyId: Credentials?.AccessKeyId } },
    ]);
    expect(outcome.report.findings[0]?.message).toContain(BROKER_ROLE_ARN);
    expect(outcome.stderr).toContain('1 finding: 1 foreign_session');
  });

  test('… told by the role’s account alone, which does not know the broker’s name', async () => {
    events = Object.fromEntries(Object.entries(events).filter(([name]) => name.includes('/111122223333/')));
    const [event] = eventsOf(first().sessionId);
    const copy = structuredClone(event ?? {});
    copy['requestParameters'].roleSessionName = 'backdoor';
    Object.assign(copy, { eventID: 'e', sharedEventID: 's' });
    Object.values(events)[0]?.push(copy);
    expect(kinds(await reconcile('--broker-role', BROKER_ROLE_ARN))).toEqual(['foreign_session']);
    expect(kinds(await reconcile())).toEqual(['foreign_session']);
  });

  test('the name of an old session was used again', async () => {
    const old = newSessionId(Date.now() - 40 * 86_400_000);
    for (const event of eventsOf(first().sessionId)) {
      const copy = structuredClone(event);
      copy['requestParameters'].roleSessionName = `${old}-dev@example.com`;
      Object.assign(copy, { eventID: `again-${copy['recipientAccountId']}`, sharedEventID: 'again' });
      for (const [name, list] of Object.entries(events)) {
        if (name.includes(`/${copy['recipientAccountId']}/`)) list.push(copy);
      }
    }
    expect(kinds(await reconcile('--since', '1d'))).toEqual(['foreign_session']);
  });

  test('credentials were given twice under one name', async () => {
    const { sessionId } = first();
    for (const event of eventsOf(sessionId)) {
      const copy = structuredClone(event);
      copy['responseElements'].credentials.accessKeyId = 'ASIASECONDSECOND0000';
      Object.assign(copy, {
        eventID: `second-${copy['recipientAccountId']}`,
        sharedEventID: 'second',
        requestID: 'second',
      });
      Object.values(events)[0]?.push(copy);
    }
    const { report } = await reconcile();
    expect(report.findings).toMatchObject([
      { kind: 'second_session', sessionId, revoke: { accessKeyId: 'ASIASECONDSECOND0000' } },
    ]);
  });

  test('somebody else than the named broker asked for a session', async () => {
    const outcome = await reconcile('--broker-role', `arn:aws:iam::${BROKER_ACCOUNT}:role/another`);
    expect(kinds(outcome)).toEqual(['foreign_caller', 'foreign_caller', 'foreign_caller']);
  });

  test('a record says “failed”, and STS gave credentials', async () => {
    Object.assign(first(), { outcome: 'failed', code: 'sts_unavailable' });
    const { report } = await reconcile();
    expect(report.findings).toMatchObject([{ kind: 'issued_after_all' }]);
    expect(report.findings[0]?.message).toContain(
      'the record says “failed” (sts_unavailable), but STS gave credentials',
    );
  });

  test('a record says “denied”, and STS was asked', async () => {
    const denied = records.find(({ outcome }) => outcome === 'denied') as AuditRecord;
    for (const event of eventsOf(first().sessionId)) {
      const copy = structuredClone(event);
      copy['requestParameters'].roleSessionName = denied.sessionId;
      copy['responseElements'] = null;
      Object.assign(copy, { errorCode: 'AccessDenied', eventID: 'x', sharedEventID: 'x' });
      Object.values(events)[0]?.push(copy);
    }
    expect(kinds(await reconcile())).toEqual(['asked_after_all']);
  });

  test('a record says “issued”, and CloudTrail that STS refused', async () => {
    for (const event of eventsOf(first().sessionId)) {
      Object.assign(event, { responseElements: null, errorCode: 'AccessDenied' });
    }
    const { report } = await reconcile();
    expect(report.findings).toMatchObject([{ kind: 'event_missing' }]);
    expect(report.findings[0]?.message).toContain('CloudTrail says that STS refused (AccessDenied)');
  });

  test('two outcome records of a session contradict each other', async () => {
    records.push({ ...first(), outcome: 'failed' });
    expect(kinds(await reconcile())).toEqual(['records_differ']);
  });
});

describe('A session of which nobody knows', () => {
  let session: { readonly sessionId: string };

  async function lose(after: boolean): Promise<void> {
    path.aws.faults.add({ action: 'AssumeRole', times: 1, kind: 'drop', after });
    const answer = await path.credentials(['engineering'], { role: 'prod/ReadOnly' });
    expect(answer.status).toBe(504);
    session = { sessionId: String(answer.body['sessionId']) };
    // CloudTrail must know of the time after it, too.
    await path.credentials(['engineering'], { role: 'prod/ReadOnly' });
    path.aws.deliverCloudTrail();
    [records, events] = [await path.records(), readCloudTrail(path.cloudTrail)];
    const all = Object.values(events).flat();
    for (const event of all) if (event['requestParameters']?.roleSessionName === 'backdoor') remove(event);
    expect(
      records.find(({ sessionId, phase }) => sessionId === session.sessionId && phase === 'outcome'),
    ).toMatchObject({
      outcome: 'unresolved',
    });
  }

  it('was issued after all where CloudTrail says so, and is to be revoked', async () => {
    await lose(true);
    const [event] = eventsOf(session.sessionId);
    const outcome = await reconcile();
    expect(outcome.code).toBe(1);
    expect(outcome.report.findings).toMatchObject([
      {
        kind: 'issued_after_all',
        sessionId: session.sessionId,
        revoke: {
          roleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
          accessKeyId: event?.['responseElements'].credentials.accessKeyId,
          until: expect.stringMatching(/^\d{4}-/),
        },
      },
    ]);
    expect(outcome.stderr).toContain('hint: IAM → the role → Revoke sessions');
    // It stays in the files for the tests below.
    happened = { records: records.filter(({ sessionId }) => sessionId !== session.sessionId), events };
    for (const one of eventsOf(session.sessionId)) remove(one);
  });

  it('was not issued where CloudTrail knows nothing of it: settled, and no finding', async () => {
    const lost = Object.values(events).flat();
    await lose(false);
    const before = new Set(happened.records.map(({ sessionId }) => sessionId));
    records = records.filter(({ sessionId }) => before.has(sessionId) || sessionId >= session.sessionId);
    events = Object.fromEntries(
      Object.entries(events).map(([name, list]) => [
        name,
        list.filter(({ requestParameters: asked }) =>
          records.some(({ roleSessionName }) => roleSessionName === asked?.roleSessionName),
        ),
      ]),
    );
    expect(lost.length).toBeGreaterThan(0);
    const outcome = await reconcile();
    expect(kinds(outcome)).toEqual([]);
    expect(outcome.code).toBe(0);
    expect(outcome.report.settled).toMatchObject([{ sessionId: session.sessionId }]);
    expect(outcome.stderr).toContain('1 settled: nothing was issued');
  });

  it('stays open where CloudTrail’s files have nothing of its time', async () => {
    const { sessionId, accessKeyId: _, ...rest } = first();
    const later = newSessionId(Date.now() + 3_600_000);
    records.push({ ...rest, sessionId: later, outcome: 'unresolved' });
    const outcome = await reconcile('--until', new Date(Date.now() + 86_400_000).toISOString());
    expect(sessionId).not.toBe(later);
    // It is of the future, so it is young whatever the delay is.
    expect(outcome.report.counts['notYet']).toBe(1);
    const past = newSessionId(Date.now() - 3_600_000);
    records = records.map((record) => (record.sessionId === later ? { ...record, sessionId: past } : record));
    expect(kinds(await reconcile())).toEqual(['unsettled']);
  });
});

describe('The delivery delay', () => {
  it('is waited for: what CloudTrail may still deliver is not missing', async () => {
    for (const event of eventsOf(first().sessionId)) remove(event);
    const outcome = await reconcile('--delay', '15m');
    expect(outcome.code).toBe(0);
    expect(kinds(outcome)).toEqual([]);
    expect(outcome.report.counts).toMatchObject({ notYet: 1, matched: issued().length - 1 });
  });

  it('covers records that were exported before the event', async () => {
    const { sessionId } = first();
    records = records.filter((record) => record.sessionId !== sessionId);
    expect((await reconcile('--delay', '15m')).report.counts).toMatchObject({ notYet: 1 });
  });

  it('never covers a foreign name', async () => {
    for (const event of eventsOf(first().sessionId)) event['requestParameters'].roleSessionName = 'backdoor';
    expect(kinds(await reconcile('--delay', '15m'))).toEqual(['foreign_session']);
  });
});

describe('Other events', () => {
  const foreign = (more: AnyEvent) => {
    const [event] = eventsOf(first().sessionId).filter(({ recipientAccountId: account }) => account === BROKER_ACCOUNT);
    const copy = { ...structuredClone(event ?? {}), eventID: 'other', sharedEventID: 'other', ...more };
    Object.values(events)[0]?.push(copy);
    return copy;
  };

  it.each([
    [
      'another role with names of its own',
      { type: 'AssumedRole', sessionContext: { sessionIssuer: { arn: OTHER_ROLE, principalId: 'AROAOTHER' } } },
    ],
    ['a user', { type: 'IAMUser', arn: 'arn:aws:iam::999999999999:user/dana', principalId: 'AIDAEXAMPLE' }],
    ['an AWS service', { type: 'AWSService', invokedBy: 'lambda.amazonaws.com' }],
  ])('of %s are nobody’s business here', async (_who, userIdentity) => {
    foreign({ userIdentity, requestParameters: { roleArn: OTHER_ROLE, roleSessionName: 'deploy' } });
    expect(kinds(await reconcile())).toEqual([]);
  });

  it('of another role whose names look like Daypass’s are not either', async () => {
    foreign({
      userIdentity: {
        type: 'AssumedRole',
        sessionContext: { sessionIssuer: { arn: OTHER_ROLE, principalId: 'AROAOTHER' } },
      },
      requestParameters: { roleArn: OTHER_ROLE, roleSessionName: newSessionId(Date.now()) },
    });
    expect(kinds(await reconcile())).toEqual([]);
  });

  it('outside of the window are left out, and so are records', async () => {
    const outcome = await reconcile('--since', '2026-01-01', '--until', '2026-01-02');
    expect(outcome.report.counts).toMatchObject({ records: 0, sessions: 0, calls: 0 });
    expect(outcome.code).toBe(0);
  });
});

describe('A file that is not what it should be is a finding that names it:', () => {
  const gzip = () => gzipSync(JSON.stringify({ Records: [] }));

  test.each([
    ['gzip that ends in the middle', 'a.json.gz', () => gzip().subarray(0, 20), 'its gzip ends in the middle'],
    [
      'gzip that is corrupt',
      'a.json.gz',
      () => Buffer.concat([gzip().subarray(0, 12), Buffer.alloc(40, 7)]),
      'its gzip is corrupt',
    ],
    ['JSON that ends in the middle', 'a.json', () => '{"Records":[', 'it ends in the middle'],
    ['an empty file', 'a.json', () => '', 'it is empty'],
    ['not UTF-8', 'a.json', () => Buffer.from([0x7b, 0xff, 0xfe]), 'it is not UTF-8'],
    ['JSON of something else', 'a.json', () => '{"Events":[]}', 'it has no Records'],
    [
      'an event without what every event has',
      'a.json',
      () => '{"Records":[{"eventName":"AssumeRole"}]}',
      'none of CloudTrail’s',
    ],
    ['an event that is not JSON', 'a.json', () => '{"Records":[{"a" 1}]}', 'an event is not JSON'],
    [
      'an AssumeRole without an end',
      'a.json',
      () =>
        '{"Records":[{"eventID":"e-1","eventTime":"2026-01-15T12:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole"}]}',
      'the AssumeRole event e-1 has neither credentials nor an error',
    ],
    ['another kind of file', 'notes.txt', () => 'hello', 'it is no .json and no .json.gz file'],
  ])('%s', async (_what, name, bytes, message) => {
    write(`trail/deep/er/${name}`, bytes());
    const { code, report } = await reconcile();
    expect(code).toBe(1);
    expect(report.findings).toEqual([
      {
        kind: 'file_unreadable',
        source: join(folder, 'trail', 'deep', 'er', name),
        message: expect.stringContaining(message),
      },
    ]);
    // The others were compared all the same.
    expect(report.counts['matched']).toBe(issued().length);
  });

  test('digest files beside the log files are no log files and no finding', async () => {
    write('trail/AWSLogs/1/CloudTrail-Digest/a.json.gz', gzipSync('{"digestEndTime":"x"}'));
    expect(kinds(await reconcile())).toEqual([]);
  });

  test('a folder without a log file', async () => {
    events = {};
    records = [];
    mkdirSync(join(folder, 'trail'));
    const { code, report } = await reconcile();
    expect(code).toBe(1);
    expect(report.findings).toMatchObject([{ message: 'there is no CloudTrail log file under it' }]);
  });

  test('a record of another schema, or a line that is none', async () => {
    records.push({ ...first(), schema: 2 } as never, 'not a record' as never);
    const { code, report } = await reconcile();
    expect(code).toBe(1);
    expect(report.findings).toMatchObject([
      { kind: 'record_unreadable', message: 'its schema is 2, known is 1' },
      { kind: 'record_unreadable', message: 'it is no JSON object' },
    ]);
    expect(report.findings[0]?.['source']).toMatch(/records\.jsonl: line \d+: 01/);
  });

  test('a folder that is not there is no comparison', async () => {
    const result = await cli.run(['audit', 'reconcile', '--cloudtrail', join(folder, 'none'), '--from', '-']);
    expect(result).toMatchObject({ code: 5, stdout: '' });
    expect(result.stderr).toContain('cannot be read (ENOENT)');
  });
});

describe('The command', () => {
  it('prints a table of findings and one of what to revoke', async () => {
    const { sessionId } = first();
    records = records.filter((record) => record.sessionId !== sessionId);
    await reconcile();
    const args = ['--cloudtrail', join(folder, 'trail'), '--from', join(folder, 'records.jsonl'), '--delay', '0'];
    const { code, stdout } = await cli.run(['audit', 'reconcile', ...args]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FINDING +TIME +SESSION +WHAT\nrecord_missing +20/);
    expect(stdout).toMatch(/\n\nREVOKE: ROLE +SESSION NAME +ACCESS KEY +WORKS UNTIL\narn:aws:iam::111122223333:role\//);
  });

  it('shows no control characters of an event', async () => {
    for (const event of eventsOf(first().sessionId)) event['requestParameters'].roleSessionName = '\u001b[2Jx';
    await reconcile();
    const args = ['--cloudtrail', join(folder, 'trail'), '--from', join(folder, 'records.jsonl'), '--delay', '0'];
    const { stdout, stderr } = await cli.run(['audit', 'reconcile', ...args]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(stdout + stderr).not.toMatch(/\u001b/);
    expect(stdout).toContain('\\u{1b}[2Jx');
  });

  it('asks the broker for the records where no file is named', async () => {
    cli.env = {
      DAYPASS_URL: broker.url,
      DAYPASS_TOKEN: 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2NpIiwic3ViIjoidSJ9.c2ln',
    };
    const asked: URLSearchParams[] = [];
    broker.answers['/v1/audit'] = ({ query }) => {
      asked.push(query);
      const at = query.has('cursor') ? 3 : 0;
      return { json: { records: records.slice(at, at === 0 ? 3 : undefined), ...(at === 0 && { cursor: 'next' }) } };
    };
    await reconcile();
    const { code, stderr } = await cli.run([
      'audit',
      'reconcile',
      '--cloudtrail',
      join(folder, 'trail'),
      '--delay',
      '0',
    ]);
    expect(stderr).toContain('no findings');
    expect(code).toBe(0);
    expect(asked.map((query) => query.get('order'))).toEqual(['oldest', 'oldest']);
  });

  test.each([
    [[], '--cloudtrail DIR is missing'],
    [['--cloudtrail', '.', '--delay', 'soon'], '--delay soon is no length of time'],
    [['--cloudtrail', '.', '--broker-role', 'daypass'], 'neither a role’s ARN nor its unique id'],
    [['--cloudtrail', '.', '--since', 'yesterday'], '--since yesterday is no time'],
    [['--cloudtrail', '.', '--since', '1h', '--until', '2h'], '--since is not before --until'],
  ])('refuses %j', async (args, message) => {
    const result = await cli.run(['audit', 'reconcile', ...args]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(message);
  });
});
