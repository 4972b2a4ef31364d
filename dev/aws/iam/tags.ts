import type { ActionCall, Handler } from '../actions.ts';
import { type ContextKeys, requestTagKeys } from '../authorization/global-context.ts';
import type { Xml } from '../query-protocol.ts';
import { ROLE, requireEntity, USER } from './entity-kinds.ts';
import { requirePolicy } from './managed-policies.ts';
import { page } from './paging.ts';
import { tagsOf, tagsXml, withTags } from './tag-list.ts';

interface Tagged {
  readonly tags: Map<string, string>;
}

type Finder = (call: ActionCall, action: string, context?: ContextKeys) => Tagged;

/** Tags of users, roles and managed policies. */
export const TAG_ACTIONS: readonly (readonly [string, Handler])[] = [
  ...tagActions('User', (call, action, context) => requireEntity(call, USER, action, context)),
  ...tagActions('Role', (call, action, context) => requireEntity(call, ROLE, action, context)),
  ...tagActions('Policy', requirePolicy),
];

function tagActions(title: string, find: Finder): (readonly [string, Handler])[] {
  return [
    [`Tag${title}`, (call) => tag(call, `iam:Tag${title}`, find)],
    [`Untag${title}`, (call) => untag(call, `iam:Untag${title}`, find)],
    [`List${title}Tags`, (call) => listTags(call, `iam:List${title}Tags`, find)],
  ];
}

function tag(call: ActionCall, action: string, find: Finder): undefined {
  const added = tagsOf(call.parameters);
  const { tags } = find(call, action, requestTagKeys(added));
  const merged = withTags(tags, added);
  tags.clear();
  for (const [key, value] of merged) tags.set(key, value);
}

function untag(call: ActionCall, action: string, find: Finder): undefined {
  const keys = call.parameters.strings('TagKeys');
  const { tags } = find(call, action, keys.length === 0 ? {} : { 'aws:TagKeys': keys });
  for (const key of keys) tags.delete(key);
}

function listTags(call: ActionCall, action: string, find: Finder): Xml {
  const { items, ...rest } = page(tagsXml(find(call, action).tags), call.parameters);
  return { Tags: items, ...rest };
}
