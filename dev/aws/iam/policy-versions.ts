import type { ActionCall, Handler } from '../actions.ts';
import { AwsError } from '../error.ts';
import { percentEncode } from '../percent-encoding.ts';
import type { Parameters, Xml } from '../query-protocol.ts';
import { xmlDate } from '../query-protocol.ts';
import type { ManagedPolicy, PolicyVersion } from '../store/managed-policies.ts';
import { documentOf, invalid, noSuchEntity } from './constraints.ts';
import { requirePolicy } from './managed-policies.ts';
import { page } from './paging.ts';

/** Versions of managed policies; the default one is in force wherever the policy is attached. */
export const POLICY_VERSION_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['CreatePolicyVersion', createVersion],
  ['GetPolicyVersion', getVersion],
  ['ListPolicyVersions', listVersions],
  ['SetDefaultPolicyVersion', setDefaultVersion],
  ['DeletePolicyVersion', deleteVersion],
];

const VERSION_ID = /^v[1-9][0-9]*$/;

function createVersion(call: ActionCall): Xml {
  const policy = requirePolicy(call, 'iam:CreatePolicyVersion');
  const text = documentOf(call.parameters, 'PolicyDocument');
  const asDefault = call.parameters.get('SetAsDefault') === 'true';
  const version = call.state.policies.addVersion(policy, text, asDefault, call.now);
  return { PolicyVersion: versionXml(policy, version, 'listed') };
}

function getVersion(call: ActionCall): Xml {
  const policy = requirePolicy(call, 'iam:GetPolicyVersion');
  return { PolicyVersion: versionXml(policy, versionOf(policy, call.parameters), 'whole') };
}

function listVersions(call: ActionCall): Xml {
  const policy = requirePolicy(call, 'iam:ListPolicyVersions');
  const { items, ...rest } = page([...policy.versions.values()].reverse(), call.parameters);
  return { Versions: items.map((version) => versionXml(policy, version, 'listed')), ...rest };
}

function setDefaultVersion(call: ActionCall): undefined {
  const policy = requirePolicy(call, 'iam:SetDefaultPolicyVersion');
  policy.defaultVersionId = versionOf(policy, call.parameters).id;
  policy.updatedAt = call.now;
}

function deleteVersion(call: ActionCall): undefined {
  const policy = requirePolicy(call, 'iam:DeletePolicyVersion');
  const { id } = versionOf(policy, call.parameters);
  if (id === policy.defaultVersionId) {
    throw new AwsError('DeleteConflict', 409, 'Cannot delete the default version of a policy.');
  }
  policy.versions.delete(id);
}

function versionOf(policy: ManagedPolicy, parameters: Parameters): PolicyVersion {
  const id = parameters.get('VersionId') ?? '';
  if (!VERSION_ID.test(id)) throw invalid('versionId', 'regular expression pattern: v[1-9][0-9]*');
  const version = policy.versions.get(id);
  if (version === undefined)
    throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
  return version;
}

export function versionXml(
  { defaultVersionId }: ManagedPolicy,
  { id, policy, createdAt }: PolicyVersion,
  detail: 'whole' | 'listed',
): Xml {
  return {
    Document: detail === 'whole' ? percentEncode(policy.text) : undefined,
    VersionId: id,
    IsDefaultVersion: id === defaultVersionId,
    CreateDate: xmlDate(createdAt),
  };
}
