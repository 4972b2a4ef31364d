import type { AuditRecord } from '../../audit/record.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Json, JsonObject } from '../../json.ts';
import { type CompiledGrant, compileGrant } from '../compiled-grant.ts';
import { decide } from '../decide.ts';
import type { AccessRequest, AccessTarget, Decision } from '../decision.ts';
import { factsOf } from '../facts.ts';
import { claimsLookedAt } from '../looked-at.ts';
import { PERMISSIONS, type Permission, type Role } from '../policy.ts';
import type { PolicyIndex } from '../policy-index.ts';
import type { Past } from './past.ts';
import { type Conclusion, conclude } from './replay-partly.ts';
import type { Knowledge } from './weigh-partly.ts';

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
  /**
   * What it was decided by: the claims of the record, claims that were given beside it and may be of another day, or
   * the part of them that is known and what the recorded decision itself tells.
   */
  readonly by: 'record' | 'callers' | 'inference';
  /** In a sentence, unless the same. */
  readonly why?: string;
}

/** What is known besides the records. */
export interface Beside {
  /** The policy that the decisions were made by. */
  readonly past?: Past;
  /** All claims of somebody, undefined when they are not known. */
  readonly claimsOf?: (issuer: string, username: string) => JsonObject | undefined;
}

/**
 * Decides a recorded request anew, with the circumstances and the time of its record.
 *
 * @returns undefined for records that hold no decision: intents, refusals before one was made, other actions
 */
export function replay(index: PolicyIndex, record: AuditRecord, beside: Beside = {}): Replayed | undefined {
  const { phase, caller, denial, grant, sessionId, time } = record;
  const target = targetOf(record);
  if (phase !== 'outcome' || caller === undefined || target === undefined) return undefined;
  const wasAllowed = denial === undefined && grant !== undefined;
  if (!wasAllowed && denial === undefined) return undefined;
  const name = target.kind === 'role' ? target.role : target.permission;
  const about = { sessionId, time, caller: caller.username, target: name };
  const issuer = index.issuers.get(caller.issuer);
  if (issuer === undefined) {
    const why = `issuer ${caller.issuer} is not trusted any more`;
    return { ...about, by: 'record', ...(wasAllowed ? { verdict: 'refused', why } : { verdict: 'same' }) };
  }
  const given = beside.claimsOf?.(caller.issuer, caller.username);
  const found = targetIn(index, name);
  const known = knownOf(record, given);
  const request: AccessRequest = {
    caller: callerOf(record, caller, issuer.url, known),
    target,
    durationSeconds: record.requestedDurationSeconds,
    reason: record.reason,
    ticket: record.ticket,
    sourceIp: record.sourceIp,
    userAgent: record.userAgent,
    now: Date.parse(time),
  };
  const isWhole =
    found.claims.every(known.knowsClaim) &&
    (known.knowsSignIn || !found.looksAtSignIn) &&
    (known.expiresAt !== undefined || !issuer.sessionsEndWithToken);
  if (isWhole) {
    const by = found.claims.some((claim) => !isRecorded(record, claim)) ? 'callers' : 'record';
    return { ...about, by, ...compare(record, wasAllowed, decide(index, request)) };
  }
  // Whatever else is unknown: this very policy made the decision.
  if (record.policyDigest === index.policy.digest) return { ...about, by: 'inference', verdict: 'same' };
  const knowledge: Knowledge = { ...known, facts: factsOf(request) };
  const conclusion = conclude(index, found, knowledge, (one) => beside.past?.infer(record, one, name));
  return { ...about, by: 'inference', ...compareConclusion(record, wasAllowed, conclusion) };
}

type Verdict = Pick<Replayed, 'verdict' | 'why'>;

function compare(record: AuditRecord, wasAllowed: boolean, decision: Decision): Verdict {
  if (decision.effect === 'deny') {
    if (!wasAllowed) return { verdict: 'same' };
    const missing = decision.missing.map(({ message }) => message).join('; ');
    return { verdict: 'refused', why: `${decision.reason}: ${missing}` };
  }
  if (!wasAllowed) return { verdict: 'allowed', why: `by grant ${decision.grant}` };
  return decision.kind === 'permission'
    ? { verdict: 'same' }
    : compareSessions(record, decision.role, decision.durationSeconds, decision.grant);
}

function compareConclusion(record: AuditRecord, wasAllowed: boolean, conclusion: Conclusion): Verdict {
  switch (conclusion.effect) {
    case 'deny':
      return wasAllowed ? { verdict: 'refused', why: conclusion.why } : { verdict: 'same' };
    case 'unknown':
      return { verdict: 'unknown', why: `${conclusion.why} (${gapOf(record)})` };
    case 'allow':
      if (!wasAllowed) return { verdict: 'allowed', why: `by grant ${conclusion.grant}` };
      if (conclusion.session === undefined) return { verdict: 'same' };
      return compareSessions(record, conclusion.session.role, conclusion.session.seconds, conclusion.grant);
  }
}

/** Why something is not known. */
function gapOf({ claims, claimsOmitted = [] }: AuditRecord): string {
  if (claims === undefined) return 'the record holds no claims';
  return claimsOmitted.length > 0 ? 'the record had no room for all claims' : 'nobody looked at it then';
}

function compareSessions(record: AuditRecord, { arn }: Role, seconds: number, grant: string): Verdict {
  const { durationSeconds: was, roleArn } = record;
  if (roleArn !== undefined && roleArn !== arn) {
    return { verdict: 'changed', why: `a session of ${arn}, was of ${roleArn}` };
  }
  if (was === undefined || seconds === was) return { verdict: 'same' };
  const why = `${seconds} s by grant ${grant}, was ${was} s by ${record.grant}`;
  return { verdict: seconds > was ? 'longer' : 'shorter', why };
}

function targetOf({ action, role, permission }: AuditRecord): AccessTarget | undefined {
  if (action === 'credentials' || action === 'console') return role === undefined ? undefined : { kind: 'role', role };
  const known = action === 'audit' ? PERMISSIONS.find((one) => one === permission) : undefined;
  return known === undefined ? undefined : { kind: 'permission', permission: known };
}

interface Known extends Omit<Knowledge, 'facts'> {
  readonly claims: JsonObject;
  /** Epoch seconds; undefined when it is not known when the token ended. */
  readonly expiresAt: number | undefined;
}

/** What the record holds goes before what was given beside it: it was so at that moment. */
function knownOf(record: AuditRecord, given: JsonObject | undefined): Known {
  return {
    claims: { ...given, ...record.claims },
    knowsClaim: (name) => given !== undefined || isRecorded(record, name),
    knowsSignIn: isRecorded(record, 'auth_time'),
    expiresAt: seconds(record.claims?.['exp']),
  };
}

function isRecorded({ claims }: AuditRecord, name: string): boolean {
  return claims !== undefined && Object.hasOwn(claims, name);
}

function callerOf(
  record: AuditRecord,
  { issuer, subject, username }: NonNullable<AuditRecord['caller']>,
  issuerUrl: string,
  { claims, expiresAt }: Known,
): Caller {
  return {
    issuer,
    issuerUrl,
    subject,
    username,
    claims,
    authenticatedAt: seconds(record.claims?.['auth_time']),
    issuedAt: Math.floor(Date.parse(record.time) / 1000),
    expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
    tokenSha256: record.tokenSha256 ?? '',
  };
}

function seconds(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** All grants that speak of one role or permission, in file order, and what they look at. */
export interface ReplayTarget {
  readonly role: Role | undefined;
  readonly allow: readonly CompiledGrant[];
  readonly deny: readonly CompiledGrant[];
  readonly claims: readonly string[];
  readonly looksAtSignIn: boolean;
}

const TARGETS = new WeakMap<PolicyIndex, Map<string, ReplayTarget>>();

function targetIn(index: PolicyIndex, name: string): ReplayTarget {
  let known = TARGETS.get(index);
  if (known === undefined) {
    known = targetsOf(index);
    TARGETS.set(index, known);
  }
  return known.get(name) ?? NOBODY;
}

const NOBODY: ReplayTarget = { role: undefined, allow: [], deny: [], claims: [], looksAtSignIn: false };

function targetsOf(index: PolicyIndex): Map<string, ReplayTarget> {
  const grants = new Map<string, CompiledGrant[]>();
  for (const [order, grant] of index.policy.grants.entries()) {
    const compiled = compileGrant(grant, order);
    for (const target of [...grant.roles, ...grant.permissions] as readonly (string | Permission)[]) {
      const known = grants.get(target);
      if (known === undefined) grants.set(target, [compiled]);
      else known.push(compiled);
    }
  }
  return new Map(
    [...grants].map(([target, all]) => [
      target,
      {
        role: index.roles.get(target)?.role,
        allow: all.filter(({ grant }) => grant.effect === 'allow'),
        deny: all.filter(({ grant }) => grant.effect === 'deny'),
        claims: claimsLookedAt(all),
        looksAtSignIn: all.some(({ condition }) =>
          condition.clauses.some(({ key }) => key === 'session:authAgeSeconds'),
        ),
      },
    ]),
  );
}
