import type { Clause } from '../iam/condition.ts';
import type { Missing } from './decision.ts';

/**
 * What a caller may be told of why they were refused, in words.
 *
 * A grant that is not meant for the caller gives away no more than the claims that grants look at. Of a grant that
 * is meant for them, conditions are named with what they expect only where that says nothing about others: how one
 * signed in, how long ago, when, and what was sent with the request. Group names, user names, issuers and networks
 * stay in the audit record.
 */
const TOLD = new Set([
  'claim:amr',
  'claim:acr',
  'claim:email_verified',
  'session:authAgeSeconds',
  'request:durationSeconds',
  'request:reason',
  'request:ticket',
  'aws:CurrentTime',
  'aws:EpochTime',
]);

/** More would not help anyone, and an answer has a size. */
const MAX_MISSING = 10;

export function missingGrant(target: string, claims: readonly string[]): Missing {
  const looked = claims.length === 0 ? '' : `; grants look at ${claims.join(', ')}`;
  return { kind: 'grant', claims, message: `no grant gives you ${target}${looked}` };
}

export function missingCondition(clause: Clause): Missing {
  const expected = TOLD.has(clause.key) ? clause.values : [];
  return {
    kind: 'condition',
    operator: clause.operator,
    key: clause.key,
    expected,
    message: conditionInWords(clause, expected),
  };
}

export const MISSING_REASON: Missing = { kind: 'reason', message: 'say why you need it: a reason is required' };
export const MISSING_TICKET: Missing = { kind: 'ticket', message: 'name a ticket: one is required' };
export const MISSING_SIGN_IN: Missing = {
  kind: 'sign_in',
  message: 'sign in again: your sign-in ends in less than 15 minutes, and no session is shorter',
};
export const DENIED: Missing = { kind: 'denied', message: 'a rule of the access policy denies this to you' };

export function missingClaim(claim: string, message: string): Missing {
  return { kind: 'claim', claim, message };
}

/** The same thing missing in several grants is said once. */
export function distinct(missing: readonly Missing[]): Missing[] {
  const seen = new Map<string, Missing>();
  for (const item of missing) {
    if (seen.size === MAX_MISSING) break;
    const key = JSON.stringify(item);
    if (!seen.has(key)) seen.set(key, item);
  }
  return [...seen.values()];
}

/** What to do about a condition. `expected` are the values that may be named; with none, it says only what is looked at. */
export function conditionInWords({ operator, key }: Clause, expected: readonly string[]): string {
  const values = expected.join(' or ');
  const claim = key.startsWith('claim:') ? key.slice('claim:'.length) : undefined;
  if (claim === 'amr' && /^ForAnyValue:String(Equals|Like)/.test(operator)) {
    const lead = expected.includes('mfa') ? 'sign in with MFA' : 'sign in another way';
    return `${lead}: amr must include ${values}`;
  }
  if (key === 'session:authAgeSeconds' && operator.startsWith('NumericLessThan')) {
    return `sign in again: your sign-in must be ${inWords(operator)} ${values} seconds old`;
  }
  if (key === 'aws:SourceIp' && expected.length === 0) return 'use a network from which this is allowed';
  if (expected.length > 0) return `${claim ?? key} must be ${[inWords(operator), values].join(' ').trim()}`;
  if (claim !== undefined) return `your sign-in's "${claim}" is not what is needed here`;
  return `${key} is not what is needed here`;
}

function inWords(operator: string): string {
  const name = operator.replace(/^For(Any|All)Values?:/, '').replace(/IfExists$/, '');
  if (name.includes('Not')) return 'other than';
  if (name.endsWith('LessThanEquals')) return 'at most';
  if (name.endsWith('LessThan')) return 'less than';
  if (name.endsWith('GreaterThanEquals')) return 'at least';
  if (name.endsWith('GreaterThan')) return 'more than';
  if (name === 'Null') return 'absent:';
  return name.endsWith('Like') ? 'like' : '';
}
