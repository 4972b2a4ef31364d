import type { AuditRecord } from '../../audit/record.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Json } from '../../json.ts';
import { compileGrant } from '../compiled-grant.ts';
import { decide } from '../decide.ts';
import type { AccessTarget, Decision } from '../decision.ts';
import { claimsLookedAt } from '../looked-at.ts';
import { PERMISSIONS, type Permission } from '../policy.ts';
import type { PolicyIndex } from '../policy-index.ts';

/**
 * What a recorded decision would be under another policy:
 *
 * - `same`: the same answer
 * - `refused`: it was allowed and would be denied
 * - `allowed`: it was denied and would be allowed
 * - `changed`: a session of another role in AWS, under the same name
 * - `shorter`, `longer`: a session of another length
 * - `unknown`: the record does not hold what it would take to tell (`why`)
 */
export interface Replayed {
  readonly verdict: 'same' | 'refused' | 'allowed' | 'changed' | 'shorter' | 'longer' | 'unknown';
  readonly sessionId: string;
  readonly time: string;
  readonly caller: string;
  /** Role id or permission. */
  readonly target: string;
  /** In a sentence, unless the same. */
  readonly why?: string;
}

/**
 * Decides a recorded request anew, with the claims, the circumstances and the time of its record.
 *
 * @returns undefined for records that hold no decision: intents, refusals before one was made, other actions
 */
export function replay(index: PolicyIndex, record: AuditRecord): Replayed | undefined {
  const target = targetOf(record);
  if (record.phase !== 'outcome' || record.caller === undefined || target === undefined) return undefined;
  const wasAllowed = record.denial === undefined && record.grant !== undefined;
  if (!wasAllowed && record.denial === undefined) return undefined;
  const name = target.kind === 'role' ? target.role : target.permission;
  const { sessionId, time } = record;
  const about = { sessionId, time, caller: record.caller.username, target: name };
  const caller = callerOf(index, record, name);
  if (typeof caller === 'string') return { ...about, verdict: 'unknown', why: caller };
  if (caller === undefined) {
    const why = `issuer ${record.caller.issuer} is not trusted any more`;
    return wasAllowed ? { ...about, verdict: 'refused', why } : { ...about, verdict: 'same' };
  }
  const decision = decide(index, {
    caller,
    target,
    durationSeconds: record.requestedDurationSeconds,
    reason: record.reason,
    ticket: record.ticket,
    sourceIp: record.sourceIp,
    userAgent: record.userAgent,
    now: Date.parse(time),
  });
  return { ...about, ...compare(record, wasAllowed, decision) };
}

function compare(record: AuditRecord, wasAllowed: boolean, decision: Decision): Pick<Replayed, 'verdict' | 'why'> {
  if (decision.effect === 'deny') {
    if (!wasAllowed) return { verdict: 'same' };
    const missing = decision.missing.map(({ message }) => message).join('; ');
    return { verdict: 'refused', why: `${decision.reason}: ${missing}` };
  }
  if (!wasAllowed) return { verdict: 'allowed', why: `by grant ${decision.grant}` };
  if (decision.kind === 'permission') return { verdict: 'same' };
  const { durationSeconds, grant, role } = decision;
  if (record.roleArn !== undefined && record.roleArn !== role.arn) {
    return { verdict: 'changed', why: `a session of ${role.arn}, was of ${record.roleArn}` };
  }
  if (record.durationSeconds === undefined) return { verdict: 'same' };
  if (durationSeconds === record.durationSeconds) return { verdict: 'same' };
  const why = `${durationSeconds} s by grant ${grant}, was ${record.durationSeconds} s by ${record.grant}`;
  return { verdict: durationSeconds > record.durationSeconds ? 'longer' : 'shorter', why };
}

function targetOf({ action, role, permission }: AuditRecord): AccessTarget | undefined {
  if (action === 'credentials') return role === undefined ? undefined : { kind: 'role', role };
  const known = action === 'audit' ? PERMISSIONS.find((one) => one === permission) : undefined;
  return known === undefined ? undefined : { kind: 'permission', permission: known };
}

/** The caller as the record has them; a sentence when it does not, undefined when the issuer is gone. */
function callerOf(index: PolicyIndex, record: AuditRecord, target: string): Caller | string | undefined {
  const { caller, claims, claimsOmitted = [] } = record;
  if (caller === undefined || claims === undefined) return 'the record holds no claims';
  const unknown = claimsOf(index, target).filter((name) => !Object.hasOwn(claims, name));
  const [first] = unknown;
  if (first !== undefined) {
    const why = claimsOmitted.includes(first)
      ? 'the record had no room for it'
      : 'the policy of its time did not look at it';
    return `the policy looks at the claim ${first}, and ${why}`;
  }
  const issuer = index.issuers.get(caller.issuer);
  if (issuer === undefined) return undefined;
  const made = Math.floor(Date.parse(record.time) / 1000);
  return {
    issuer: issuer.name,
    issuerUrl: issuer.url,
    subject: caller.subject,
    username: caller.username,
    claims,
    authenticatedAt: seconds(claims['auth_time']),
    issuedAt: made,
    expiresAt: seconds(claims['exp']) ?? made + 3600,
    tokenSha256: record.tokenSha256 ?? '',
  };
}

function seconds(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** By target; kept as long as the index is. */
const LOOKED_AT = new WeakMap<PolicyIndex, Map<string, readonly string[]>>();

/** The claims that decide about one target. */
function claimsOf(index: PolicyIndex, target: string): readonly string[] {
  const known = LOOKED_AT.get(index) ?? new Map<string, readonly string[]>();
  LOOKED_AT.set(index, known);
  const found = known.get(target);
  if (found !== undefined) return found;
  // A denied caller may have asked for anything: looking through all grants for each of those names would take long.
  if (!index.roles.has(target) && !index.permissions.has(target as Permission)) return [];
  const grants = index.policy.grants.filter(
    (grant) => grant.roles.includes(target) || grant.permissions.includes(target as Permission),
  );
  const claims = claimsLookedAt(grants.map((grant) => compileGrant(grant, 0)));
  known.set(target, claims);
  return claims;
}
