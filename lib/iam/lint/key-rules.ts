import { foldCase } from '../fold-case.ts';
import type { ActionView } from './action-view.ts';
import { isKey, type KeyFinder } from './key-finder.ts';
import type { LintScope } from './scope.ts';
import type { ConditionView, StatementView } from './statement-view.ts';

/** Keys that do not exist, that stand twice, or that requests for these actions never carry. */
export function checkKeys(
  { conditions, effect }: StatementView,
  actions: readonly ActionView[] | undefined,
  keys: KeyFinder,
  scope: LintScope,
): void {
  const { findings } = scope;
  const seen = new Map<string, string>();
  for (const condition of conditions) {
    if (findings.isFull) return;
    const { key, path, written } = condition;
    const place = `${written} ${foldCase(key)}`;
    const twin = seen.get(place);
    if (twin !== undefined) {
      const message = `"${key}" is the same key as "${twin}": names of keys have no case`;
      findings.add('condition_key_duplicate', path, message, { at: 'key' });
      continue;
    }
    seen.set(place, key);
    const found = keys.find(key);
    // Some actions know keys of another service, which that service's own list does not have.
    if (found.kind === 'unknown' && actions?.some((action) => supports(action, key)) === true) continue;
    if (found.kind === 'unknown') {
      findings.add('condition_key_unknown', path, found.message, { hint: found.hint, at: 'key' });
    } else if (found.kind === 'known' && actions !== undefined && needsAction(key, found.global)) {
      checkSupport(condition, actions, effect === 'Deny', scope);
    }
  }
}

/** Tags are global by name, and still known to some actions only. */
const TAG_KEYS = /^aws:(requesttag\/|resourcetag\/|tagkeys$)/;

function needsAction(key: string, global: boolean): boolean {
  return !global || TAG_KEYS.test(foldCase(key));
}

function checkSupport(
  condition: ConditionView,
  actions: readonly ActionView[],
  denies: boolean,
  { kind, findings }: LintScope,
): void {
  if (actions.some(({ everything }) => everything)) return;
  const { key, path, written } = condition;
  // An action that is not known may support any key.
  const without = actions.filter((action) => action.actions.length > 0 && !supports(action, key));
  if (without.length === 0) return;
  if (without.length === actions.length) {
    const [first] = actions;
    const who = actions.length === 1 && first !== undefined ? nameOf(first) : 'no action of this statement';
    const verb = actions.length === 1 ? 'does not support' : 'supports';
    const effect = outcome(condition, denies);
    const code = TAG_KEYS.test(foldCase(key)) ? 'tag_key_unsupported' : 'condition_key_unsupported';
    findings.add(code, path, `${who} ${verb} the condition key ${key}: ${effect}`, { at: 'key' });
    return;
  }
  // A call of STS is several requests with one context: to assume, to tag, to set the source identity.
  if (kind === 'trust' || holdsWhenAbsent(condition) || denies) return;
  const named = without.filter(({ wildcard }) => !wildcard);
  if (named.length === 0) return;
  const names = named.map(nameOf);
  const list = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  const message = `${list} ${names.length === 1 ? 'does' : 'do'} not support ${key}: ${written} never holds for ${
    names.length === 1 ? 'it' : 'them'
  }`;
  const hint = 'give what does not know the key a statement of its own';
  findings.add('condition_key_partly_unsupported', path, message, { hint, at: 'key' });
}

function supports({ actions }: ActionView, key: string): boolean {
  return actions.some(({ conditionKeys }) => conditionKeys.some((known) => isKey(key, known)));
}

/** What comes of a condition on a key that no request carries. */
function outcome(condition: ConditionView, denies: boolean): string {
  const { written } = condition;
  if (holdsWhenAbsent(condition)) return `${written} always holds`;
  return denies ? `${written} never holds, and nothing is denied` : `${written} never holds, and nothing is allowed`;
}

/** Whether the operator holds for a request without the key. */
export function holdsWhenAbsent({ operator, values }: ConditionView): boolean {
  const { quantifier, ifExists, comparison } = operator;
  if (quantifier === 'null') return values.some(({ text }) => foldCase(text) === 'true');
  if (quantifier === 'all') return true;
  if (quantifier === 'any') return ifExists;
  return ifExists || comparison.negated;
}

function nameOf({ text, actions, wildcard }: ActionView): string {
  return wildcard ? `"${text}"` : (actions[0]?.name ?? text);
}
