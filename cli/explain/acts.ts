import { isAction } from '../../lib/iam/action.ts';
import { splitArn } from '../../lib/iam/arn.ts';
import type { TraceJson } from '../../lib/iam/explain.ts';
import type { SessionAct, SessionVerdict } from '../../lib/iam/role-session.ts';
import type { Input } from '../command.ts';
import { Failure } from '../failure.ts';

/** Something that a session would do, as the command line says it. */
export type WantedAct = Omit<SessionAct, 'now'>;

/** What the session's own side says of it, as JSON. */
export interface JudgedAct {
  readonly action: string;
  readonly resource: string;
  readonly verdict: SessionVerdict;
  /** Condition keys that were looked at and are not known here; taken as absent. */
  readonly unknownKeys: readonly string[];
  readonly explanation: readonly string[];
  readonly trace: TraceJson;
}

/** What only makes sense with `--actions`. */
const COMPANIONS = ['resource', 'context', 'read-role', 'read-role-external-id'] as const;

/** Longer than what AWS takes anywhere. */
const MAX_CHARACTERS = 2048;

/** Each action on each resource. @throws Failure `usage` */
export function wantedActs(input: Input): WantedAct[] {
  const actions = input.text('actions')?.split(',');
  if (actions === undefined) {
    const stray = COMPANIONS.find((name) => input.isSet(name));
    if (stray !== undefined) throw new Failure('usage', `--${stray} goes with --actions`);
    return [];
  }
  for (const action of actions) {
    if (isAction(action)) continue;
    throw new Failure('usage', `“${action.slice(0, 100)}” is no action`, {
      hint: 'such as s3:GetObject, without wildcards',
    });
  }
  const given = input.texts('resource');
  const resources = given.length === 0 ? ['*'] : given;
  for (const resource of resources) {
    if (resource === '*' || (splitArn(resource) !== undefined && resource.length <= MAX_CHARACTERS)) continue;
    throw new Failure('usage', `“${resource.slice(0, 100)}” is neither an ARN nor *`);
  }
  const context = contextOf(input.texts('context'));
  return actions.flatMap((action) => resources.map((resource) => ({ action, resource, context })));
}

/** A key that is given several times has several values. */
function contextOf(given: readonly string[]): Record<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const text of given) {
    const [, key, value] = /^([^=\s]{1,256})=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined || value.length > MAX_CHARACTERS) {
      throw new Failure('usage', `--context ${text.slice(0, 100)} is not KEY=VALUE`, {
        hint: 'such as aws:SourceIp=198.51.100.7',
      });
    }
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return Object.fromEntries(values);
}

const VERDICTS: Readonly<Record<SessionVerdict, string>> = {
  allowed: 'allowed',
  denied: 'denied',
  undecided: 'allowed on this side; the resource’s policy has to allow it too',
};

function inWords(verdict: SessionVerdict, unknownKeys: readonly string[]): string {
  if (verdict !== 'undecided' || unknownKeys.length === 0) return VERDICTS[verdict];
  return `undecided: it depends on ${unknownKeys.join(', ')}, which --context KEY=VALUE can say`;
}

/** What the session could do, in lines, and what that means. */
export function actLines(acts: readonly JudgedAct[]): string[] {
  return [
    'What the session could do:',
    ...acts.flatMap(({ action, resource, verdict, explanation, unknownKeys }) => [
      `  ${action} on ${resource}: ${inWords(verdict, unknownKeys)}`,
      ...explanation.map((sentence) => `    ${sentence}`),
      ...(unknownKeys.length === 0 ? [] : [`    Not known here, and taken as absent: ${unknownKeys.join(', ')}.`]),
    ]),
    'Policies of the organization and of the resource were not read: they can deny what is allowed here, and the',
    'resource’s policy can allow what is denied here for want of a statement.',
  ];
}
