import { describe, expect, it } from 'vitest';
import { Reconciliation } from '../../../lib/audit/reconcile/reconciliation.ts';
import { newSessionId } from '../../../lib/session-id.ts';
import { auditRecord } from '../../support/records.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const BROKER = 'arn:aws:iam::999999999999:role/daypass-broker';
const ROLE = 'arn:aws:iam::111122223333:role/ReadOnly';
const sessionId = newSessionId(NOON);

function reconciliation(brokerRoles?: string[]) {
  const options = { since: 0, until: NOON * 2, now: NOON + 3_600_000, delayMs: 900_000, brokerRoles };
  return new Reconciliation(options);
}

/** As the role's own account is told: the caller is an id and an account. */
const stranger = (roleId: string, accountId = '999999999999') => ({
  type: 'AWSAccount',
  principalId: `${roleId}:daypass-credentials`,
  accountId,
});
const named = (arn: string, roleId: string) => ({
  type: 'AssumedRole',
  principalId: `${roleId}:x`,
  accountId: '999999999999',
  sessionContext: { sessionIssuer: { type: 'Role', principalId: roleId, arn, accountId: '999999999999' } },
});

let count = 0;
function event(userIdentity: object, roleSessionName: string, more: object = {}): string {
  count += 1;
  return JSON.stringify({
    eventID: `event-${count}`,
    eventTime: new Date(NOON).toISOString(),
    eventSource: 'sts.amazonaws.com',
    eventName: 'AssumeRole',
    userIdentity,
    requestParameters: { roleArn: ROLE, roleSessionName },
    responseElements: {
      credentials: { accessKeyId: 'ASIAEXAMPLEEXAMPLE12', expiration: 'Jan 15, 2026, 2:00:00\u202fPM' },
    },
    ...more,
  });
}
const kinds = (of: Reconciliation) => of.finish().findings.map(({ kind }) => kind);

describe('Who the broker is', () => {
  it('is learned from whoever got the credentials that a record names', () => {
    const one = reconciliation();
    one.addRecord(auditRecord({ sessionId, roleArn: ROLE }));
    one.addEvent(event(named(BROKER, 'AROABROKER'), sessionId), 'a');
    one.addEvent(event(named(BROKER, 'AROABROKER'), 'backdoor'), 'a');
    one.addEvent(event(named('arn:aws:iam::999999999999:role/deploy', 'AROADEPLOY'), 'pipeline'), 'a');
    expect(kinds(one)).toEqual(['foreign_session']);
  });

  it('is learned for an id, too, which leaves other ids of the account alone', () => {
    for (const roles of [undefined, [BROKER]]) {
      const one = reconciliation(roles);
      one.addRecord(auditRecord({ sessionId, roleArn: ROLE }));
      one.addEvent(event(stranger('AROABROKER'), sessionId), 'a');
      one.addEvent(event(stranger('AROABROKER'), 'backdoor'), 'a');
      one.addEvent(event(stranger('AROADEPLOY'), 'pipeline'), 'a');
      expect(kinds(one)).toEqual(['foreign_session']);
    }
  });

  it('can be named by its id', () => {
    const one = reconciliation(['AROABROKER']);
    one.addEvent(event(stranger('AROABROKER'), 'backdoor'), 'a');
    one.addEvent(event(stranger('AROADEPLOY'), 'pipeline'), 'a');
    expect(kinds(one)).toEqual(['foreign_session']);
  });

  it('cannot be told of an id of the broker’s account without any session: that is a finding of its own', () => {
    const one = reconciliation([BROKER]);
    one.addEvent(event(stranger('AROASOMEONE'), 'backdoor'), 'a');
    one.addEvent(event(stranger('AROAELSEWHERE', '444455556666'), 'pipeline'), 'a');
    expect(kinds(one)).toEqual(['caller_unknown']);
  });

  it('is nobody who has a record’s name but not its credentials', () => {
    const one = reconciliation();
    one.addRecord(auditRecord({ sessionId, roleArn: ROLE, accessKeyId: 'ASIAANOTHERANOTHER12' }));
    one.addEvent(event(named('arn:aws:iam::999999999999:role/evil', 'AROAEVIL'), sessionId), 'a');
    const report = one.finish();
    expect(report.brokerRoles).toEqual([]);
    expect(report.findings.map(({ kind }) => kind)).toEqual(['event_differs']);
  });
});

describe('A console that was not opened', () => {
  const discarded = {
    sessionId,
    roleArn: ROLE,
    action: 'console',
    outcome: 'failed',
    code: 'console_refused',
  } as const;

  it('has an event of credentials that were thrown away, which is no finding', () => {
    const one = reconciliation([BROKER]);
    one.addRecord(auditRecord(discarded));
    one.addEvent(event(named(BROKER, 'AROABROKER'), sessionId), 'a');
    expect(one.finish()).toMatchObject({ findings: [], counts: { matched: 0, discarded: 1, failed: 0 } });
  });

  it('is one when the event is of other credentials, of a second session, or not there', () => {
    const other = { ...discarded, accessKeyId: 'ASIAANOTHERANOTHER12' };
    const different = reconciliation([BROKER]);
    different.addRecord(auditRecord(other));
    different.addEvent(event(named(BROKER, 'AROABROKER'), sessionId), 'a');
    expect(kinds(different)).toEqual(['event_differs']);

    const twice = reconciliation([BROKER]);
    twice.addRecord(auditRecord(discarded));
    const again = { credentials: { accessKeyId: 'ASIAANOTHERANOTHER12' } };
    twice.addEvent(event(named(BROKER, 'AROABROKER'), sessionId), 'a');
    twice.addEvent(event(named(BROKER, 'AROABROKER'), sessionId, { responseElements: again }), 'a');
    expect(kinds(twice)).toEqual(['second_session']);

    const missing = reconciliation([BROKER]);
    missing.addRecord(auditRecord(discarded));
    expect(kinds(missing)).toEqual(['event_missing']);
  });

  it('without credentials has no key in its record: an event of some is one', () => {
    const one = reconciliation([BROKER]);
    const { accessKeyId: _, ...record } = auditRecord({ ...discarded, code: 'sts_throttled' });
    one.addRecord(record);
    one.addEvent(event(named(BROKER, 'AROABROKER'), sessionId), 'a');
    expect(kinds(one)).toEqual(['issued_after_all']);
  });
});

describe('What is held', () => {
  it('is bounded for calls under foreign names: the rest is counted', () => {
    const one = reconciliation([BROKER]);
    for (let index = 0; index < 1500; index += 1) one.addEvent(event(named(BROKER, 'AROABROKER'), `x${index}`), 'a');
    const { findings } = one.finish();
    expect(findings).toHaveLength(1001);
    expect(findings.map(({ message }) => message)).toContain(`500 more such calls by ${BROKER}`);
  });
});

describe('What to revoke', () => {
  it('says until when it works, in CloudTrail’s own way of writing that', () => {
    const one = reconciliation([BROKER]);
    one.addEvent(event(named(BROKER, 'AROABROKER'), 'backdoor'), 'a');
    expect(one.finish().findings[0]?.revoke).toEqual({
      roleArn: ROLE,
      roleSessionName: 'backdoor',
      accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      until: '2026-01-15T14:00:00.000Z',
    });
  });

  it('is nothing when the credentials have ended, but the finding stays', () => {
    const one = reconciliation([BROKER]);
    const ended = { credentials: { accessKeyId: 'ASIAEXAMPLEEXAMPLE12', expiration: 'Jan 15, 2026, 12:30:00 PM' } };
    one.addEvent(event(named(BROKER, 'AROABROKER'), 'backdoor', { responseElements: ended }), 'a');
    const [finding] = one.finish().findings;
    expect(finding?.kind).toBe('foreign_session');
    expect(finding?.revoke).toBeUndefined();
  });

  it('is nothing for a call that was refused', () => {
    const one = reconciliation([BROKER]);
    const refused = { responseElements: null, errorCode: 'AccessDenied' };
    one.addEvent(event(named(BROKER, 'AROABROKER'), 'backdoor', refused), 'a');
    const [finding] = one.finish().findings;
    expect(finding).toMatchObject({
      kind: 'foreign_session',
      message: expect.stringContaining('was refused (AccessDenied)'),
    });
    expect(finding?.revoke).toBeUndefined();
  });
});
