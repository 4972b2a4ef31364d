import type { ActionCall, Handler } from './actions.ts';
import { AwsError, validationError } from './error.ts';
import { page } from './paging.ts';
import { percentEncode } from './percent-encoding.ts';
import { parsePolicy } from './policy-document.ts';
import type { Parameters, Xml } from './query-protocol.ts';
import { requireRole } from './role-lookup.ts';

/** A role's own (inline) and attached (managed) policies. */
export const ROLE_POLICY_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['PutRolePolicy', putRolePolicy],
  ['GetRolePolicy', getRolePolicy],
  ['ListRolePolicies', listRolePolicies],
  ['DeleteRolePolicy', deleteRolePolicy],
  ['AttachRolePolicy', attachRolePolicy],
  ['DetachRolePolicy', detachRolePolicy],
  ['ListAttachedRolePolicies', listAttachedRolePolicies],
];

/** All inline policies of a role together, white space not counted. */
const MAXIMUM_INLINE_CHARACTERS = 10_240;
const MAXIMUM_ATTACHED = 10;

function putRolePolicy(call: ActionCall): undefined {
  const role = requireRole(call, 'iam:PutRolePolicy');
  const name = policyName(call.parameters);
  const text = call.parameters.get('PolicyDocument') ?? '';
  const document = parsePolicy(text, 'identity');
  const others = [...role.inlinePolicies].filter(([other]) => other !== name).map(([, policy]) => policy.text);
  if ([...others, text].join('').replace(/\s/g, '').length > MAXIMUM_INLINE_CHARACTERS) {
    const message = `Maximum policy size of ${MAXIMUM_INLINE_CHARACTERS} bytes exceeded for role ${role.name}`;
    throw new AwsError('LimitExceeded', 409, message);
  }
  role.inlinePolicies.set(name, { text, document });
}

function getRolePolicy(call: ActionCall): Xml {
  const role = requireRole(call, 'iam:GetRolePolicy');
  const name = policyName(call.parameters);
  const policy = role.inlinePolicies.get(name);
  if (policy === undefined) throw missing(name);
  return { RoleName: role.name, PolicyName: name, PolicyDocument: percentEncode(policy.text) };
}

function listRolePolicies(call: ActionCall): Xml {
  const role = requireRole(call, 'iam:ListRolePolicies');
  const { items, ...rest } = page([...role.inlinePolicies.keys()].sort(), call.parameters);
  return { PolicyNames: items, ...rest };
}

function deleteRolePolicy(call: ActionCall): undefined {
  const role = requireRole(call, 'iam:DeleteRolePolicy');
  const name = policyName(call.parameters);
  if (!role.inlinePolicies.delete(name)) throw missing(name);
}

function attachRolePolicy(call: ActionCall): undefined {
  const role = requireRole(call, 'iam:AttachRolePolicy');
  const arn = call.parameters.get('PolicyArn') ?? '';
  const [, owner] = /^arn:[a-z-]+:iam::(aws|\d{12}):policy\/[\w+=,.@/-]+$/.exec(arn) ?? [];
  if (owner === undefined) throw new AwsError('InvalidInput', 400, `ARN ${arn} is not valid.`);
  if (owner !== 'aws' && owner !== role.accountId)
    throw new AwsError('NoSuchEntity', 404, `Policy ${arn} does not exist or is not attachable.`);
  if (role.attachedPolicyArns.includes(arn)) return;
  if (role.attachedPolicyArns.length === MAXIMUM_ATTACHED) {
    throw new AwsError('LimitExceeded', 409, `Cannot exceed quota for PoliciesPerRole: ${MAXIMUM_ATTACHED}`);
  }
  role.attachedPolicyArns.push(arn);
}

function detachRolePolicy(call: ActionCall): undefined {
  const role = requireRole(call, 'iam:DetachRolePolicy');
  const arn = call.parameters.get('PolicyArn') ?? '';
  if (!role.attachedPolicyArns.includes(arn)) throw new AwsError('NoSuchEntity', 404, `Policy ${arn} was not found.`);
  role.attachedPolicyArns = role.attachedPolicyArns.filter((other) => other !== arn);
}

function listAttachedRolePolicies(call: ActionCall): Xml {
  const role = requireRole(call, 'iam:ListAttachedRolePolicies');
  const { items, ...rest } = page(role.attachedPolicyArns, call.parameters);
  const attached = items.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }));
  return { AttachedPolicies: attached, ...rest };
}

function policyName(parameters: Parameters): string {
  const name = parameters.get('PolicyName') ?? '';
  if (/^[A-Za-z0-9_+=,.@-]{1,128}$/.test(name)) return name;
  const constraint = 'Member must satisfy regular expression pattern: [\\w+=,.@-]+';
  throw validationError([`Value '${name}' at 'policyName' failed to satisfy constraint: ${constraint}`]);
}

function missing(name: string): AwsError {
  return new AwsError('NoSuchEntity', 404, `The role policy with name ${name} cannot be found.`);
}
