import { type Attempt, CALLER_ACCOUNT, CALLER_ROLE, type Statements } from './attempt.ts';
import type { Case } from './cases.ts';

/** What the tables of refused calls are written with. */

export const ELSEWHERE = '333333333333';
export const OTHER = `arn:aws:iam::${ELSEWHERE}:role/other`;
export const ACCOUNT = { AWS: CALLER_ACCOUNT };
export const CALLER = { AWS: CALLER_ROLE };

export const allow = (Action: string | string[], more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
});
export const deny = (Action: string | string[], more: object = {}): object => ({
  Effect: 'Deny',
  Action,
  Resource: '*',
  ...more,
});
export const trust = (more: object = {}): Statements => [
  { Effect: 'Allow', Action: 'sts:*', Principal: CALLER, ...more },
];
export const trustIf = (Condition: object, more: object = {}): Statements => trust({ Condition, ...more });
export const trustOnly = (Action: string | string[]): Statements => trust({ Action });
export const tags = (...pairs: [string, string][]): Attempt['Tags'] => pairs.map(([Key, Value]) => ({ Key, Value }));

export function denied(about: string, refused: Attempt, accepted: Attempt, says = /sts:AssumeRole/): Case {
  return { about, refused, accepted, code: 'AccessDenied', status: 403, says };
}
