import { describe, expect, test } from 'vitest';
import type { AccessPolicy } from '../../../lib/access/policy.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { ReportBuilder, type ReportPeriod } from '../../../lib/audit/report/aggregate.ts';
import { findings } from '../../../lib/audit/report/findings.ts';
import type { AuditReport } from '../../../lib/audit/report/report.ts';
import { newSessionId, sessionTime } from '../../../lib/session-id.ts';
import { auditRecord } from '../../support/records.ts';
import { companyRecords } from './company.ts';

const MADE = Date.UTC(2026, 11, 1);
const DAY = 86_400_000;

function at(time: number, more: Partial<AuditRecord> = {}): AuditRecord {
  return auditRecord({ sessionId: newSessionId(time), time: new Date(time).toISOString(), ...more });
}

function person(username: string, issuer = 'corp') {
  return { caller: { issuer, subject: username, username } };
}

function reportOf(records: Iterable<AuditRecord>, period: ReportPeriod = {}, policy?: AccessPolicy): AuditReport {
  const builder = new ReportBuilder(period);
  for (const record of records) builder.add(record);
  return builder.finish(MADE, policy);
}

describe('An empty log', () => {
  test('is a report of nothing', () => {
    const report = reportOf([], { since: MADE - 2 * DAY, until: MADE });
    expect(report).toMatchObject({
      totals: { sessions: 0, people: 0, roles: 0, accounts: 0, unfinished: 0 },
      roles: [],
      people: [],
      denials: [],
      firstAccess: [],
      longest: [],
    });
    expect(report.days.map(({ day }) => day)).toEqual(['2026-11-29', '2026-11-30']);
    expect(findings(report)).toEqual([]);
  });

  test('without a period is one too', () => expect(reportOf([]).period.records).toBe(0));
});

test('one record is a period of its own', () => {
  const time = Date.UTC(2026, 10, 22, 13, 30);
  const report = reportOf([at(time, { accountId: '111122223333', durationSeconds: 3600 })]);
  expect(report.period).toEqual({ since: '2026-11-22T13:30:00.000Z', until: '2026-11-22T13:30:00.001Z', records: 1 });
  expect(report.roles).toEqual([
    { role: 'prod/ReadOnly', account: 'prod', sessions: 1, people: 1, refusals: 0, last: '2026-11-22T13:30:00.000Z' },
  ]);
  expect(report.accounts).toMatchObject([
    { account: 'prod', accountId: '111122223333', sessions: 1, people: 1, roles: 1 },
  ]);
  expect(report.days).toEqual([{ day: '2026-11-22', issued: 1, refusals: 0 }]);
  // A Sunday.
  expect(report.hours[6]?.[13]).toBe(1);
  expect(report.hours.flat().reduce((sum, count) => sum + count)).toBe(1);
});

describe('What is counted', () => {
  const noon = Date.UTC(2026, 10, 20, 12);

  test('a session once, by its outcome, and an intent that has none', () => {
    const issued = at(noon, { roleSessionName: 'x' });
    const lost = at(noon + 1, { roleSessionName: 'y' });
    const { outcome: _, accessKeyId: __, ...intent } = { ...issued, phase: 'intent' as const };
    const { outcome: ___, accessKeyId: ____, ...open } = { ...lost, phase: 'intent' as const };
    const report = reportOf([intent, issued, open]);
    expect(report.totals).toMatchObject({ sessions: 1, unfinished: 1 });
    expect(report.period.records).toBe(3);
  });

  test('two people of one name from two issuers are two', () => {
    const report = reportOf([at(noon, person('dev', 'corp')), at(noon, person('dev', 'other'))]);
    expect(report.people.map(({ username, issuer }) => [username, issuer])).toEqual([
      ['dev', 'corp'],
      ['dev', 'other'],
    ]);
    expect(report.roles[0]?.people).toBe(2);
  });

  test('refusals by reason, role and person, with the caller who could not be verified', () => {
    const { caller: _, role: __, account: ___, ...unknown } = at(noon, { outcome: 'refused', code: 'token_expired' });
    const denied = { ...person('out'), outcome: 'denied', denial: 'no_grant', code: 'access_denied' } as const;
    const report = reportOf([
      at(noon, denied),
      at(noon + 5, denied),
      unknown,
      at(noon, { outcome: 'allowed', action: 'audit' }),
    ]);
    expect(report.denials).toEqual([
      {
        outcome: 'denied',
        reason: 'no_grant',
        username: 'out',
        role: 'prod/ReadOnly',
        count: 2,
        last: new Date(noon + 5).toISOString(),
      },
      { outcome: 'refused', reason: 'token_expired', count: 1, last: new Date(noon).toISOString() },
    ]);
    expect(report.denialsByReason).toMatchObject([
      { reason: 'no_grant', count: 2 },
      { reason: 'token_expired', count: 1 },
    ]);
    expect(report.totals.outcomes).toEqual({ allowed: 1, denied: 2, refused: 1, failed: 0, unresolved: 0 });
    expect(report.people).toMatchObject([{ username: 'out', sessions: 0, refusals: 2 }]);
  });

  test('the longest sessions, of equal ones the newest first', () => {
    const records = Array.from({ length: 50 }, (_, index) =>
      at(noon + index, { durationSeconds: index === 3 ? 7200 : 900 }),
    );
    const { longest } = reportOf(records);
    expect(longest).toHaveLength(20);
    expect(longest[0]).toMatchObject({ sessionId: records[3]?.sessionId, durationSeconds: 7200 });
    expect(longest[1]?.sessionId).toBe(records[49]?.sessionId);
  });
});

describe('The period and its baseline', () => {
  const since = Date.UTC(2026, 10, 1);
  const period = { since, until: since + 30 * DAY, baseline: since - 30 * DAY };
  const records = [
    at(since - 40 * DAY, { ...person('old'), grant: 'too-early' }),
    at(since - DAY, { ...person('known'), grant: 'before' }),
    at(since, person('known')),
    at(since + DAY, { ...person('known'), role: 'prod/Admin', reason: 'why', ticket: 'T-1', grant: 'g' }),
    at(since + 2 * DAY, person('new')),
    at(since + 3 * DAY, person('new')),
    at(since + 30 * DAY, person('late')),
  ];

  test.each(['as they come', 'newest first'])('first access is what was not there before, %s', (order) => {
    const report = reportOf(order === 'newest first' ? [...records].reverse() : records, period);
    expect(report.firstAccess).toMatchObject([
      { username: 'new', role: 'prod/ReadOnly', at: new Date(since + 2 * DAY).toISOString(), sessions: 2 },
      { username: 'known', role: 'prod/Admin', reason: 'why', ticket: 'T-1', grant: 'g', sessions: 1 },
    ]);
    expect(report.totals.sessions).toBe(4);
    expect(report.baseline).toMatchObject({ records: 1, since: new Date(since - 30 * DAY).toISOString() });
    expect(findings(report).map(({ text }) => text)).toContain(
      '2 people got a role for the first time, 2 first sessions in all.',
    );
  });

  test('without a baseline each person is first seen in each role, and that is no finding', () => {
    const report = reportOf(records, { since, until: period.until });
    expect(report.firstAccess).toHaveLength(3);
    expect(report.baseline).toBeUndefined();
    expect(findings(report)).toEqual([]);
  });
});

describe('Grants', () => {
  const policy = {
    digest: 'd'.repeat(64),
    roles: [{ id: 'prod/ReadOnly' }, { id: 'prod/Admin' }],
    grants: [
      { name: 'used', effect: 'allow', roles: ['prod/ReadOnly'], permissions: [] },
      { name: 'unused', effect: 'allow', roles: ['prod/Admin'], permissions: [] },
      { name: 'readers', effect: 'allow', roles: [], permissions: ['audit:read'] },
      { name: 'never', effect: 'deny', roles: ['prod/Admin'], permissions: [] },
    ],
  } as unknown as AccessPolicy;
  const since = Date.UTC(2026, 10, 1);
  const records = [
    at(since - DAY, { grant: 'unused', role: 'prod/Admin' }),
    at(since + DAY, { grant: 'used' }),
    at(since + DAY, { grant: 'readers', outcome: 'allowed', action: 'audit', permission: 'audit:read' }),
    at(since + DAY, { grant: 'removed' }),
    // Decided by the grant, and yet it gave nothing.
    at(since + DAY, { grant: 'unused', role: 'prod/Admin', outcome: 'failed', code: 'sts_throttled' }),
  ];

  test('that gave nothing in the period are candidates, a deny is not, and those that are gone are named', () => {
    const { grants } = reportOf(records, { since, baseline: since - 30 * DAY }, policy);
    expect(grants).toEqual({
      policyDigest: policy.digest,
      used: [
        { grant: 'used', sessions: 1, last: new Date(since + DAY).toISOString() },
        { grant: 'readers', sessions: 1, last: new Date(since + DAY).toISOString() },
        { grant: 'removed', sessions: 1, last: new Date(since + DAY).toISOString() },
      ],
      unused: [
        { grant: 'unused', roles: ['prod/Admin'], permissions: [], lastBefore: new Date(since - DAY).toISOString() },
      ],
      unusedRoles: ['prod/Admin'],
      gone: ['removed'],
    });
  });

  test('are not spoken of when there is no policy', () => expect(reportOf(records)).not.toHaveProperty('grants'));
});

describe('However long the log is', () => {
  test('what is kept grows with people and roles, not with records', () => {
    const names = Array.from({ length: 40 }, (_, index) => `person-${index}`);
    const report = reportOf(
      (function* () {
        for (let index = 0; index < 100_000; index += 1) {
          const role = `prod/Role${index % 7}`;
          yield at(Date.UTC(2026, 5, 1) + index * 60_000, {
            ...person(names[index % 40] ?? ''),
            role,
            durationSeconds: 900 + (index % 50),
          });
        }
      })(),
    );
    expect(report.totals).toMatchObject({ sessions: 100_000, people: 40, roles: 7 });
    // Everything that could hold one entry per record.
    const sizes = [report.firstAccess, report.people, report.roles, report.longest, report.days, report.denials].map(
      (list) => list.length,
    );
    expect(sizes).toEqual([280, 40, 7, 20, 70, 0]);
  });

  test('a caller who makes up names cannot make it grow, and cannot hide who is refused often', () => {
    const noon = Date.UTC(2026, 10, 20, 12);
    const report = reportOf(
      (function* () {
        for (let index = 0; index < 60_000; index += 1) {
          const refused = { outcome: 'denied', denial: 'role_unknown' } as const;
          yield at(noon + index, { ...person('flood'), ...refused, role: `x/${index}` });
          if (index % 100 === 0) yield at(noon + index, { ...person('insider'), ...refused, role: 'prod/Admin' });
        }
      })(),
    );
    expect(report.denials.length).toBeLessThanOrEqual(20_000);
    expect(report.denials[0]).toMatchObject({ username: 'insider', role: 'prod/Admin', count: 600 });
    const listed = report.denials.reduce((sum, { count }) => sum + count, 0);
    expect(listed + report.denialsNotListed).toBe(60_600);
    expect(report.people).toMatchObject([
      { username: 'flood', refusals: 60_000 },
      { username: 'insider', refusals: 600 },
    ]);
    expect(findings(report)[0]?.text).toBe('insider was refused 600 times for prod/Admin (role_unknown).');
  });

  test('a period of centuries lists only the days that have records', () => {
    const report = reportOf([at(0), at(Date.UTC(9000, 0, 1))]);
    expect(report.days.map(({ day }) => day)).toEqual(['1970-01-01', '9000-01-01']);
  });
});

test('sums agree with a naive count of the same records', () => {
  const records = [...companyRecords({ since: Date.UTC(2026, 8, 1), days: 60, sessions: 1_000 })];
  const report = reportOf(records);
  const issued = records.filter(({ outcome }) => outcome === 'issued');
  const intents = records.filter(({ phase }) => phase === 'intent');
  expect(report.totals.sessions).toBe(issued.length);
  for (const list of [report.roles, report.people, report.accounts]) {
    expect(list.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(issued.length);
  }
  for (const { role, sessions, people, refusals } of report.roles) {
    const own = issued.filter((record) => record.role === role);
    expect([role, sessions, people]).toEqual([
      role,
      own.length,
      new Set(own.map(({ caller }) => caller?.username)).size,
    ]);
    const gotNothing = records.filter(
      ({ role: asked, phase, outcome }) => asked === role && phase === 'outcome' && outcome !== 'issued',
    );
    expect([role, refusals]).toEqual([role, gotNothing.length]);
  }
  expect(report.days.reduce((sum, day) => sum + day.issued, 0)).toBe(issued.length);
  const ended = records.filter(({ roleSessionName, phase }) => roleSessionName !== undefined && phase === 'outcome');
  expect(report.totals.unfinished).toBe(intents.length - ended.length);
  const hour = issued.filter(({ sessionId }) => new Date(sessionTime(sessionId)).getUTCHours() === 11).length;
  expect(report.hours.reduce((sum, day) => sum + (day[11] ?? 0), 0)).toBe(hour);
});
