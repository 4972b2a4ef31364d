import type { ActionSet } from './action.ts';
import type { Condition } from './condition.ts';
import type { PrincipalSet } from './principal-set.ts';
import type { ResourceSet } from './resource.ts';

/**
 * Where a policy document is attached, which decides what it may hold and what it means.
 *
 * | kind     | attached to                                  | names a principal | names resources |
 * | -------- | -------------------------------------------- | ----------------- | --------------- |
 * | identity | a user, group or role                        | no                | yes             |
 * | boundary | a user or role, as its permissions boundary  | no                | yes             |
 * | session  | a session, passed to AssumeRole              | no                | yes             |
 * | scp      | an organization's root, unit or account      | no                | yes             |
 * | rcp      | the same, for what is done to resources      | `*` only          | yes             |
 * | resource | a bucket, queue, key …                       | yes               | yes             |
 * | trust    | a role: who may assume it                    | yes               | no              |
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
 */
export type PolicyKind = 'identity' | 'boundary' | 'session' | 'scp' | 'rcp' | 'resource' | 'trust';

export const POLICY_KINDS: readonly PolicyKind[] = [
  'identity',
  'boundary',
  'session',
  'scp',
  'rcp',
  'resource',
  'trust',
];

/** Kinds in whose statements `Principal` means something. */
export function namesPrincipals(kind: PolicyKind): boolean {
  return kind === 'resource' || kind === 'trust' || kind === 'rcp';
}

/** The two versions of the policy language. A document without `Version` is of the older one. */
export type PolicyVersion = '2008-10-17' | '2012-10-17';

/** A policy document, parsed and compiled: immutable, and ready to be asked any number of times. */
export interface PolicyDocument {
  readonly kind: PolicyKind;
  readonly version: PolicyVersion;
  readonly statements: readonly Statement[];
}

export type Effect = 'Allow' | 'Deny';

export interface Statement {
  /** Place in the document, from 0. */
  readonly index: number;
  readonly sid: string | undefined;
  readonly effect: Effect;
  readonly actions: ActionSet;
  /** Undefined where the document leaves it out: then it means what the document is attached to. */
  readonly resources: ResourceSet | undefined;
  /** Undefined in kinds without principals, and where the document leaves it out. */
  readonly principals: PrincipalSet | undefined;
  readonly condition: Condition;
}
