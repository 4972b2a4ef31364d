import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  type Role,
} from '@aws-sdk/client-iam';
import { parseArn, parseRoleArn } from '../../lib/iam/arn.ts';
import { Failure } from '../failure.ts';
import { awsFailure } from './aws-failure.ts';
import type { OperatorAccess } from './iam-client.ts';

/** What IAM says of a role itself, in one call. */
export interface RoleDescription {
  readonly arn: string;
  readonly name: string;
  /** `/` or `/a/path/`. */
  readonly path: string;
  readonly accountId: string;
  readonly createdAt: Date;
  /** 3600–43200. */
  readonly maxSessionSeconds: number;
  /** JSON text. */
  readonly trustPolicy: string;
  readonly boundaryArn?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Absent when nobody has used it within IAM's tracking period of 400 days. */
  readonly lastUsed?: { readonly at: Date; readonly region?: string };
}

/** A role with all policies that decide what a session of it may do in its account. */
export interface RealRole extends Omit<RoleDescription, 'boundaryArn'> {
  readonly inlinePolicies: readonly { readonly name: string; readonly document: string }[];
  readonly attachedPolicies: readonly { readonly arn: string; readonly document: string }[];
  readonly boundary?: { readonly arn: string; readonly document: string };
}

/**
 * A role as it is, with the text of each of its policies.
 *
 * Needs iam:GetRole, ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, GetPolicy and GetPolicyVersion.
 *
 * @throws Failure whose `code` says why: `aws_not_found`, `aws_access_denied` (the message names the action),
 *   `aws_throttled`, `aws_no_credentials`, … (`AwsFailureCode`)
 */
export async function readRole(access: OperatorAccess, arn: string): Promise<RealRole> {
  const { boundaryArn, ...role } = await describeRole(access, arn);
  const iam = await access.iam(accountOf(arn));
  const [inlinePolicies, attachedPolicies, boundary] = await Promise.all([
    inlinePoliciesOf(iam, role),
    attachedPoliciesOf(access, iam, role),
    boundaryArn === undefined ? undefined : managedPolicy(access, iam, boundaryArn),
  ]);
  return { ...role, inlinePolicies, attachedPolicies, ...(boundary !== undefined && { boundary }) };
}

/** The role without its policies. Needs iam:GetRole. @throws Failure as `readRole` */
export async function describeRole(access: OperatorAccess, arn: string): Promise<RoleDescription> {
  const wanted = parseRoleArn(arn);
  if (wanted === undefined) throw new Failure('refused', `${arn} is not the ARN of a role`);
  const iam = await access.iam(wanted);
  const role = await asked('iam:GetRole', arn, async () => {
    const { Role: found } = await iam.send(new GetRoleCommand({ RoleName: wanted.name }));
    return found;
  });
  // IAM finds roles by name, whatever their path.
  if (role?.Arn !== arn) {
    const message = `there is no ${arn}; the account has ${role?.Arn ?? 'no role of that name'}`;
    throw new Failure('refused', message, { code: 'aws_not_found', hint: 'correct its arn in the access policy' });
  }
  return descriptionOf(role, wanted.accountId);
}

/**
 * The text of a managed policy's version in force. One that belongs to an account is read with access to that account,
 * one of AWS's own with the operator's credentials. Needs iam:GetPolicy and GetPolicyVersion.
 *
 * @throws Failure as `readRole`
 */
export async function readManagedPolicy(access: OperatorAccess, arn: string): Promise<string> {
  const parsed = parseArn(arn);
  if (parsed?.service !== 'iam') throw new Failure('refused', `${arn} is not the ARN of a policy`);
  const account = parsed.accountId === 'aws' ? await access.identity() : parsed;
  return (await managedPolicy(access, await access.iam(account), arn)).document;
}

/** What AWS tells of a role, whether it was asked for it alone or for all. */
export function descriptionOf(role: Role, accountId: string): RoleDescription {
  const { at, region } = { at: role.RoleLastUsed?.LastUsedDate, region: role.RoleLastUsed?.Region };
  const boundaryArn = role.PermissionsBoundary?.PermissionsBoundaryArn;
  return {
    arn: role.Arn ?? '',
    name: role.RoleName ?? '',
    path: role.Path ?? '/',
    accountId,
    createdAt: role.CreateDate ?? new Date(0),
    maxSessionSeconds: role.MaxSessionDuration ?? 3600,
    trustPolicy: decoded(role.AssumeRolePolicyDocument),
    tags: tagsOf(role.Tags),
    ...(boundaryArn !== undefined && { boundaryArn }),
    ...(at !== undefined && { lastUsed: { at, ...(region !== undefined && { region }) } }),
  };
}

export function tagsOf(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined) {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }): [string, string] => [Key, Value]));
}

async function inlinePoliciesOf(iam: IAMClient, { name, arn }: Pick<RoleDescription, 'name' | 'arn'>) {
  const names = await asked('iam:ListRolePolicies', arn, async () => {
    const all: string[] = [];
    for await (const page of paginateListRolePolicies({ client: iam }, { RoleName: name })) {
      all.push(...(page.PolicyNames ?? []));
    }
    return all;
  });
  return Promise.all(
    names.map((policyName) =>
      asked('iam:GetRolePolicy', arn, async () => {
        const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: policyName }));
        return { name: policyName, document: decoded(PolicyDocument) };
      }),
    ),
  );
}

async function attachedPoliciesOf(
  access: OperatorAccess,
  iam: IAMClient,
  { name, arn }: Pick<RoleDescription, 'name' | 'arn'>,
) {
  const arns = await asked('iam:ListAttachedRolePolicies', arn, async () => {
    const all: string[] = [];
    for await (const page of paginateListAttachedRolePolicies({ client: iam }, { RoleName: name })) {
      all.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []));
    }
    return all;
  });
  return Promise.all(arns.map((policyArn) => managedPolicy(access, iam, policyArn)));
}

/** By ARN: an account's roles share most of their policies. Kept as long as the access is. */
const KEPT = new WeakMap<OperatorAccess, Map<string, Promise<{ readonly arn: string; readonly document: string }>>>();

function managedPolicy(access: OperatorAccess, iam: IAMClient, arn: string) {
  const kept = KEPT.get(access) ?? new Map();
  KEPT.set(access, kept);
  let policy = kept.get(arn);
  if (policy === undefined) {
    policy = fetchManagedPolicy(iam, arn);
    kept.set(arn, policy);
  }
  return policy;
}

async function fetchManagedPolicy(iam: IAMClient, arn: string) {
  const version = await asked('iam:GetPolicy', arn, async () => {
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: arn }));
    return Policy?.DefaultVersionId ?? '';
  });
  const document = await asked('iam:GetPolicyVersion', arn, async () => {
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: version }));
    return decoded(PolicyVersion?.Document);
  });
  return { arn, document };
}

async function asked<T>(action: string, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw awsFailure(thrown, action, what);
  }
}

/** IAM sends documents percent-encoded (RFC 3986). */
function decoded(document: string | undefined): string {
  try {
    return decodeURIComponent(document ?? '');
  } catch {
    return document ?? '';
  }
}

function accountOf(roleArn: string) {
  const { accountId = '', partition = '' } = parseRoleArn(roleArn) ?? {};
  return { accountId, partition };
}
