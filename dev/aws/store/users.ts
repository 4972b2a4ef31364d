import { uniqueId } from '../identifiers.ts';
import { type Actor, EntityStore, entityArn } from './entity.ts';
import type { LastUse } from './roles.ts';

export interface User extends Actor {
  /** By id, in order of making. Their secrets are in the credential store only. */
  readonly accessKeys: Map<string, AccessKey>;
}

export interface AccessKey {
  active: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  lastUsed: LastUse | undefined;
}

export interface NewUser {
  readonly arn: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly boundaryArn?: string | undefined;
}

/** The IAM users of all accounts. */
export class UserStore extends EntityStore<User> {
  constructor() {
    super('User');
  }

  /** @throws AwsError EntityAlreadyExists, ValidationError */
  create(user: NewUser, now: number): User {
    return this.add({
      ...entityArn(user.arn, 'user'),
      arn: user.arn,
      id: uniqueId('AIDA', 21),
      createdAt: now,
      inlinePolicies: new Map(),
      attachedPolicyArns: [],
      tags: new Map(Object.entries(user.tags ?? {})),
      boundaryArn: user.boundaryArn,
      accessKeys: new Map(),
    });
  }
}
