import type { ActionCall, AwsState, Handler } from '../actions.ts';
import { requireAccess } from '../authorize.ts';
import type { Principal } from '../credentials.ts';
import type { Parameters, Xml } from '../query-protocol.ts';
import { xmlDate } from '../query-protocol.ts';
import type { AccessKey, User } from '../store/users.ts';
import { choiceOf, invalid, limitExceeded, noSuchEntity } from './constraints.ts';
import { ownUser } from './own-user.ts';
import { page } from './paging.ts';

/** Long-term credentials of users. */
export const ACCESS_KEY_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['CreateAccessKey', createAccessKey],
  ['ListAccessKeys', listAccessKeys],
  ['UpdateAccessKey', updateAccessKey],
  ['DeleteAccessKey', deleteAccessKey],
  ['GetAccessKeyLastUsed', getAccessKeyLastUsed],
];

const MAXIMUM_KEYS = 2;

/** Makes a key of the user's; its secret is told once, here. */
export function issueAccessKey(
  state: AwsState,
  user: User,
  now: number,
  { administrator = false }: { readonly administrator?: boolean } = {},
): { readonly accessKeyId: string; readonly secretAccessKey: string } {
  const principal: Principal = {
    kind: 'user',
    accountId: user.accountId,
    partition: user.partition,
    arn: user.arn,
    userId: user.id,
    administrator,
    tags: {},
    transitiveTagKeys: [],
  };
  const issued = state.credentials.issueAccessKey(principal);
  user.accessKeys.set(issued.accessKeyId, { active: true, createdAt: now, lastUsed: undefined });
  return issued;
}

function createAccessKey(call: ActionCall): Xml {
  const user = ownUser(call, 'iam:CreateAccessKey');
  if (user.accessKeys.size === MAXIMUM_KEYS) throw limitExceeded('AccessKeysPerUser', MAXIMUM_KEYS);
  const { accessKeyId, secretAccessKey } = issueAccessKey(call.state, user, call.now);
  return {
    AccessKey: {
      UserName: user.name,
      AccessKeyId: accessKeyId,
      Status: 'Active',
      SecretAccessKey: secretAccessKey,
      CreateDate: xmlDate(call.now),
    },
  };
}

function listAccessKeys(call: ActionCall): Xml {
  const user = ownUser(call, 'iam:ListAccessKeys');
  const { items, ...rest } = page([...user.accessKeys], call.parameters);
  const listed = items.map(([id, { active, createdAt }]) => ({
    UserName: user.name,
    AccessKeyId: id,
    Status: active ? 'Active' : 'Inactive',
    CreateDate: xmlDate(createdAt),
  }));
  return { AccessKeyMetadata: listed, ...rest };
}

function updateAccessKey(call: ActionCall): undefined {
  const user = ownUser(call, 'iam:UpdateAccessKey');
  const { id, key } = keyOf(user, call.parameters);
  const status = choiceOf(call.parameters, 'Status', ['Active', 'Inactive']);
  if (status === undefined) throw invalid('status', 'enum value set: [Active, Inactive]');
  key.active = status === 'Active';
  call.state.credentials.switchAccessKey(id, key.active);
}

function deleteAccessKey(call: ActionCall): undefined {
  const user = ownUser(call, 'iam:DeleteAccessKey');
  const { id } = keyOf(user, call.parameters);
  user.accessKeys.delete(id);
  call.state.credentials.deleteAccessKey(id);
}

function getAccessKeyLastUsed({ parameters, principal, state, now }: ActionCall): Xml {
  const id = keyIdOf(parameters);
  const user = state.users.all().find(({ accessKeys }) => accessKeys.has(id));
  const resource = user?.arn ?? `arn:${principal.partition}:iam::${principal.accountId}:user/*`;
  requireAccess(state, principal, { action: 'iam:GetAccessKeyLastUsed', resource }, now);
  const key = user?.accessKeys.get(id);
  if (user === undefined || key === undefined) throw missing(id);
  const { lastUsed } = key;
  return {
    UserName: user.name,
    AccessKeyLastUsed: {
      LastUsedDate: lastUsed && xmlDate(lastUsed.at),
      ServiceName: lastUsed?.service ?? 'N/A',
      Region: lastUsed?.region ?? 'N/A',
    },
  };
}

function keyOf(user: User, parameters: Parameters): { readonly id: string; readonly key: AccessKey } {
  const id = keyIdOf(parameters);
  const key = user.accessKeys.get(id);
  if (key === undefined) throw missing(id);
  return { id, key };
}

function keyIdOf(parameters: Parameters): string {
  const id = parameters.get('AccessKeyId') ?? '';
  if (!/^[A-Za-z0-9_]{16,128}$/.test(id)) throw invalid('accessKeyId', 'regular expression pattern: [\\w]+');
  return id;
}

function missing(id: string): Error {
  return noSuchEntity(`The Access Key with id ${id} cannot be found`);
}
