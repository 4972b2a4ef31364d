import type { AuditRecord } from '../../../lib/audit/record.ts';
import type { AuditAnswer } from '../../../lib/http/contract.ts';
import type { CallRecord } from '../../aws/calls.ts';
import { type Demo, refused, type SeenSession, signedIn, usernameOf } from '../context.ts';
import { expectEqual, expectThat } from '../expect.ts';

/** What is left of it all: the audit log, and what AWS saw. */

export async function devMayNotReadTrail(demo: Demo): Promise<void> {
  demo.transcript.step('dev may not read the audit log');
  const dev = await signedIn(demo, 'dev');
  const answer = await demo.api.get('/v1/audit', dev);
  refused(demo, answer, { status: 403, code: 'access_denied', missing: ['grant'], to: dev });
}

export async function auditorReadsTrail(demo: Demo): Promise<void> {
  const { transcript, sessions } = demo;
  transcript.step('auditor may: every session of this demo is there, who, what, and how it ended');
  const auditor = await signedIn(demo, 'auditor');
  const answer = await demo.api.get('/v1/audit?order=oldest&limit=500', auditor);
  expectEqual('status of the audit log', answer.status, 200);
  const { records, cursor } = answer.body as AuditAnswer;
  expectEqual('more pages of the audit log', cursor, undefined);
  const bySession = Map.groupBy(records as unknown as AuditRecord[], ({ sessionId }) => sessionId);
  transcript.table(['TIME', 'CALLER', 'ROLE', 'SESSION', 'RECORDS'], [...bySession.values()].map(row));

  for (const session of sessions) expectSession(session, bySession.get(session.sessionId) ?? []);
  const known = new Set(sessions.map(({ sessionId }) => sessionId));
  // The ledger's keeper notes in its own time that the access policy is a new one.
  const others = [...bySession.values()]
    .flat()
    .filter(({ sessionId, action }) => !known.has(sessionId) && action !== 'policy-change');
  expectEqual(
    'the only other record is that of the reading itself',
    others.map(({ action, phase, outcome, caller }) => ({ action, phase, outcome, username: caller?.username })),
    [{ action: 'audit', phase: 'outcome', outcome: 'allowed', username: usernameOf(auditor) }],
  );
}

/** An issued session has an intent and an outcome; a refusal has its outcome. */
function expectSession({ sessionId, outcome, username }: SeenSession, records: readonly AuditRecord[]): void {
  expectEqual(
    `records of session ${sessionId}`,
    records.map(({ phase, outcome, caller }) => ({ phase, outcome, username: caller?.username })),
    [
      ...(outcome === 'issued' ? [{ phase: 'intent', outcome: undefined, username }] : []),
      { phase: 'outcome', outcome, username },
    ],
  );
}

function row(records: readonly AuditRecord[]): string[] {
  const { sessionId, time = '', caller, role, permission, action } = records[0] ?? { sessionId: '' };
  const told = records.map(({ phase, outcome, code, denial }) =>
    phase === 'intent' ? phase : [outcome, denial ?? code].filter((part) => part !== undefined).join(' '),
  );
  return [time.slice(11, 19), caller?.username ?? '-', role ?? permission ?? action ?? '-', sessionId, told.join(', ')];
}

export async function stsWasAskedOnce({ transcript, local, sessions, signal }: Demo): Promise<void> {
  transcript.step('AWS was asked for a session exactly as often as credentials were issued');
  transcript.asked(`GET ${local.aws}/_calls`);
  const calls = (await (await fetch(`${local.aws}/_calls`, { signal })).json()) as readonly CallRecord[];
  const assumed = calls.filter(({ action }) => action === 'AssumeRole');
  const expected = sessions.filter(({ outcome }) => outcome === 'issued');
  const refusals = sessions.length - expected.length;
  expectThat(expected.length > 0, 'sessions issued in this demo', 'some', expected.length);
  expectEqual(
    'the AssumeRole calls that AWS saw, by session and outcome',
    assumed.map(({ roleSessionName = '', outcome }) => ({ session: roleSessionName.slice(0, 26), outcome })),
    expected.map(({ sessionId }) => ({ session: sessionId, outcome: 'ok' })),
  );
  transcript.came(
    `${assumed.length} AssumeRole calls; ${expected.length} sessions issued, ${refusals} requests turned away`,
    true,
  );
}
