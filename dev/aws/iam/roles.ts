import type { ActionCall, Handler } from '../actions.ts';
import { requestTagKeys } from '../authorization/global-context.ts';
import { requireAccess } from '../authorize.ts';
import { percentEncode } from '../percent-encoding.ts';
import type { Parameters, Xml } from '../query-protocol.ts';
import { xmlDate } from '../query-protocol.ts';
import type { Role } from '../store/roles.ts';
import { checkPolicySize, storedPolicy } from '../store/stored-policy.ts';
import { boundaryKeys, boundaryXml, newBoundary } from './boundaries.ts';
import { deleteConflict, documentOf, invalid, pathPrefixOf } from './constraints.ts';
import { ROLE, requireCreation, requireEntity, visibleEntities } from './entity-kinds.ts';
import { page } from './paging.ts';
import { someTagsXml, tagsOf } from './tag-list.ts';
import { checkPrincipalsExist, forgetPrincipal } from './trust-principals.ts';

export const ROLE_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['CreateRole', createRole],
  ['GetRole', (call) => ({ Role: roleXml(requireEntity(call, ROLE, 'iam:GetRole'), 'whole') })],
  ['ListRoles', listRoles],
  ['DeleteRole', deleteRole],
  ['UpdateRole', updateRole],
  ['UpdateAssumeRolePolicy', updateAssumeRolePolicy],
];

const MAXIMUM_TRUST_POLICY = 2048;
const MAXIMUM_DESCRIPTION = 1000;

function createRole(call: ActionCall): Xml {
  const { parameters, state, now } = call;
  const tags = tagsOf(parameters);
  const arn = requireCreation(call, ROLE, { ...requestTagKeys(tags), ...boundaryKeys(parameters) });
  const role = state.roles.create(
    {
      arn,
      trustPolicy: trustDocument(call, 'AssumeRolePolicyDocument'),
      maxSessionDuration: maxSessionDuration(parameters) ?? 3600,
      description: description(parameters) ?? '',
      tags: Object.fromEntries(tags),
      boundaryArn: newBoundary(call),
    },
    now,
  );
  return { Role: roleXml(role, 'whole') };
}

function listRoles(call: ActionCall): Xml {
  const { parameters, principal, state, now } = call;
  const prefix = pathPrefixOf(parameters);
  const resource = `arn:${principal.partition}:iam::${principal.accountId}:role${prefix}`;
  requireAccess(state, principal, { action: 'iam:ListRoles', resource }, now);
  const { items, ...rest } = page(visibleEntities(call, ROLE, prefix), parameters);
  return { Roles: items.map((role) => roleXml(role, 'listed')), ...rest };
}

function deleteRole(call: ActionCall): undefined {
  const role = requireEntity(call, ROLE, 'iam:DeleteRole');
  if (role.inlinePolicies.size > 0) throw deleteConflict('delete policies');
  if (role.attachedPolicyArns.length > 0) throw deleteConflict('detach all policies');
  call.state.roles.delete(role);
  forgetPrincipal(call.state, role);
}

function updateRole(call: ActionCall): Xml {
  const role = requireEntity(call, ROLE, 'iam:UpdateRole');
  // An absent MaxSessionDuration resets to one hour, as IAM documents.
  role.maxSessionDuration = maxSessionDuration(call.parameters) ?? 3600;
  role.description = description(call.parameters) ?? role.description;
  return {};
}

function updateAssumeRolePolicy(call: ActionCall): undefined {
  const role = requireEntity(call, ROLE, 'iam:UpdateAssumeRolePolicy');
  role.trustPolicy = storedPolicy(trustDocument(call, 'PolicyDocument'), 'trust');
}

function trustDocument({ parameters, state }: ActionCall, parameter: string): string {
  const text = documentOf(parameters, parameter);
  checkPolicySize([text], MAXIMUM_TRUST_POLICY, `Cannot exceed quota for ACLSizePerRole: ${MAXIMUM_TRUST_POLICY}`);
  checkPrincipalsExist(state, storedPolicy(text, 'trust').document);
  return text;
}

function maxSessionDuration(parameters: Parameters): number | undefined {
  const seconds = parameters.integer('MaxSessionDuration');
  if (seconds !== undefined && (seconds < 3600 || seconds > 43_200))
    throw invalid('maxSessionDuration', '3600 to 43200');
  return seconds;
}

function description(parameters: Parameters): string | undefined {
  const text = parameters.get('Description');
  if (text !== undefined && text.length > MAXIMUM_DESCRIPTION) {
    throw invalid('description', `length less than or equal to ${MAXIMUM_DESCRIPTION}`);
  }
  return text;
}

/** ListRoles leaves out tags, boundary and last use, as IAM does: GetRole has them. */
export function roleXml(role: Role, detail: 'whole' | 'listed'): { readonly [element: string]: Xml } {
  const described = {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: xmlDate(role.createdAt),
    AssumeRolePolicyDocument: percentEncode(role.trustPolicy.text),
    Description: role.description === '' ? undefined : role.description,
    MaxSessionDuration: role.maxSessionDuration,
  };
  if (detail === 'listed') return described;
  return {
    ...described,
    PermissionsBoundary: boundaryXml(role),
    Tags: someTagsXml(role.tags),
    RoleLastUsed: lastUsedXml(role),
  };
}

/** An empty element for a role that nobody has used. */
export function lastUsedXml({ lastUsed }: Role): Xml {
  return lastUsed === undefined ? {} : { LastUsedDate: xmlDate(lastUsed.at), Region: lastUsed.region };
}
