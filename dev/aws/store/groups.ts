import { uniqueId } from '../identifiers.ts';
import { type Entity, EntityStore, entityArn } from './entity.ts';
import type { User } from './users.ts';

/** A group is a way to give policies to users; it is nobody, and no policy can name it. */
export interface Group extends Entity {
  readonly members: Set<User>;
}

/** The groups of all accounts. */
export class GroupStore extends EntityStore<Group> {
  constructor() {
    super('Group');
  }

  /** @throws AwsError EntityAlreadyExists, ValidationError */
  create(group: { readonly arn: string }, now: number): Group {
    return this.add({
      ...entityArn(group.arn, 'group'),
      arn: group.arn,
      id: uniqueId('AGPA', 21),
      createdAt: now,
      inlinePolicies: new Map(),
      attachedPolicyArns: [],
      members: new Set(),
    });
  }

  /** In order of path and name. */
  of(user: User): Group[] {
    return this.inAccount(user.accountId).filter(({ members }) => members.has(user));
  }
}
