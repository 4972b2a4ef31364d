import { foldCase } from './fold-case.ts';
import { compileGlob, type Glob } from './glob.ts';

/**
 * `Action` and `NotAction`: `service:Name`, compared without case, with `*` and `?` in it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
 */
export interface ActionSet {
  /** True for `NotAction`: matches what none of the patterns match. */
  readonly negated: boolean;
  /** As written. */
  readonly patterns: readonly string[];
  /** @param folded the action in lower case, as `foldAction` makes it */
  matches(folded: string): boolean;
}

/** An action of a request in the form that `ActionSet.matches` takes. */
export function foldAction(action: string): string {
  return foldCase(action);
}

/** `s3:GetObject`: what a request names, without wildcards. */
export function isAction(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}:[A-Za-z0-9_-]{1,128}$/.test(text);
}

/** What is wrong with a pattern, or undefined. AWS does not know every action by name; neither does this. */
export function actionPatternProblem(pattern: string): string | undefined {
  if (pattern === '*') return undefined;
  const colon = pattern.indexOf(':');
  if (colon < 0) return `"${pattern}" names no service: an action is "*" or service:Name`;
  if (!/^(\*|[A-Za-z0-9-]{1,64})$/.test(pattern.slice(0, colon))) {
    return `"${pattern.slice(0, colon)}" is no service prefix, which holds letters, digits and "-" and no wildcard`;
  }
  if (!/^[A-Za-z0-9_*?-]{1,128}$/.test(pattern.slice(colon + 1))) {
    return `"${pattern}" is no action: after the colon come letters, digits, "*" and "?"`;
  }
  return undefined;
}

export function compileActions(patterns: readonly string[], negated: boolean): ActionSet {
  const literals = new Set<string>();
  const globs: Glob[] = [];
  for (const pattern of patterns) {
    const glob = compileGlob(foldCase(pattern));
    if (glob.literal) literals.add(glob.pattern);
    else globs.push(glob);
  }
  const matchesAny = (folded: string): boolean => {
    if (literals.size > 0 && literals.has(folded)) return true;
    for (const glob of globs) {
      if (glob.matches(folded)) return true;
    }
    return false;
  };
  return { negated, patterns, matches: negated ? (folded) => !matchesAny(folded) : matchesAny };
}
