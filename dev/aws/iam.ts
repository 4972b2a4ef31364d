import type { ActionCall, Handler } from './actions.ts';
import { AwsError, validationError } from './error.ts';
import { ROLE_POLICY_ACTIONS } from './iam-role-policies.ts';
import { page } from './paging.ts';
import { percentEncode } from './percent-encoding.ts';
import { requirePermission } from './permissions.ts';
import { parsePolicy } from './policy-document.ts';
import type { Parameters, Xml } from './query-protocol.ts';
import { xmlDate } from './query-protocol.ts';
import { requireRole } from './role-lookup.ts';
import type { Role } from './roles.ts';

/** Identity and Access Management, API version 2010-05-08: roles. Their policies are in `iam-role-policies.ts`. */
export const IAM_ACTIONS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['GetRole', (call) => ({ Role: describe(requireRole(call, 'iam:GetRole'), 'whole') })],
  ['ListRoles', listRoles],
  ['CreateRole', createRole],
  ['DeleteRole', deleteRole],
  ['UpdateRole', updateRole],
  ['UpdateAssumeRolePolicy', updateAssumeRolePolicy],
  ['TagRole', tagRole],
  ['UntagRole', untagRole],
  ['ListRoleTags', listRoleTags],
  ...ROLE_POLICY_ACTIONS,
]);

const MAXIMUM_TRUST_POLICY = 2048;
const MAXIMUM_TAGS = 50;

function listRoles({ parameters, principal, state }: ActionCall): Xml {
  const prefix = parameters.get('PathPrefix') ?? '/';
  requirePermission(
    state.roles,
    principal,
    'iam:ListRoles',
    `arn:${principal.partition}:iam::${principal.accountId}:role${prefix}`,
  );
  // The operator administers the whole stand-in; anyone else sees the own account, as in AWS.
  const visible = principal.administrator ? state.roles.all() : state.roles.inAccount(principal.accountId);
  const { items, ...rest } = page(
    visible.filter((role) => role.path.startsWith(prefix)),
    parameters,
  );
  return { Roles: items.map((role) => describe(role, 'listed')), ...rest };
}

function createRole({ parameters, principal, state, now }: ActionCall): Xml {
  const name = parameters.get('RoleName') ?? '';
  const path = parameters.get('Path') ?? '/';
  if (!/^[A-Za-z0-9_+=,.@-]{1,64}$/.test(name)) throw invalid('roleName', '[\\w+=,.@-]+');
  if (path.length > 512 || !/^\/([\u0021-\u007e]+\/)?$/.test(path))
    throw invalid('path', '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)');
  const arn = `arn:${principal.partition}:iam::${principal.accountId}:role${path}${name}`;
  requirePermission(state.roles, principal, 'iam:CreateRole', arn);
  const trustPolicy = trustDocument(parameters, 'AssumeRolePolicyDocument');
  const tags = tagsOf(parameters);
  const role = state.roles.create(
    {
      arn,
      trustPolicy,
      maxSessionDuration: maxSessionDuration(parameters) ?? 3600,
      description: parameters.get('Description') ?? '',
      tags: Object.fromEntries(tags),
    },
    now,
  );
  return { Role: describe(role, 'whole') };
}

function deleteRole(call: ActionCall): undefined {
  const role = requireRole(call, 'iam:DeleteRole');
  if (role.inlinePolicies.size > 0)
    throw new AwsError('DeleteConflict', 409, 'Cannot delete entity, must delete policies first.');
  if (role.attachedPolicyArns.length > 0)
    throw new AwsError('DeleteConflict', 409, 'Cannot delete entity, must detach all policies first.');
  call.state.roles.delete(role);
}

function updateRole(call: ActionCall): Xml {
  const role = requireRole(call, 'iam:UpdateRole');
  // An absent MaxSessionDuration resets to one hour, as IAM documents.
  role.maxSessionDuration = maxSessionDuration(call.parameters) ?? 3600;
  role.description = call.parameters.get('Description') ?? role.description;
  return {};
}

function updateAssumeRolePolicy(call: ActionCall): undefined {
  const role = requireRole(call, 'iam:UpdateAssumeRolePolicy');
  const text = trustDocument(call.parameters, 'PolicyDocument');
  role.trustPolicy = { text, document: parsePolicy(text, 'trust') };
}

function tagRole(call: ActionCall): undefined {
  const role = requireRole(call, 'iam:TagRole');
  const tags = tagsOf(call.parameters);
  const merged = new Map(role.tags);
  for (const [key, value] of tags) {
    const existing = [...merged.keys()].find((other) => other.toLowerCase() === key.toLowerCase());
    if (existing !== undefined) merged.delete(existing);
    merged.set(key, value);
  }
  if (merged.size > MAXIMUM_TAGS)
    throw new AwsError('LimitExceeded', 409, `The number of tags has reached the maximum limit.`);
  role.tags.clear();
  for (const [key, value] of merged) role.tags.set(key, value);
}

function untagRole(call: ActionCall): undefined {
  const role = requireRole(call, 'iam:UntagRole');
  for (const key of call.parameters.strings('TagKeys')) role.tags.delete(key);
}

function listRoleTags(call: ActionCall): Xml {
  const { items, ...rest } = page(tagList(requireRole(call, 'iam:ListRoleTags')), call.parameters);
  return { Tags: items, ...rest };
}

function tagsOf(parameters: Parameters): [string, string][] {
  const tags = parameters
    .structures('Tags', ['Key', 'Value'])
    .map(({ Key, Value }): [string, string] => [Key ?? '', Value ?? '']);
  if (tags.length > MAXIMUM_TAGS) throw invalid('tags', 'at most 50');
  const shape = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
  for (const [key, value] of tags) {
    if (key.length < 1 || key.length > 128 || !shape.test(key))
      throw invalid('tags.member.key', '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+');
    if (value.length > 256 || !shape.test(value)) throw invalid('tags.member.value', '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*');
    if (key.toLowerCase().startsWith('aws:'))
      throw new AwsError('InvalidInput', 400, 'System tags cannot be added/updated by requester');
  }
  if (new Set(tags.map(([key]) => key.toLowerCase())).size !== tags.length) {
    throw new AwsError(
      'InvalidInput',
      400,
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  }
  return tags;
}

function trustDocument(parameters: Parameters, name: string): string {
  const text = parameters.get(name);
  if (text === undefined || text === '') throw invalid(name, 'a policy document');
  if (text.replace(/\s/g, '').length > MAXIMUM_TRUST_POLICY) {
    throw new AwsError('LimitExceeded', 409, `Cannot exceed quota for ACLSizePerRole: ${MAXIMUM_TRUST_POLICY}`);
  }
  parsePolicy(text, 'trust');
  return text;
}

function maxSessionDuration(parameters: Parameters): number | undefined {
  const seconds = parameters.integer('MaxSessionDuration');
  if (seconds !== undefined && (seconds < 3600 || seconds > 43_200))
    throw invalid('maxSessionDuration', '3600 to 43200');
  return seconds;
}

function invalid(member: string, expected: string): AwsError {
  return validationError([`Value at '${member}' failed to satisfy constraint: Member must satisfy ${expected}`]);
}

/** ListRoles leaves out tags, as IAM does: GetRole and ListRoleTags have them. */
function describe(role: Role, detail: 'whole' | 'listed'): Xml {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: xmlDate(role.createdAt),
    AssumeRolePolicyDocument: percentEncode(role.trustPolicy.text),
    Description: role.description === '' ? undefined : role.description,
    MaxSessionDuration: role.maxSessionDuration,
    Tags: detail === 'listed' || role.tags.size === 0 ? undefined : tagList(role),
  };
}

function tagList(role: Role): Xml[] {
  return [...role.tags].map(([key, value]) => ({ Key: key, Value: value }));
}
