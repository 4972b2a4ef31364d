import type { AuditRecord } from '../record.ts';
import type { AssumeRoleEvent } from './assume-role-event.ts';

/** As much of a session's records as is compared: the outcome's, or the intent's while there is no other. */
export type Recorded = Pick<
  AuditRecord,
  | 'phase'
  | 'time'
  | 'outcome'
  | 'code'
  | 'role'
  | 'roleArn'
  | 'roleSessionName'
  | 'sourceIdentity'
  | 'accessKeyId'
  | 'expiration'
  | 'stsRequestId'
>;

export function recordedOf(record: AuditRecord): Recorded {
  const { phase, time, outcome, code, role, roleArn, roleSessionName, sourceIdentity } = record;
  const { accessKeyId, expiration, stsRequestId } = record;
  return {
    phase,
    time,
    ...(outcome !== undefined && { outcome }),
    ...(code !== undefined && { code }),
    ...(role !== undefined && { role }),
    ...(roleArn !== undefined && { roleArn }),
    ...(roleSessionName !== undefined && { roleSessionName }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(expiration !== undefined && { expiration }),
    ...(stsRequestId !== undefined && { stsRequestId }),
  };
}

/** Whether two outcome records of one session cannot both be true. */
export function contradicts(one: Recorded, other: Recorded): boolean {
  return one.outcome !== other.outcome || one.accessKeyId !== other.accessKeyId || one.roleArn !== other.roleArn;
}

/** One call, as the accounts that were told of it tell it together. */
export function merged(one: AssumeRoleEvent, other: AssumeRoleEvent): AssumeRoleEvent {
  const knowsCaller = one.caller.roleArn !== undefined || other.caller.roleArn === undefined;
  return knowsCaller ? { ...other, ...one } : { ...one, ...other };
}

/** What event and record of an issued session say differently. What one of them does not say is no difference. */
export function differences(event: AssumeRoleEvent, recorded: Recorded): string[] {
  const pairs: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['access key', event.accessKeyId, recorded.accessKeyId],
    ['role', event.roleArn, recorded.roleArn],
    ['session name', event.sessionName, recorded.roleSessionName],
    ['source identity', event.sourceIdentity, recorded.sourceIdentity],
    ['request id', event.requestId, recorded.stsRequestId],
  ];
  return pairs.flatMap(([what, said, written]) =>
    said === undefined || written === undefined || said === written
      ? []
      : [`${what} ${said} in CloudTrail, ${written} in the record`],
  );
}
