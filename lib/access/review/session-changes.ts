import { canonicalJson } from '../../json.ts';
import type { Grant } from '../policy.ts';
import { type Direction, shown } from './change.ts';
import type { Part } from './grant-changes.ts';

interface Limits {
  readonly policy?: unknown;
  readonly policyArns: readonly string[];
}

/** Whether sessions may do less than their role. */
export function isLimited({ policy, policyArns }: Limits): boolean {
  return policy !== undefined || policyArns.length > 0;
}

/**
 * What changed about the sessions of an allowing grant.
 *
 * A session may do what its role and any one of its session policies allow, so one more policy beside others widens.
 * Whether another document allows more cannot be told from here; a gate has to take it as if it did.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
export function sessionChanges({ session: before }: Grant, { session: after }: Grant): Part[] {
  const parts: Part[] = [];
  const direction: Direction = isLimited(before) ? 'widens' : 'narrows';
  if (canonicalJson(before.policy ?? null) !== canonicalJson(after.policy ?? null)) {
    const message =
      before.policy === undefined
        ? 'sessions get a session policy'
        : after.policy === undefined
          ? 'sessions lose their session policy'
          : 'the session policy is another one';
    parts.push({ member: 'session.policy', direction, message });
  }
  if (canonicalJson(before.policyArns) !== canonicalJson(after.policyArns)) {
    const message = `session policies ${shown(after.policyArns)} instead of ${shown(before.policyArns)}`;
    parts.push({ member: 'session.policyArns', direction, message });
  }
  for (const member of ['tags', 'transitiveTagKeys'] as const) {
    if (canonicalJson(before[member]) === canonicalJson(after[member])) continue;
    const message = `${member} are ${text(after[member])} instead of ${text(before[member])}`;
    // What tags mean is known to the policies that look at them.
    parts.push({ member: `session.${member}`, direction: 'changes', message });
  }
  return parts;
}

const MAX_TEXT = 500;

function text(value: unknown): string {
  const whole = JSON.stringify(value);
  return whole.length > MAX_TEXT ? `${whole.slice(0, MAX_TEXT)}…` : whole;
}
