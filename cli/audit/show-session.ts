import { spokenDuration } from '../duration.ts';
import { table } from '../text.ts';
import { beganAt, type Found, validity } from './find-session.ts';

/** One session for a person to read: who, what, when, why. */
export function shownSession({ record, by, disagreements }: Found, now: number): string {
  const { caller } = record;
  const doubts = disagreements.map(({ what, evidence }) => `${what} is ${evidence}`);
  const rows: (readonly [string, string | undefined])[] = [
    ['careful', doubts.length === 0 ? undefined : `maybe another session: the line’s ${doubts.join(', its ')}`],
    ['person', caller === undefined ? 'not verified' : caller.username],
    ['issuer', caller === undefined ? undefined : `${caller.issuer} (subject ${caller.subject})`],
    ['role', [record.role, record.roleArn].filter((part) => part !== undefined).join('  ') || undefined],
    ['account', [record.account, record.accountId].filter((part) => part !== undefined).join('  ') || undefined],
    ['outcome', outcome(record)],
    ['console', consoleOf(record)],
    ['began', beganAt(record)],
    ['until', until(record, now)],
    ['reason', record.reason],
    ['ticket', record.ticket],
    ['grant', record.grant],
    ['source IP', record.sourceIp],
    ['user agent', record.userAgent],
    ['access key', record.accessKeyId],
    ['session', record.sessionId],
    ['request', record.requestId],
    ['policy', record.policyDigest],
    ['found by', FOUND_BY[by]],
  ];
  return `${table(rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))}\n`;
}

/** The same for a machine; the record as it is, but for its trace. */
export function sessionJson(
  { evidence, record: { trace: _, ...record }, by, disagreements }: Found,
  now: number,
): object {
  const { isValid, secondsLeft } = validity(record, now);
  return {
    asked: evidence.shown,
    foundBy: by,
    username: record.caller?.username ?? null,
    began: beganAt(record),
    until: record.expiration ?? null,
    stillValid: isValid,
    secondsLeft: Math.max(0, secondsLeft),
    disagreements,
    record,
  };
}

const FOUND_BY: Readonly<Record<Found['by'], string>> = {
  session: 'session id',
  accessKeyId: 'access key id',
  sourceIdentity: 'source identity: one of the sessions that this person had open then',
};

function outcome({ outcome: ended, code, denial }: Found['record']): string {
  if (ended === undefined) return 'none is recorded: nobody knows whether AWS issued credentials; none left the broker';
  const why = [code, denial].filter((part) => part !== undefined);
  return why.length === 0 ? ended : `${ended} (${why.join(', ')})`;
}

function consoleOf({ action, destination }: Found['record']): string | undefined {
  if (action !== 'console') return undefined;
  return `${destination ?? 'no page'}; its calls have access keys of their own`;
}

function until(record: Found['record'], now: number): string | undefined {
  if (record.expiration === undefined) return undefined;
  const { isValid, secondsLeft } = validity(record, now);
  if (isValid) return `${record.expiration}  still valid: ${spokenDuration(secondsLeft)} left`;
  return `${record.expiration}  ended ${spokenDuration(-secondsLeft)} ago`;
}
