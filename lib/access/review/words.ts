import { compileCondition } from '../../iam/condition.ts';
import { findOperator } from '../../iam/operators.ts';
import type { ConditionBlock, Grant } from '../policy.ts';

/** One clause of a condition, as the policy has it and as one would say it to a reviewer. */
export interface ConditionInWords {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
  readonly words: string;
}

export function conditionsInWords(condition: ConditionBlock): ConditionInWords[] {
  return compileCondition(condition).condition.clauses.map(({ operator, key, values }) => ({
    operator,
    key,
    values,
    words: clauseInWords({ operator, key, values }),
  }));
}

/**
 * Exactly what a clause wants, for somebody who may see the whole policy. That a clause also holds when there is
 * nothing to compare is said, because it is what reviewers overlook.
 */
export function clauseInWords(clause: Omit<ConditionInWords, 'words'>): string {
  const { operator, key, values } = clause;
  const subject = key.startsWith('claim:') ? key.slice('claim:'.length) : (SUBJECTS[key] ?? key);
  const found = findOperator(operator);
  if ('message' in found) return `${operator} ${key}: ${values.join(', ')}`;
  const { quantifier, ifExists, comparison } = found;
  if (quantifier === 'null') return nullInWords(subject, values);
  const verb = VERBS[comparison.name] ?? comparison.name;
  const which = quantifier === 'none' ? '' : quantifier === 'any' ? 'some ' : 'every ';
  const holdsOfNothing = quantifier === 'all' || ifExists || (quantifier === 'none' && comparison.negated);
  return `${which}${subject} ${verb} ${values.join(' or ')}${holdsOfNothing ? ' (or there is none)' : ''}`;
}

/** Whom a grant is for: issuers and claims. */
export function whoInWords({ callers, issuers }: Pick<Grant, 'callers' | 'issuers'>): string {
  const claims = Object.entries(callers).map(([claim, patterns]) => `${claim}: ${patterns.join(' | ')}`);
  const everyone = claims.length === 0 ? ['everyone'] : claims;
  return [...everyone, ...(issuers.length === 0 ? [] : [`from ${issuers.join(' | ')}`])].join(', ');
}

const SUBJECTS: Readonly<Record<string, string>> = {
  'session:authAgeSeconds': 'seconds since the sign-in',
  'session:issuer': 'the issuer',
  'session:username': 'the username',
  'request:durationSeconds': 'seconds asked for',
  'request:reason': 'the reason',
  'request:ticket': 'the ticket',
  'aws:SourceIp': 'the source address',
  'aws:UserAgent': 'the user agent',
  'aws:CurrentTime': 'the time',
  'aws:EpochTime': 'the time',
};

const VERBS: Readonly<Record<string, string>> = {
  StringEquals: 'is',
  StringNotEquals: 'is not',
  StringEqualsIgnoreCase: 'is, in any case,',
  StringNotEqualsIgnoreCase: 'is not, in any case,',
  StringLike: 'is like',
  StringNotLike: 'is not like',
  NumericEquals: 'is',
  NumericNotEquals: 'is not',
  NumericLessThan: 'is less than',
  NumericLessThanEquals: 'is at most',
  NumericGreaterThan: 'is more than',
  NumericGreaterThanEquals: 'is at least',
  DateEquals: 'is',
  DateNotEquals: 'is not',
  DateLessThan: 'is before',
  DateLessThanEquals: 'is no later than',
  DateGreaterThan: 'is after',
  DateGreaterThanEquals: 'is no earlier than',
  Bool: 'is',
  BinaryEquals: 'is the bytes',
  IpAddress: 'is in',
  NotIpAddress: 'is not in',
  ArnEquals: 'is like',
  ArnNotEquals: 'is not like',
  ArnLike: 'is like',
  ArnNotLike: 'is not like',
};

function nullInWords(subject: string, values: readonly string[]): string {
  const wanted = new Set(values.map((value) => value.toLowerCase()));
  if (wanted.size > 1) return `${subject} is there or not`;
  return wanted.has('true') ? `${subject} is absent` : `${subject} is there`;
}
