import type { ResourceType, ServiceAction } from '../service-data.ts';
import type { ActionView } from './action-view.ts';
import { type Target, Targets } from './resource-targets.ts';
import { isEverything, type LintScope } from './scope.ts';
import type { ElementView } from './statement-view.ts';

/**
 * Actions and resources of a statement that have nothing to do with each other: `s3:GetObject` on a bucket's ARN,
 * `s3:ListBucket` on its objects, an action that knows no resources on a particular one.
 */
export function checkResources(actions: readonly ActionView[], resources: ElementView, scope: LintScope): void {
  // Which actions are left by a NotAction, and which resources by a NotResource, is known to nobody.
  if (resources.negated || resources.texts.some(({ text }) => isEverything(text))) return;
  if (actions.some(({ everything }) => everything)) return;
  const known = actions.filter(({ actions: found }) => found.length > 0);
  const targets = new Targets(resources.texts, scope);
  if (known.length === 0 || !targets.readable) return;
  const onResources = known.filter(({ actions: found }) => found.some(({ resourceTypes }) => resourceTypes.length > 0));
  for (const action of known) reportWithoutResources(action, scope);
  if (onResources.length === 0) return;
  // An action that is not known may work on anything.
  if (known.length === actions.length) {
    const types = typesOf(onResources);
    const strays = targets.all.filter((target) => !types.some((type) => targets.hit(target, type)));
    for (const target of strays) reportStray(target, onResources, types, targets, scope);
    // With no resource that fits any of them, the resources are what is wrong.
    if (strays.length === targets.all.length) return;
  }
  for (const action of onResources) {
    if (scope.findings.isFull) return;
    const own = typesOf([action]);
    if (own.some((type) => targets.holdOne(type))) continue;
    const message = `${nameOf(action)} works on ${shown(own)}, and no resource of this statement is one`;
    const [first] = targets.all;
    const hint = examplesOf(first === undefined ? own : targets.closest(first, own));
    scope.findings.add('action_not_on_resources', action.path, message, { hint });
  }
}

function reportWithoutResources({ text, path, actions }: ActionView, { findings }: LintScope): void {
  const [only] = actions;
  const without = actions.filter(({ resourceTypes }) => resourceTypes.length === 0).length;
  const hint = 'what works on no particular resource needs "Resource": "*"';
  if (actions.length === 1 && without === 1) {
    const message = `${only?.name} works on no particular resource, so this statement does not reach it`;
    findings.add('action_without_resources', path, message, { hint });
  } else if (without === actions.length) {
    const message = `none of the ${without} actions of "${text}" works on a particular resource`;
    findings.add('action_without_resources', path, message, { hint });
  } else if (without > actions.length / 2) {
    const message = `${without} of the ${actions.length} actions of "${text}" work on no particular resource: this statement does not reach them`;
    findings.add('action_mostly_without_resources', path, message, { hint });
  }
}

function reportStray(
  target: Target,
  actions: readonly ActionView[],
  allTypes: readonly ResourceType[],
  targets: Targets,
  { findings }: LintScope,
): void {
  if (findings.isFull) return;
  const types = targets.closest(target, allTypes);
  const [first] = actions;
  const who = actions.length === 1 && first !== undefined ? `${nameOf(first)} does not work` : 'no action here works';
  const close = types.flatMap((type) => targets.nearMiss(target, type) ?? [])[0];
  const message = `${who} on "${target.text}": ${close ?? `it is no ${shown(types, ' or ')}`}`;
  findings.add('resource_unsupported', target.path, message, { hint: examplesOf(types) });
}

function nameOf({ text, actions }: ActionView): string {
  const [only] = actions;
  return actions.length === 1 && only !== undefined ? only.name : `"${text}"`;
}

function typesOf(actions: readonly ActionView[]): ResourceType[] {
  const types = new Set<ResourceType>();
  const add = ({ resourceTypes }: ServiceAction): void => {
    for (const type of resourceTypes) types.add(type);
  };
  for (const { actions: found } of actions) found.forEach(add);
  return [...types];
}

const SHOWN_TYPES = 4;

function shown(types: readonly ResourceType[], last = ', '): string {
  const names = [...new Set(types.map(({ name }) => name))];
  const more = names.length - SHOWN_TYPES;
  return `${names.slice(0, SHOWN_TYPES).join(last)}${more > 0 ? ` (and ${more} more kinds)` : ''}`;
}

function examplesOf(types: readonly ResourceType[]): string {
  const arns = types.slice(0, 2).map(({ arn }) => arn);
  return `it looks like ${arns.join(' or ')}`;
}
