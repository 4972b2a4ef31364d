import { AwsError } from '../error.ts';
import { uniqueId } from '../identifiers.ts';
import { AWS_MANAGED } from './aws-managed.ts';
import { entityArn } from './entity.ts';
import { checkPolicySize, type StoredPolicy, storedPolicy } from './stored-policy.ts';

/** A policy with an ARN of its own, which users, groups, roles and sessions refer to. */
export interface ManagedPolicy {
  /** `aws` for those that AWS made. */
  readonly owner: string;
  readonly path: string;
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly description: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** By id, in order of making. */
  readonly versions: Map<string, PolicyVersion>;
  defaultVersionId: string;
  /** Of the newest version there ever was: numbers are not used again. */
  latestNumber: number;
  updatedAt: number;
  readonly tags: Map<string, string>;
}

export interface PolicyVersion {
  readonly id: string;
  readonly policy: StoredPolicy;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export interface NewPolicy {
  readonly arn: string;
  readonly text: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const MAXIMUM_CHARACTERS = 6_144;
const MAXIMUM_VERSIONS = 5;
/** 2015-02-06: when AWS brought managed policies out. */
const LONG_AGO = Date.UTC(2015, 1, 6, 18, 40);

/** The managed policies of all accounts, and AWS's own. */
export class ManagedPolicyStore {
  readonly #policies = new Map<string, ManagedPolicy>();

  constructor() {
    for (const { path, name, description, statements } of AWS_MANAGED) {
      const policy = storedPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity');
      const id = uniqueId('ANPA', 21);
      // A policy of AWS's is the same one in every partition.
      for (const partition of ['aws', 'aws-cn', 'aws-us-gov']) {
        const arn = `arn:${partition}:iam::aws:policy${path}${name}`;
        this.#add({ owner: 'aws', path, name, arn, id, description, tags: {} }, policy, LONG_AGO);
      }
    }
  }

  /** @throws AwsError EntityAlreadyExists, MalformedPolicyDocument, LimitExceeded, ValidationError */
  create({ arn, text, description = '', tags = {} }: NewPolicy, now: number): ManagedPolicy {
    const { accountId, path, name } = entityArn(arn, 'policy');
    const policy = readManaged(text);
    const taken = this.inAccount(accountId).some((other) => other.name.toLowerCase() === name.toLowerCase());
    if (taken) {
      throw new AwsError(
        'EntityAlreadyExists',
        409,
        `A policy called ${name} already exists. Duplicate names are not allowed.`,
      );
    }
    return this.#add({ owner: accountId, path, name, arn, id: uniqueId('ANPA', 21), description, tags }, policy, now);
  }

  /** @throws AwsError MalformedPolicyDocument, LimitExceeded */
  addVersion(policy: ManagedPolicy, text: string, asDefault: boolean, now: number): PolicyVersion {
    const stored = readManaged(text);
    if (policy.versions.size === MAXIMUM_VERSIONS) {
      const message =
        `A managed policy can have up to ${MAXIMUM_VERSIONS} versions. ` +
        'Before you create a new version, you must delete an existing version.';
      throw new AwsError('LimitExceeded', 409, message);
    }
    policy.latestNumber += 1;
    const version = { id: `v${policy.latestNumber}`, policy: stored, createdAt: now };
    policy.versions.set(version.id, version);
    if (asDefault) policy.defaultVersionId = version.id;
    policy.updatedAt = now;
    return version;
  }

  byArn(arn: string): ManagedPolicy | undefined {
    return this.#policies.get(arn);
  }

  /** The document in force. */
  defaultOf(arn: string): StoredPolicy | undefined {
    const policy = this.#policies.get(arn);
    return policy?.versions.get(policy.defaultVersionId)?.policy;
  }

  inAccount(accountId: string): ManagedPolicy[] {
    return this.all().filter(({ owner }) => owner === accountId);
  }

  /** Those of AWS that a partition sees. */
  ofAws(partition: string): ManagedPolicy[] {
    return this.all().filter(({ owner, arn }) => owner === 'aws' && arn.startsWith(`arn:${partition}:`));
  }

  all(): ManagedPolicy[] {
    return [...this.#policies.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  }

  delete(policy: ManagedPolicy): void {
    this.#policies.delete(policy.arn);
  }

  #add(
    {
      tags,
      ...given
    }: Pick<ManagedPolicy, 'owner' | 'path' | 'name' | 'arn' | 'id' | 'description'> & {
      readonly tags: Readonly<Record<string, string>>;
    },
    policy: StoredPolicy,
    now: number,
  ): ManagedPolicy {
    const created: ManagedPolicy = {
      ...given,
      createdAt: now,
      updatedAt: now,
      versions: new Map([['v1', { id: 'v1', policy, createdAt: now }]]),
      defaultVersionId: 'v1',
      latestNumber: 1,
      tags: new Map(Object.entries(tags)),
    };
    this.#policies.set(created.arn, created);
    return created;
  }
}

function readManaged(text: string): StoredPolicy {
  checkPolicySize([text], MAXIMUM_CHARACTERS, `Cannot exceed quota for PolicySize: ${MAXIMUM_CHARACTERS}`);
  return storedPolicy(text, 'identity');
}
