import * as z from 'zod';
import { ROLE_ID } from '../http/contract.ts';
import { SIGNING_ALGORITHMS } from '../identity/issuer.ts';
import { ACCOUNT_COLORS, PERMISSIONS } from './policy.ts';
import { PLATFORMS } from './workload/platform.ts';

/**
 * The shape of `access.yml`, as a person writes it. What only makes sense together (names that must exist, ARNs,
 * conditions, limits) is checked when it is compiled.
 */
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const DURATION = /^[1-9][0-9]{0,6}(s|m|h)?$/;

export const text = z.string().min(1, 'must not be empty');
const name = z.string().regex(NAME, 'a name is 1–63 of a–z 0–9 -, and starts with a letter or digit');
const claimName = z.string().regex(/^[^\s${}*?\p{Cc}]{1,256}$/u, 'a claim name holds no spaces, wildcards or $ { }');
export const oneOrMore = z.union([text, z.array(text).min(1, 'needs at least one entry')]);
const usernamePrefix = z
  .string()
  .regex(/^[A-Za-z0-9_+=,.-]{1,32}$/, 'a username prefix is 1–32 of A–Z a–z 0–9 _ + = , . -, without @');
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const scalars = z.union([scalar, z.array(scalar).min(1, 'needs at least one value')]);

export const duration = z
  .union([
    z.int().positive('a duration is more than nothing'),
    z.string().regex(DURATION, 'a duration is written 30m, 1h, 900s or 900'),
  ])
  .describe('A length of time: 30m, 1h, 900s, or a number of seconds.');

const condition = z
  .record(z.string(), z.record(z.string(), scalars))
  .describe('IAM condition block: operator → key → value or values. Every key must match; any of its values may.');

const issuer = z.strictObject({
  issuer: text.describe('The exact `iss` of its tokens. HTTPS; plain http only on loopback.'),
  jwksUri: text.optional().describe('Where its keys are, when discovery is not to be used.'),
  audience: oneOrMore.describe('Accepted audiences. Every audience of a token must be among them.'),
  algorithms: z
    .array(z.enum(SIGNING_ALGORITHMS))
    .min(1, 'needs at least one entry')
    .describe('Accepted signature algorithms.'),
  username: text.optional().describe('Of people: the claim that becomes the SourceIdentity of every session.'),
  usernamePrefix: usernamePrefix
    .optional()
    .describe('Put before the username, to keep people of several issuers apart. One issuer may be without.'),
  subject: text
    .optional()
    .describe(
      'Of workloads, instead of `username`: a template that makes the SourceIdentity of their claims, such as gh-${claim:repository_id}.${claim:run_id}.',
    ),
  platform: z
    .enum(PLATFORMS)
    .optional()
    .describe(
      'Whose tokens they are, so that `check` knows their claims. Known by itself of GitHub.com, GitLab.com, EKS and GKE.',
    ),
  groups: text.optional().describe('The claim that holds the groups. Default groups.'),
  tokenTypes: z
    .array(text)
    .min(1, 'needs at least one entry')
    .optional()
    .describe('Accepted `typ` headers. Default [jwt].'),
  authorizedParties: oneOrMore.optional().describe('Accepted `azp` values. Default: the audiences.'),
  hostedDomains: oneOrMore.optional().describe('Google Workspace: accepted values of `hd`.'),
  requireVerifiedEmail: z
    .boolean()
    .optional()
    .describe('Require email_verified when the username is the email. Default true.'),
  clockSkew: duration.or(z.literal(0)).optional().describe('Clock difference tolerated, at most 5m. Default 30s.'),
  maxTokenLifetime: duration.optional().describe('Longest lifetime of an accepted token. Default 24h.'),
  singleUse: z.boolean().optional().describe('Each token is good for one request, as for CI. Default false.'),
  sessionsEndWithToken: z.boolean().optional().describe('Sessions end when the token does. Default false.'),
  login: z
    .strictObject({ clientId: text, scopes: z.array(text).min(1, 'needs at least one entry').optional() })
    .optional()
    .describe('How people sign in with `daypass login`: a public native client. Leave out for machines.'),
  portal: z
    .strictObject({
      clientId: text,
      scopes: z.array(text).min(1, 'needs at least one entry').optional(),
      label: text.optional().describe('What the sign-in page calls it. Default: the issuer’s name.'),
    })
    .optional()
    .describe(
      'How people sign in to the portal with a browser: a public web client with PKCE. Leave out for machines.',
    ),
  sso: z
    .strictObject({
      session: duration.optional().describe('How long a tool stays signed in, 15m to 24h. Default 8h.'),
      deviceCode: z
        .boolean()
        .optional()
        .describe(
          'Whether a device without a browser may be signed in by a code that is typed elsewhere. Default true.',
        ),
    })
    .optional()
    .describe(
      'Lets people sign in the stock AWS tools, by the protocols of IAM Identity Center. Needs `portal`, where they approve it.',
    ),
});

const account = z.strictObject({
  id: z.string().regex(/^[0-9]{12}$/, 'an account id is twelve digits in quotes'),
  label: text.optional().describe('Name shown to people.'),
  color: z
    .enum(ACCOUNT_COLORS)
    .optional()
    .describe('What the portal marks it with, beside its label, so that nobody takes one account for another.'),
  partition: z.enum(['aws', 'aws-cn', 'aws-us-gov']).optional().describe('Default aws.'),
});

const role = z.strictObject({
  arn: text.describe('The IAM role, arn:aws:iam::111122223333:role/Name.'),
  maxDuration: duration.optional().describe('Longest session, 15m to 12h. Default 1h.'),
  externalId: text.optional().describe('sts:ExternalId that the role’s trust policy asks for.'),
  region: text.optional().describe('Region whose STS is asked. Default: the broker’s own.'),
  description: z.string().max(256, 'at most 256 characters').optional(),
});

const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
  Condition: condition.optional(),
});

const session = z.strictObject({
  tags: z.record(z.string(), z.string()).optional().describe('Session tags; values may hold ${claim:name}.'),
  transitiveTagKeys: z.array(text).optional().describe('Tags passed on when the session assumes another role.'),
  policy: z
    .strictObject({
      Version: z.literal('2012-10-17'),
      Statement: z.union([statement, z.array(statement).min(1, 'needs at least one statement')]),
    })
    .optional()
    .describe('Inline session policy: what the session may do at most. Strings may hold ${claim:name}.'),
  policyArns: z.array(text).optional().describe('Managed policies that limit the session.'),
});

const callers = z.union([z.literal('everyone'), z.record(claimName, oneOrMore)]);

const grant = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'a grant name is 1–128 of A–Z a–z 0–9 . _ -'),
  effect: z.enum(['allow', 'deny']).optional().describe('Default allow. A deny that matches always wins.'),
  roles: oneOrMore.optional().describe('Role ids; * and ? are wildcards.'),
  permissions: z.array(z.enum(PERMISSIONS)).min(1, 'needs at least one entry').optional(),
  callers: callers
    .optional()
    .describe('Claim → value or values (globs). All claims must match, any value may. Or: everyone.'),
  issuers: oneOrMore.optional().describe('Issuers it is limited to. Default: any.'),
  condition: condition.optional(),
  duration: duration.optional().describe('Longest session from this grant, 15m to 12h.'),
  require: z.strictObject({ reason: z.boolean().optional(), ticket: z.boolean().optional() }).optional(),
  session: session.optional(),
});

export const accessPolicySource = z.strictObject({
  version: z.literal(1),
  issuers: z.record(name, issuer),
  accounts: z.record(name, account),
  roles: z.record(z.string().regex(ROLE_ID, 'a role is named account/Name'), role),
  grants: z.array(grant),
});

export type AccessPolicySource = z.infer<typeof accessPolicySource>;
export type IssuerSource = z.infer<typeof issuer>;
export type GrantSource = z.infer<typeof grant>;
export type SessionSource = z.infer<typeof session>;
export type ConditionSource = z.infer<typeof condition>;

/** Seconds of a duration that the schema has accepted. */
export function durationSeconds(written: string | number): number {
  if (typeof written === 'number') return written;
  const unit = { s: 1, m: 60, h: 3600 }[written.at(-1) ?? ''] ?? 1;
  return Number.parseInt(written, 10) * unit;
}

/** A list, however it was written. */
export function listOf<T>(written: T | readonly T[] | undefined): readonly T[] {
  if (written === undefined) return [];
  return Array.isArray(written) ? (written as readonly T[]) : [written as T];
}
