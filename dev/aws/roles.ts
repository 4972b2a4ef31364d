import { AwsError } from './error.ts';
import { uniqueId } from './identifiers.ts';
import type { PolicyDocument } from './policy-document.ts';
import { parsePolicy } from './policy-document.ts';

/** A policy as it was written, and as it was read. */
export interface StoredPolicy {
  readonly text: string;
  readonly document: PolicyDocument;
}

/** An IAM role of one of the stand-in's accounts. IAM changes roles in place, so members are mutable. */
export interface Role {
  readonly partition: string;
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly roleId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  description: string;
  trustPolicy: StoredPolicy;
  /** Seconds, 3600–43200. */
  maxSessionDuration: number;
  /** By name; names are unique whatever their case. */
  readonly inlinePolicies: Map<string, StoredPolicy>;
  attachedPolicyArns: string[];
  readonly tags: Map<string, string>;
}

export interface NewRole {
  readonly arn: string;
  readonly trustPolicy: string;
  readonly maxSessionDuration?: number;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const ROLE_ARN = /^arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):role(\/(?:[\u0021-\u007e]+\/)?)([\w+=,.@-]{1,64})$/;

/** The roles of all accounts, by ARN. Role names are unique in an account without regard to case. */
export class RoleStore {
  readonly #roles = new Map<string, Role>();

  /** @throws AwsError EntityAlreadyExists, MalformedPolicyDocument, ValidationError */
  create(role: NewRole, now: number): Role {
    const [, partition = '', accountId = '', path = '', name = ''] = ROLE_ARN.exec(role.arn) ?? [];
    if (name === '') throw new AwsError('ValidationError', 400, `${role.arn} is not a role ARN`);
    if (this.inAccount(accountId).some((other) => other.name.toLowerCase() === name.toLowerCase())) {
      throw new AwsError('EntityAlreadyExists', 409, `Role with name ${name} already exists.`);
    }
    const created: Role = {
      partition,
      accountId,
      name,
      path,
      arn: role.arn,
      roleId: uniqueId('AROA', 21),
      createdAt: now,
      description: role.description ?? '',
      trustPolicy: { text: role.trustPolicy, document: parsePolicy(role.trustPolicy, 'trust') },
      maxSessionDuration: role.maxSessionDuration ?? 3600,
      inlinePolicies: new Map(),
      attachedPolicyArns: [],
      tags: new Map(Object.entries(role.tags ?? {})),
    };
    this.#roles.set(created.arn, created);
    return created;
  }

  byArn(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  /** In order of path and name, as IAM lists them. */
  inAccount(accountId: string): Role[] {
    return this.all().filter((role) => role.accountId === accountId);
  }

  all(): Role[] {
    return [...this.#roles.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  }

  delete(role: Role): void {
    this.#roles.delete(role.arn);
  }
}
