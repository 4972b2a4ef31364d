import { type IAMClient, paginateListRoles, paginateListRoleTags, type Role } from '@aws-sdk/client-iam';
import { compileGlob } from '../../lib/iam/glob.ts';
import { awsFailure } from './aws-failure.ts';
import type { AwsAccount, OperatorAccess } from './iam-client.ts';
import type { FoundRole } from './import/plan.ts';
import { tagsOf } from './role-reader.ts';

export interface RoleSelection {
  readonly pathPrefix: string | undefined;
  /** A glob over names. */
  readonly match: string | undefined;
}

export interface RoleList {
  readonly roles: readonly FoundRole[];
  /** Roles that belong to AWS services and cannot be handed out. */
  readonly reserved: number;
  /** Whether the selection is about a role of this ARN. */
  readonly isInScope: (arn: string) => boolean;
}

/** IAM's largest page. */
const PAGE = 1_000;

/** Tags that are asked for at once: ListRoles leaves them out, so each role is a call. IAM throttles by account. */
const WIDTH = 8;

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const RESERVED = /:role\/(aws-service-role|aws-reserved)\//;

/**
 * All roles of an account that are selected, with their tags. Needs iam:ListRoles and iam:ListRoleTags.
 *
 * @throws Failure as `readRole`
 */
export async function listRoles(
  access: OperatorAccess,
  account: AwsAccount,
  { pathPrefix, match }: RoleSelection,
  progress: (text: string) => void,
): Promise<RoleList> {
  const iam = await access.iam(account);
  const glob = match === undefined ? undefined : compileGlob(match);
  const prefix = `:role${pathPrefix ?? '/'}`;
  const isInScope = (arn: string): boolean => {
    const resource = arn.slice(arn.indexOf(':role/'));
    return resource.startsWith(prefix) && (glob?.matches(arn.slice(arn.lastIndexOf('/') + 1)) ?? true);
  };
  const listed = await allRoles(iam, account, pathPrefix, progress);
  const usable = listed.filter(({ Arn = '' }) => !RESERVED.test(Arn));
  const chosen = usable.filter(({ Arn = '' }) => isInScope(Arn));
  const roles = await withTags(iam, chosen, progress);
  return { roles, reserved: listed.length - usable.length, isInScope };
}

async function allRoles(
  iam: IAMClient,
  { accountId }: AwsAccount,
  pathPrefix: string | undefined,
  progress: (text: string) => void,
): Promise<Role[]> {
  const roles: Role[] = [];
  try {
    const input = { ...(pathPrefix !== undefined && { PathPrefix: pathPrefix }) };
    for await (const page of paginateListRoles({ client: iam, pageSize: PAGE }, input)) {
      roles.push(...(page.Roles ?? []));
      progress(`${roles.length} roles`);
    }
  } catch (thrown) {
    throw awsFailure(thrown, 'iam:ListRoles', `account ${accountId}`);
  }
  // Another account's role would come from a stand-in only; it is none of ours.
  return roles.filter(({ Arn = '' }) => Arn.split(':')[4] === accountId);
}

/** In the order of the list. The first failure ends it: a part of the tags could be taken for all. */
async function withTags(
  iam: IAMClient,
  roles: readonly Role[],
  progress: (text: string) => void,
): Promise<FoundRole[]> {
  const found: FoundRole[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < roles.length; index = next++) {
      const role = roles[index] as Role;
      found[index] = {
        arn: role.Arn ?? '',
        name: role.RoleName ?? '',
        maxSessionSeconds: role.MaxSessionDuration ?? 3600,
        description: role.Description,
        tags: await tagsOfRole(iam, role),
      };
      progress(`tags of ${++done} of ${roles.length} roles`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(WIDTH, roles.length) }, work));
  } catch (thrown) {
    next = roles.length;
    throw thrown;
  }
  return found;
}

async function tagsOfRole(iam: IAMClient, { RoleName = '', Arn }: Role): Promise<Readonly<Record<string, string>>> {
  const tags: { Key?: string | undefined; Value?: string | undefined }[] = [];
  try {
    for await (const page of paginateListRoleTags({ client: iam }, { RoleName })) tags.push(...(page.Tags ?? []));
  } catch (thrown) {
    throw awsFailure(thrown, 'iam:ListRoleTags', Arn);
  }
  return tagsOf(tags);
}
