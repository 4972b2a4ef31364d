import type { DenialReason, DurationLimit } from './decision.ts';
import type { ExplainedGrant, ExplainedSession, Explanation, ExplanationDetail } from './explanation.ts';

/** Grants that are not meant for the caller are many and alike. */
const MAX_OTHERS = 10;

/** The explanation in lines for a person, the verdict first. Lines that belong to the one before are indented. */
export function explanationLines(explanation: Explanation): string[] {
  const { role, allowed, session, missing, detail } = explanation;
  const lines = [allowed ? `Allowed: ${role}${byWhom(detail)}.` : `Denied: ${role}${whyDenied(detail)}.`];
  if (session !== undefined) lines.push(...sessionLines(session));
  // With the grants at hand, what is missing is said of each of them, and in full.
  if (!allowed && detail === undefined) lines.push('What is missing:', ...missing.map(({ message }) => `  ${message}`));
  if (detail !== undefined) lines.push(...grantLines(detail));
  return lines;
}

function byWhom(detail: ExplanationDetail | undefined): string {
  return detail?.grant === undefined ? '' : `, by grant ${detail.grant}`;
}

const REASONS: Readonly<Record<DenialReason, string>> = {
  role_unknown: 'the access policy has no such role',
  no_grant: 'no grant that names it is for this caller',
  explicit_deny: 'a deny applies, which wins over every grant',
  condition_unmet: 'no grant that is for this caller has its conditions met',
  requirement_unmet: 'the request lacks what the grant requires',
  template_refused: 'the session cannot be filled in from the claims',
  sign_in_too_short: 'the sign-in ends too soon for any session',
};

function whyDenied(detail: ExplanationDetail | undefined): string {
  if (detail?.reason === undefined) return '';
  const by = detail.grant === undefined ? '' : ` (${detail.grant})`;
  return `, because ${REASONS[detail.reason]}${by}`;
}

const LIMITS: Readonly<Record<DurationLimit, string>> = {
  request: 'as long as was asked for',
  grant: 'the grant allows no more',
  role: 'the role allows no more',
  chaining: 'AWS allows no more to a session that one role takes from another',
  token: 'the sign-in itself ends then',
};

function sessionLines(session: ExplainedSession): string[] {
  const tags = Object.entries(session.tags).map(([key, value]) => `${key}=${value}`);
  const lines = [
    `It lasts ${duration(session.durationSeconds)}: ${LIMITS[session.durationLimitedBy]}.`,
    `It is of ${session.roleArn}, named ${session.roleSessionName}, with the source identity ${session.sourceIdentity}.`,
    `Tags: ${tags.join(', ')}.`,
  ];
  if (session.requires.length > 0) lines.splice(1, 0, `The request must bring a ${session.requires.join(' and a ')}.`);
  if (session.transitiveTagKeys.length > 0) {
    lines.push(`Passed on to roles that the session assumes: ${session.transitiveTagKeys.join(', ')}.`);
  }
  if (session.policy !== undefined) lines.push(`Limited by the session policy ${JSON.stringify(session.policy)}`);
  for (const arn of session.policyArns) lines.push(`Limited by the managed policy ${arn}`);
  return lines;
}

function grantLines({ grants, omitted = 0 }: ExplanationDetail): string[] {
  if (grants.length === 0) return [];
  const near = grants.filter(isNear);
  const others = grants.filter((grant) => !isNear(grant));
  const shown = others.slice(0, MAX_OTHERS);
  const more = others.length - shown.length + omitted;
  return [
    'The grants that name it:',
    ...grants.filter((grant) => near.includes(grant) || shown.includes(grant)).map((grant) => `  ${grantLine(grant)}`),
    ...(more > 0 ? [`  and ${more} more that ${more === 1 ? 'is' : 'are'} for others`] : []),
  ];
}

function isNear({ outcome }: ExplainedGrant): boolean {
  return outcome !== 'issuer_unmatched' && outcome !== 'callers_unmatched';
}

function grantLine(grant: ExplainedGrant): string {
  const { effect, outcome, decides, why } = grant;
  const name = effect === 'deny' ? `deny ${grant.grant}` : `grant ${grant.grant}`;
  if (decides) return `${name} decides`;
  if (outcome === 'matched') return effect === 'deny' ? `${name} applies too` : `${name} would give it too`;
  const lead = effect === 'deny' ? 'does not apply' : isNear(grant) ? 'is for you, but' : 'is not for you';
  return `${name} ${lead}: ${why.join('; ')}`;
}

function duration(seconds: number): string {
  if (seconds % 60 !== 0) return `${seconds} seconds`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds / 60} min`;
}
