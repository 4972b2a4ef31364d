import type { AuditRecord } from '../../lib/audit/record.ts';
import { newSessionId } from '../../lib/session-id.ts';
import { NOW } from './broker.ts';

/** The outcome record of an issued session, of its own id each time. */
export function auditRecord(more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    schema: 1,
    phase: 'outcome',
    sessionId: newSessionId(NOW),
    requestId: 'r',
    time: new Date(NOW).toISOString(),
    action: 'credentials',
    outcome: 'issued',
    policyDigest: 'd',
    caller: { issuer: 'corp', subject: 's', username: 'dev@example.com' },
    role: 'prod/ReadOnly',
    account: 'prod',
    accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
    ...more,
  };
}
