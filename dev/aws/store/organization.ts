import { randomBytes } from 'node:crypto';
import type { PlacedDocument } from '../../../lib/iam/layer.ts';
import { AwsError } from '../error.ts';
import { type StoredPolicy, storedPolicy } from './stored-policy.ts';

/**
 * Organizations: accounts in a tree of units, and policies on its nodes. They are seeded in process; the service's own
 * wire is not here.
 *
 *     o-a1b2c3d4e5            the organization
 *     r-a1b2                  its root
 *     ou-a1b2-c3d4e5f6        a unit
 *     111122223333            an account
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
 */
export type OrganizationPolicyKind = 'scp' | 'rcp';

/** Characters, white space counted. */
const MAXIMUM_CHARACTERS = 5_120;
/** Of one kind on one node, the full access that is there from the start among them. */
const MAXIMUM_ATTACHED = 5;

/** What is attached to every node when it is made. The service control one can be detached, the other cannot. */
const FULL_ACCESS: Readonly<Record<OrganizationPolicyKind, { readonly name: string; readonly statement: object }>> = {
  scp: { name: 'FullAWSAccess', statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
  rcp: { name: 'RCPFullAWSAccess', statement: { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' } },
};

interface Node {
  readonly id: string;
  readonly parent: Node | undefined;
  /** By name. */
  readonly policies: Readonly<Record<OrganizationPolicyKind, Map<string, StoredPolicy>>>;
}

export class Organization {
  readonly id: string;
  readonly rootId: string;
  /** Limited by no policy of the organization, neither those who act nor what they act on. */
  readonly managementAccountId: string;
  readonly #nodes = new Map<string, Node>();

  constructor(managementAccountId: string) {
    this.id = `o-${randomName(10)}`;
    this.rootId = `r-${randomName(4)}`;
    this.managementAccountId = managementAccountId;
    this.#addNode(this.rootId, undefined);
    this.addAccount(managementAccountId);
  }

  /** @returns the unit's id */
  addUnit(parentId = this.rootId): string {
    const id = `ou-${this.rootId.slice(2)}-${randomName(8)}`;
    this.#addNode(id, this.#node(parentId));
    return id;
  }

  addAccount(accountId: string, parentId = this.rootId): void {
    this.#addNode(accountId, this.#node(parentId));
  }

  has(accountId: string): boolean {
    return this.#nodes.has(accountId);
  }

  /**
   * Attaches a policy to the root, a unit or an account; one of the same name takes its place.
   *
   * @throws AwsError MalformedPolicyDocumentException, ConstraintViolationException
   */
  attach(kind: OrganizationPolicyKind, targetId: string, name: string, text: string): void {
    if (text.length > MAXIMUM_CHARACTERS) throw violation('You have exceeded the allowed policy size');
    const attached = this.#node(targetId).policies[kind];
    if (!attached.has(name) && attached.size === MAXIMUM_ATTACHED) {
      throw violation('You have attached the maximum number of policies to this target');
    }
    attached.set(name, storedPolicy(text, kind));
  }

  /** @throws AwsError PolicyNotAttachedException, ConstraintViolationException */
  detach(kind: OrganizationPolicyKind, targetId: string, name: string): void {
    const attached = this.#node(targetId).policies[kind];
    if (!attached.has(name)) throw new AwsError('PolicyNotAttachedException', 400, `${name} is not attached`);
    if (kind === 'rcp' && name === FULL_ACCESS.rcp.name) throw violation(`${name} cannot be detached`);
    if (kind === 'scp' && attached.size === 1) throw violation('A target keeps at least one service control policy');
    attached.delete(name);
  }

  /** The policies that meet an account, level by level from the root down. None for the management account. */
  levels(kind: OrganizationPolicyKind, accountId: string): readonly (readonly PlacedDocument[])[] {
    if (accountId === this.managementAccountId) return [];
    return this.#lineage(accountId).map(({ id, policies }) =>
      [...policies[kind]].map(([name, { document }]) => ({ place: `${kind} ${name} of ${id}`, document })),
    );
  }

  /** What `aws:PrincipalOrgPaths` holds: `o-a1b2c3d4e5/r-a1b2/ou-a1b2-c3d4e5f6/`. */
  path(accountId: string): string {
    const above = this.#lineage(accountId).slice(0, -1);
    return `${[this.id, ...above.map(({ id }) => id)].join('/')}/`;
  }

  #lineage(accountId: string): Node[] {
    const nodes: Node[] = [];
    for (let node: Node | undefined = this.#node(accountId); node !== undefined; node = node.parent)
      nodes.unshift(node);
    return nodes;
  }

  #node(id: string): Node {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new AwsError('TargetNotFoundException', 400, `${id} is not in the organization`);
    return node;
  }

  #addNode(id: string, parent: Node | undefined): void {
    if (this.#nodes.has(id)) throw new AwsError('DuplicateAccountException', 400, `${id} is there already`);
    const policies = { scp: new Map<string, StoredPolicy>(), rcp: new Map<string, StoredPolicy>() };
    for (const kind of ['scp', 'rcp'] as const) {
      const { name, statement } = FULL_ACCESS[kind];
      policies[kind].set(name, storedPolicy(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }), kind));
    }
    this.#nodes.set(id, { id, parent, policies });
  }
}

/** An account is in one organization or in none. */
export class OrganizationStore {
  readonly #organizations: Organization[] = [];

  create(managementAccountId: string): Organization {
    const organization = new Organization(managementAccountId);
    this.#organizations.push(organization);
    return organization;
  }

  of(accountId: string): Organization | undefined {
    return this.#organizations.find((organization) => organization.has(accountId));
  }
}

function randomName(length: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz012345';
  return Array.from(randomBytes(length), (byte) => alphabet[byte & 31]).join('');
}

function violation(message: string): AwsError {
  return new AwsError('ConstraintViolationException', 400, message);
}
