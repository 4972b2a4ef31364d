import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Reconciliation } from '../../lib/audit/reconcile/reconciliation.ts';
import { readCloudTrail } from '../support/cloudtrail.ts';
import { type RealPath, realPath } from '../support/real-path.ts';

/** `POST /v1/console` on the real wire: the address that it gives is used at the stand-in's sign-in endpoint. */
describe('The console', () => {
  let path: RealPath;
  beforeAll(async () => {
    path = await realPath();
  });
  afterAll(() => path.close());

  const shown = (page: string, id: string) => new RegExp(`<dd id="${id}">([^<]*)</dd>`).exec(page)?.[1];

  it('lets in who asked, as the role, under the session’s id, where they wanted to go, and once', async () => {
    const { status, headers, body } = await path.console(['engineering'], {
      role: 'prod/ReadOnly',
      destination: 'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1#/buckets',
      durationSeconds: 7200,
      reason: 'looking around',
    });
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    const { Url, ...rest } = body;
    expect(rest).toEqual({
      Destination: 'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1#/buckets',
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      AccountId: '111122223333',
      SessionId: expect.stringMatching(/^[0-9A-Z]{26}$/),
      RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
      SourceIdentity: 'dev@example.com',
      DurationSeconds: 3600,
      Notices: [{ code: 'duration_shortened', message: expect.stringContaining('3600') }],
    });
    const url = new URL(String(Url));
    expect(url.origin + url.pathname).toBe(`${path.aws.url}/federation`);
    expect(url.searchParams.get('Issuer')).toBe('https://daypass.example.com');

    const visit = await fetch(url);
    const page = await visit.text();
    expect(visit.url).not.toContain('SigninToken');
    expect(shown(page, 'account')).toBe('111122223333');
    expect(shown(page, 'role')).toBe('ReadOnly');
    expect(shown(page, 'session')).toBe(`${body['SessionId']}-dev@example.com`);
    expect(shown(page, 'source-identity')).toBe('dev@example.com');
    expect(shown(page, 'destination')).toBe(body['Destination']);
    // STS tells whole seconds.
    expect(shown(page, 'ends')?.slice(0, 19)).toBe(String(body['Expiration']).slice(0, 19));
    expect((await fetch(url)).status).toBe(400);

    const records = (await path.records()).filter(({ sessionId }) => sessionId === body['SessionId']);
    expect(records).toMatchObject([
      { phase: 'intent', action: 'console', destination: 'https://eu-central-1.console.aws.amazon.com/s3/home' },
      {
        phase: 'outcome',
        action: 'console',
        outcome: 'issued',
        destination: 'https://eu-central-1.console.aws.amazon.com/s3/home',
        reason: 'looking around',
        requestedDurationSeconds: 7200,
        durationSeconds: 3600,
        accessKeyId: expect.stringMatching(/^ASIA/),
      },
    ]);
  });

  it('lets nobody in by an address that was altered', async () => {
    const { body } = await path.console(['engineering'], { role: 'prod/ReadOnly' });
    for (const [name, value] of [
      ['SigninToken', 'x'.repeat(256)],
      ['Destination', 'https://evil.example/'],
    ] as const) {
      const url = new URL(String(body['Url']));
      url.searchParams.set(name, value);
      expect((await fetch(url)).status).toBe(400);
    }
  });

  it('is in CloudTrail as it is in the records, opened or not', async () => {
    expect((await path.console(['engineering'], { role: 'prod/ReadOnly' })).status).toBe(200);
    expect((await path.credentials(['engineering'], { role: 'prod/ReadOnly' })).status).toBe(200);
    path.signIn = () => new Response('no', { status: 400 });
    const refused = await path.console(['engineering'], { role: 'prod/ReadOnly' });
    expect([refused.status, refused.body['code']]).toEqual([502, 'console_refused']);

    const [now, records] = [Date.now(), await path.records()];
    path.aws.deliverCloudTrail();
    const options = { since: 0, until: now * 2, now: now + 3_600_000, delayMs: 0, brokerRoles: undefined };
    const reconciliation = new Reconciliation(options);
    for (const record of records) reconciliation.addRecord(record);
    for (const [file, events] of Object.entries(readCloudTrail(path.cloudTrail))) {
      for (const event of events) reconciliation.addEvent(JSON.stringify(event), file);
    }
    const issued = records.filter(({ outcome }) => outcome === 'issued').length;
    expect(reconciliation.finish()).toMatchObject({ findings: [], counts: { matched: issued, discarded: 1 } });
  });
});
