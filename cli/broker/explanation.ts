import type { ExplainedSession, Explanation } from '../../lib/access/explanation.ts';

/** Whether the answer of `POST /v1/explain` has what is told of it; what a newer broker adds is not in the way. */
export function isExplanation(value: unknown): value is Explanation {
  const { role, allowed, session, missing, detail } = (value ?? {}) as Partial<Explanation>;
  if (typeof role !== 'string' || typeof allowed !== 'boolean' || !Array.isArray(missing)) return false;
  if (!missing.every((item: unknown) => typeof (item as { message?: unknown } | null)?.message === 'string'))
    return false;
  if (allowed && !isSession(session)) return false;
  return detail === undefined || (typeof detail === 'object' && detail !== null && isListOf(detail.grants, isGrant));
}

function isSession(value: unknown): boolean {
  const session = (value ?? {}) as Partial<ExplainedSession>;
  const lists = [session.requires, session.transitiveTagKeys, session.policyArns];
  const texts = [session.roleArn, session.roleSessionName, session.sourceIdentity];
  return (
    texts.every((text) => typeof text === 'string') &&
    lists.every((list) => isListOf(list, (item) => typeof item === 'string')) &&
    typeof session.durationSeconds === 'number' &&
    typeof session.tags === 'object' &&
    session.tags !== null
  );
}

function isGrant(value: unknown): boolean {
  const { grant, why } = (value ?? {}) as { grant?: unknown; why?: unknown };
  return typeof grant === 'string' && isListOf(why, (item) => typeof item === 'string');
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
