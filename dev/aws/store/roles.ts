import { uniqueId } from '../identifiers.ts';
import { type Actor, EntityStore, entityArn } from './entity.ts';
import { type StoredPolicy, storedPolicy } from './stored-policy.ts';

/** An IAM role of one of the stand-in's accounts. */
export interface Role extends Actor {
  description: string;
  trustPolicy: StoredPolicy;
  /** Seconds, 3600–43200. */
  maxSessionDuration: number;
  lastUsed: LastUse | undefined;
}

/** When credentials were last used, and in which region. */
export interface LastUse {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly region: string;
  readonly service: string;
}

export interface NewRole {
  readonly arn: string;
  readonly trustPolicy: string;
  readonly maxSessionDuration?: number;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly boundaryArn?: string | undefined;
}

/** The roles of all accounts. */
export class RoleStore extends EntityStore<Role> {
  constructor() {
    super('Role');
  }

  /** @throws AwsError EntityAlreadyExists, MalformedPolicyDocument, ValidationError */
  create(role: NewRole, now: number): Role {
    return this.add({
      ...entityArn(role.arn, 'role'),
      arn: role.arn,
      id: uniqueId('AROA', 21),
      createdAt: now,
      description: role.description ?? '',
      trustPolicy: storedPolicy(role.trustPolicy, 'trust'),
      maxSessionDuration: role.maxSessionDuration ?? 3600,
      inlinePolicies: new Map(),
      attachedPolicyArns: [],
      tags: new Map(Object.entries(role.tags ?? {})),
      boundaryArn: role.boundaryArn,
      lastUsed: undefined,
    });
  }
}
