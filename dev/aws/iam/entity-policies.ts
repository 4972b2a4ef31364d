import type { ActionCall, Handler } from '../actions.ts';
import { percentEncode } from '../percent-encoding.ts';
import type { Xml } from '../query-protocol.ts';
import type { Entity } from '../store/entity.ts';
import { checkPolicySize, storedPolicy } from '../store/stored-policy.ts';
import { documentOf, limitExceeded, noSuchEntity, pathPrefixOf, policyNameOf } from './constraints.ts';
import { type EntityKind, GROUP, ROLE, requireEntity, USER } from './entity-kinds.ts';
import { attachablePolicy, policyArnOf } from './managed-policies.ts';
import { page } from './paging.ts';

/** The inline and the attached policies of users, groups and roles. */
export const ENTITY_POLICY_ACTIONS: readonly (readonly [string, Handler])[] = [
  ...policyActions(USER),
  ...policyActions(GROUP),
  ...policyActions(ROLE),
];

const MAXIMUM_ATTACHED = 10;

function policyActions<Kind extends Entity>(kind: EntityKind<Kind>): (readonly [string, Handler])[] {
  const { title } = kind;
  const action = (
    name: string,
    handler: (call: ActionCall, kind: EntityKind<Kind>, action: string) => Xml | undefined,
  ) => [name, (call: ActionCall) => handler(call, kind, `iam:${name}`)] as const;
  return [
    action(`Put${title}Policy`, putPolicy),
    action(`Get${title}Policy`, getPolicy),
    action(`List${title}Policies`, listPolicies),
    action(`Delete${title}Policy`, deletePolicy),
    action(`Attach${title}Policy`, attachPolicy),
    action(`Detach${title}Policy`, detachPolicy),
    action(`ListAttached${title}Policies`, listAttached),
  ];
}

function putPolicy<Kind extends Entity>(call: ActionCall, kind: EntityKind<Kind>, action: string): undefined {
  const entity = requireEntity(call, kind, action);
  const name = policyNameOf(call.parameters);
  const policy = storedPolicy(documentOf(call.parameters, 'PolicyDocument'), 'identity');
  const others = [...entity.inlinePolicies].filter(([other]) => other !== name).map(([, { text }]) => text);
  const maximum = kind.maximumInlineCharacters;
  const message = `Maximum policy size of ${maximum} bytes exceeded for ${kind.noun} ${entity.name}`;
  checkPolicySize([...others, policy.text], maximum, message);
  entity.inlinePolicies.set(name, policy);
}

function getPolicy<Kind extends Entity>(call: ActionCall, kind: EntityKind<Kind>, action: string): Xml {
  const entity = requireEntity(call, kind, action);
  const name = policyNameOf(call.parameters);
  const policy = entity.inlinePolicies.get(name);
  if (policy === undefined) throw missing(kind, name);
  return { [`${kind.title}Name`]: entity.name, PolicyName: name, PolicyDocument: percentEncode(policy.text) };
}

function listPolicies<Kind extends Entity>(call: ActionCall, kind: EntityKind<Kind>, action: string): Xml {
  const entity = requireEntity(call, kind, action);
  const { items, ...rest } = page([...entity.inlinePolicies.keys()].sort(), call.parameters);
  return { PolicyNames: items, ...rest };
}

function deletePolicy<Kind extends Entity>(call: ActionCall, kind: EntityKind<Kind>, action: string): undefined {
  const entity = requireEntity(call, kind, action);
  const name = policyNameOf(call.parameters);
  if (!entity.inlinePolicies.delete(name)) throw missing(kind, name);
}

function attachPolicy<Kind extends Entity>(call: ActionCall, kind: EntityKind<Kind>, action: string): undefined {
  const arn = policyArnOf(call.parameters);
  const entity = requireEntity(call, kind, action, { 'iam:PolicyARN': [arn] });
  if (attachablePolicy(call.state, arn, entity.accountId) === undefined) {
    throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  }
  if (entity.attachedPolicyArns.includes(arn)) return;
  if (entity.attachedPolicyArns.length === MAXIMUM_ATTACHED) {
    throw limitExceeded(`PoliciesPer${kind.title}`, MAXIMUM_ATTACHED);
  }
  entity.attachedPolicyArns = [...entity.attachedPolicyArns, arn];
}

function detachPolicy<Kind extends Entity>(call: ActionCall, kind: EntityKind<Kind>, action: string): undefined {
  const arn = policyArnOf(call.parameters);
  const entity = requireEntity(call, kind, action, { 'iam:PolicyARN': [arn] });
  if (!entity.attachedPolicyArns.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
  entity.attachedPolicyArns = entity.attachedPolicyArns.filter((other) => other !== arn);
}

function listAttached<Kind extends Entity>(call: ActionCall, kind: EntityKind<Kind>, action: string): Xml {
  const entity = requireEntity(call, kind, action);
  const prefix = pathPrefixOf(call.parameters);
  const arns = entity.attachedPolicyArns.filter((arn) => arn.split(':policy')[1]?.startsWith(prefix));
  const { items, ...rest } = page(arns, call.parameters);
  return { AttachedPolicies: attachedXml(items), ...rest };
}

export function attachedXml(arns: readonly string[]): Xml[] {
  return arns.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }));
}

function missing({ noun }: { readonly noun: string }, name: string): Error {
  return noSuchEntity(`The ${noun} policy with name ${name} cannot be found.`);
}
