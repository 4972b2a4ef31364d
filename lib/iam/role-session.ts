import { parseRoleArn } from './arn.ts';
import { contextOf } from './condition.ts';
import type { PolicyKind } from './document.ts';
import { type Evaluation, evaluate, NO_POLICIES, type PolicySet } from './evaluate.ts';
import type { PlacedDocument } from './layer.ts';
import { parseDocument } from './parse-document.ts';
import { parseRequester } from './requester.ts';
import { makeRequest } from './statement-match.ts';

/** A session of a role that AssumeRole would make, with every policy of its own side as text. */
export interface RoleSession {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly sourceIdentity: string | undefined;
  /** The role's tags; the session's go before them. */
  readonly roleTags: Readonly<Record<string, string>>;
  readonly sessionTags: Readonly<Record<string, string>>;
  /** Inline and attached policies of the role. */
  readonly identity: readonly PolicyText[];
  readonly boundary: PolicyText | undefined;
  /** Policies that were passed to AssumeRole: several count as one. */
  readonly session: readonly PolicyText[];
}

export interface PolicyText {
  /** What to call it in a trace: an ARN, or a name. */
  readonly place: string;
  readonly document: string;
}

/** One thing that the session would do. */
export interface SessionAct {
  /** `service:Name`. */
  readonly action: string;
  /** An ARN, or `*`. */
  readonly resource: string;
  /** Condition keys that are not the session's own; they go before what is filled in. */
  readonly context: Readonly<Record<string, readonly string[]>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * What the session's own side says. Neither organization policies nor the resource's policy are looked at, so:
 *
 * - `allowed`: nothing on this side is in the way; those two can still deny it
 * - `denied`: this side denies it, or does not allow it
 * - `undecided`: this side allows it, and the resource's policy has to as well (another account, a KMS key); or it would
 *   be allowed, but a statement looks at a condition key that nothing is known of, and a Deny under it might apply
 */
export type SessionVerdict = 'allowed' | 'denied' | 'undecided';

export interface SessionJudgement {
  readonly action: string;
  readonly resource: string;
  readonly verdict: SessionVerdict;
  readonly evaluation: Evaluation;
  /** Condition keys that a statement looked at and nothing is known of: it was decided as if the request had none. */
  readonly unknownKeys: readonly string[];
}

/** A policy that cannot be read; a statement in it might deny anything. */
export interface UnreadablePolicy {
  readonly place: string;
  readonly message: string;
}

/**
 * Reads the session's policies once, for any number of acts.
 *
 * @returns what judges, or the policies that cannot be read
 * @throws RangeError when `roleArn` is not the ARN of a role
 */
export function judgeSession(
  session: RoleSession,
): { readonly judge: (act: SessionAct) => SessionJudgement } | { readonly unreadable: readonly UnreadablePolicy[] } {
  const role = parseRoleArn(session.roleArn);
  if (role === undefined) throw new RangeError(`${session.roleArn} is not the ARN of a role`);
  const requester = parseRequester(
    `arn:${role.partition}:sts::${role.accountId}:assumed-role/${role.name}/${session.sessionName}`,
  );
  if (requester === undefined) throw new RangeError(`${session.sessionName} is not the name of a session`);
  const unreadable: UnreadablePolicy[] = [];
  const read = (texts: readonly PolicyText[], kind: PolicyKind) => readPolicies(texts, kind, unreadable);
  const policies: PolicySet = {
    ...NO_POLICIES,
    identity: read(session.identity, 'identity'),
    boundary: read(session.boundary === undefined ? [] : [session.boundary], 'boundary'),
    session: read(session.session, 'session'),
  };
  if (unreadable.length > 0) return { unreadable };
  const own = sessionKeys(session, role.accountId);
  return {
    judge({ action, resource, context, now }) {
      // Of names that differ in case only, the last one counts.
      const known = contextOf({ ...own, ...timeKeys(now), ...context });
      const unknown = new Set<string>();
      const watched = (key: string): readonly string[] | undefined => {
        const values = known(key);
        // All of the session's tags are known, so one that it does not have is known to be absent.
        if (values === undefined && !/^aws:PrincipalTag\//i.test(key)) unknown.add(key);
        return values;
      };
      const evaluation = evaluate(makeRequest({ requester, action, resource, context: watched }), policies);
      const decided = verdictOf(evaluation);
      const verdict = decided === 'allowed' && unknown.size > 0 ? 'undecided' : decided;
      return { action, resource, verdict, evaluation, unknownKeys: [...unknown].sort() };
    },
  };
}

function readPolicies(
  texts: readonly PolicyText[],
  kind: PolicyKind,
  unreadable: UnreadablePolicy[],
): PlacedDocument[] {
  return texts.flatMap(({ place, document: text }) => {
    const { document, problems } = parseDocument(text, kind);
    if (document !== undefined) return [{ place, document }];
    unreadable.push({ place, message: problems.find(({ fatal }) => fatal)?.message ?? 'not a policy document' });
    return [];
  });
}

type Keys = Readonly<Record<string, readonly string[]>>;

/**
 * What every request of the session carries. A role session never shows a second factor: that was for the call that
 * made it. Not here are `aws:userid`, for which the role's unique id is needed, and all that follows from the request.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
function sessionKeys(session: RoleSession, accountId: string): Keys {
  const { roleArn, sourceIdentity } = session;
  const tags = principalTags(session).map(([key, value]): [string, string[]] => [`aws:PrincipalTag/${key}`, [value]]);
  return {
    // To conditions, a session is the role that it is of, path and all.
    'aws:PrincipalArn': [roleArn],
    'aws:PrincipalAccount': [accountId],
    'aws:PrincipalType': ['AssumedRole'],
    'aws:MultiFactorAuthPresent': ['false'],
    'aws:SecureTransport': ['true'],
    'aws:ViaAWSService': ['false'],
    'aws:PrincipalIsAWSService': ['false'],
    ...(sourceIdentity !== undefined && { 'aws:SourceIdentity': [sourceIdentity] }),
    ...Object.fromEntries(tags),
  };
}

/** A session's tag takes the place of its role's, whatever the case of the key. */
function principalTags({ roleTags, sessionTags }: RoleSession): [string, string][] {
  const own = new Set(Object.keys(sessionTags).map((key) => key.toLowerCase()));
  const kept = Object.entries(roleTags).filter(([key]) => !own.has(key.toLowerCase()));
  return [...kept, ...Object.entries(sessionTags)];
}

function timeKeys(now: number): Keys {
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  return {
    'aws:CurrentTime': [time],
    'aws:EpochTime': [String(Math.floor(now / 1000))],
    'aws:TokenIssueTime': [time],
  };
}

function verdictOf({ decision, reason, layers }: Evaluation): SessionVerdict {
  if (decision === 'allowed') return 'allowed';
  if (decision === 'explicitlyDenied' || reason !== 'notGrantedByResource') return 'denied';
  const limits = [layers.boundary, layers.session].every(({ outcome }) => outcome !== 'implicitlyDenied');
  return layers.identity.outcome === 'allowed' && limits ? 'undecided' : 'denied';
}
