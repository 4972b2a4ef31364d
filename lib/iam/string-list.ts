import type { Json } from '../json.ts';
import type { PolicyPath, ProblemList } from './policy-problem.ts';

/**
 * A text or a list of texts, as nearly every element of a policy is.
 *
 * @param options `scalars`: numbers and booleans are the text that JSON writes for them, as in condition values
 * @returns undefined, with the problems reported, when it is anything else
 */
export function stringList(
  value: Json | undefined,
  path: PolicyPath,
  problems: ProblemList,
  { scalars = false }: { readonly scalars?: boolean } = {},
): readonly string[] | undefined {
  const expected = scalars ? 'a text, a number, a boolean' : 'a text';
  const isList = Array.isArray(value);
  const list: readonly Json[] = isList ? (value as readonly Json[]) : [value as Json];
  const texts: string[] = [];
  for (const [index, item] of list.entries()) {
    if (typeof item === 'string') texts.push(item);
    else if (scalars && (typeof item === 'number' || typeof item === 'boolean')) texts.push(String(item));
    else problems.fatal('element_type', isList ? [...path, index] : path, `${expected} or a list of them belongs here`);
  }
  return texts.length === list.length ? texts : undefined;
}
