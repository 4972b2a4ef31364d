import * as z from 'zod/mini';

/**
 * The HTTPS API as schemas: requests are validated with them, OpenAPI is generated from them, the command
 * line is typed by them. Members of the credentials answer are in AWS's `credential_process` spelling because
 * that answer is a valid `credential_process` document as it stands.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */

export const ROLE_ID = /^[a-z0-9][a-z0-9-]{0,62}\/[A-Za-z0-9_+=,.@-]{1,64}$/;

/** Text in any script that a reader can see: no control, format or line-separator characters, and a letter or digit. */
const READABLE = /^(?=.*[\p{L}\p{N}])[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u;

const roleId = z.string().check(z.regex(ROLE_ID, 'a role is named account/name'));

export const credentialsRequest = z.strictObject({
  role: roleId,
  durationSeconds: z.optional(z.int().check(z.gte(900), z.lte(43_200))),
  reason: z.optional(z.string().check(z.maxLength(512), z.regex(READABLE, 'text that can be read'))),
  ticket: z.optional(
    z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9_.:/#-]{0,127}$/, 'a ticket is 1–128 of A–Z a–z 0–9 _ . : / # -')),
  ),
});

/** What a request for container credentials may say besides the role, in its query string. */
export const containerQuery = z.strictObject({
  durationSeconds: z.optional(
    z.pipe(
      z.pipe(z.string().check(z.regex(/^[0-9]{1,5}$/, 'a number of seconds')), z.transform(Number)),
      z.int().check(z.gte(900), z.lte(43_200)),
    ),
  ),
  reason: credentialsRequest.shape.reason,
  ticket: credentialsRequest.shape.ticket,
});

/** The same with where in the console to begin: a service's name or an address of the console. */
export const consoleRequest = z.strictObject({
  ...credentialsRequest.shape,
  destination: z.optional(z.string().check(z.minLength(1), z.maxLength(1024))),
});

export const notice = z.object({
  code: z.enum(['duration_shortened']),
  message: z.string(),
});

export const credentialsAnswer = z.object({
  Version: z.literal(1),
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  SessionToken: z.string(),
  /** RFC 3339, UTC, as STS said. */
  Expiration: z.string(),
  AccountId: z.string(),
  SessionId: z.string(),
  RoleArn: z.string(),
  SourceIdentity: z.string(),
  DurationSeconds: z.int(),
  Notices: z.array(notice),
});

/**
 * As the AWS SDKs read container credentials.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export const containerAnswer = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
  /** RFC 3339, UTC, as STS said. */
  Expiration: z.string(),
  AccountId: z.string(),
  RoleArn: z.string(),
  SessionId: z.string(),
});

/** A sign-in to the AWS console. `Url` signs in whoever opens it, for 15 minutes: treat it like a password. */
export const consoleAnswer = z.object({
  Url: z.string(),
  Destination: z.string(),
  /** RFC 3339, UTC: when the console session ends. */
  Expiration: z.string(),
  AccountId: z.string(),
  SessionId: z.string(),
  RoleArn: z.string(),
  SourceIdentity: z.string(),
  DurationSeconds: z.int(),
  Notices: z.array(notice),
});

export const missing = z.object({
  kind: z.enum(['grant', 'condition', 'reason', 'ticket', 'claim', 'sign_in', 'denied']),
  message: z.string(),
  claims: z.optional(z.array(z.string())),
  claim: z.optional(z.string()),
  operator: z.optional(z.string()),
  key: z.optional(z.string()),
  expected: z.optional(z.array(z.string())),
});

const texts = z.array(z.string());
const requirements = z.array(z.enum(['reason', 'ticket']));

export const roleSummary = z.object({
  role: z.string(),
  account: z.object({ name: z.string(), id: z.string(), label: z.string() }),
  arn: z.string(),
  description: z.optional(z.string()),
  /** False when a grant is meant for the caller but something is missing right now. */
  available: z.boolean(),
  maxDurationSeconds: z.optional(z.int()),
  requires: requirements,
  missing: z.array(missing),
});

export const rolesAnswer = z.object({ roles: z.array(roleSummary) });

/** One grant that names the role, and how it fares with this caller and request. */
export const explainedGrant = z.object({
  grant: z.string(),
  effect: z.enum(['allow', 'deny']),
  outcome: z.enum([
    'matched',
    'issuer_unmatched',
    'callers_unmatched',
    'condition_unmet',
    'requirement_unmet',
    'template_refused',
    'sign_in_too_short',
  ]),
  decides: z.boolean(),
  /** Why it does not apply; empty when it does. */
  why: texts,
  issuers: texts,
  callers: z.record(z.string(), texts),
  condition: z.record(z.string(), z.record(z.string(), texts)),
  requires: requirements,
  durationSeconds: z.optional(z.int()),
});

/** What `POST /v1/credentials` would answer to the same request; `{sessionId}` stands for an id that is not there yet. */
export const explainAnswer = z.object({
  role: z.string(),
  allowed: z.boolean(),
  session: z.optional(
    z.object({
      roleArn: z.string(),
      accountId: z.string(),
      durationSeconds: z.int(),
      durationLimitedBy: z.enum(['request', 'grant', 'role', 'chaining', 'token']),
      requires: requirements,
      tags: z.record(z.string(), z.string()),
      transitiveTagKeys: texts,
      policy: z.optional(z.record(z.string(), z.unknown())),
      policyArns: texts,
      sourceIdentity: z.string(),
      roleSessionName: z.string(),
    }),
  ),
  missing: z.array(missing),
  /** For holders of policy:read only. */
  detail: z.optional(
    z.object({
      policyDigest: z.string(),
      grant: z.optional(z.string()),
      reason: z.optional(
        z.enum([
          'role_unknown',
          'no_grant',
          'explicit_deny',
          'condition_unmet',
          'requirement_unmet',
          'template_refused',
          'sign_in_too_short',
        ]),
      ),
      grants: z.array(explainedGrant),
      omitted: z.optional(z.int()),
    }),
  ),
});

export const whoamiAnswer = z.object({
  issuer: z.string(),
  subject: z.string(),
  username: z.string(),
  /** RFC 3339; absent when the issuer does not say when the person signed in. */
  authenticatedAt: z.optional(z.string()),
  expiresAt: z.string(),
  permissions: z.array(z.string()),
});

export const healthAnswer = z.object({ status: z.literal('ok'), version: z.string(), policyDigest: z.string() });

/** `/.well-known/daypass`: all a client needs besides the broker's address. Public. */
export const clientConfiguration = z.object({
  version: z.string(),
  issuers: z.array(
    z.object({ name: z.string(), issuer: z.string(), clientId: z.string(), scopes: z.array(z.string()) }),
  ),
  endpoints: z.object({
    credentials: z.string(),
    console: z.string(),
    roles: z.string(),
    whoami: z.string(),
    explain: z.string(),
    audit: z.string(),
    proof: z.string(),
  }),
  /** Whether people can sign in the stock AWS tools, by IAM Identity Center's protocols at the root of this host. */
  sso: z.optional(z.boolean()),
});

/** A value to look for: never empty, and no longer than what a record can hold there. */
const filterText = z.string().check(z.minLength(1), z.maxLength(256));

export const auditQuery = z.strictObject({
  /** RFC 3339; default 24 hours before `until`. */
  since: z.optional(z.string()),
  /** RFC 3339; default now. */
  until: z.optional(z.string()),
  caller: z.optional(filterText),
  role: z.optional(filterText),
  account: z.optional(filterText),
  session: z.optional(filterText),
  accessKeyId: z.optional(filterText),
  /** An address, or a range in CIDR notation. */
  sourceIp: z.optional(filterText),
  action: z.optional(filterText),
  outcome: z.optional(filterText),
  code: z.optional(filterText),
  order: z.optional(z.enum(['newest', 'oldest'])),
  /** 1–500, default 100. */
  limit: z.optional(z.string()),
  cursor: z.optional(z.string()),
});

/** One page of records; `cursor` is absent on the last. */
export const auditAnswer = z.object({
  records: z.array(z.record(z.string(), z.unknown())),
  cursor: z.optional(z.string()),
});

export const proofQuery = z.strictObject({
  /** A session's id, as in the answer to its request. */
  session: z.string().check(z.regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'a session id is 26 characters')),
});

/** Proofs that a session's records are in the sealed log, each a file of its own (C2SP tlog-proof). */
export const proofAnswer = z.object({
  proofs: z.array(z.object({ phase: z.enum(['intent', 'outcome']), leaf: z.int(), file: z.string() })),
});

/** RFC 9457 problem details, `application/problem+json`. */
export const problem = z.object({
  /** `about:blank` is never used: `urn:daypass:problem:<code>`. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  /** Present when a record was written. */
  sessionId: z.optional(z.string()),
  /** What to do next. */
  hint: z.optional(z.string()),
  missing: z.optional(z.array(missing)),
  /** Which member of the request was wrong and why; never its value. */
  errors: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
});

/** What SDKs show of a refusal is in a member of one of these names. */
export const containerProblem = z.extend(problem, { message: z.string(), Code: z.string(), Message: z.string() });

export type CredentialsRequest = z.infer<typeof credentialsRequest>;
export type CredentialsAnswer = z.infer<typeof credentialsAnswer>;
export type ContainerAnswer = z.infer<typeof containerAnswer>;
export type ContainerProblem = z.infer<typeof containerProblem>;
export type ConsoleRequest = z.infer<typeof consoleRequest>;
export type ConsoleAnswer = z.infer<typeof consoleAnswer>;
export type RoleSummary = z.infer<typeof roleSummary>;
export type RolesAnswer = z.infer<typeof rolesAnswer>;
export type ExplainAnswer = z.infer<typeof explainAnswer>;
export type WhoamiAnswer = z.infer<typeof whoamiAnswer>;
export type HealthAnswer = z.infer<typeof healthAnswer>;
export type ClientConfiguration = z.infer<typeof clientConfiguration>;
export type AuditQuery = z.infer<typeof auditQuery>;
export type AuditAnswer = z.infer<typeof auditAnswer>;
export type ProofAnswer = z.infer<typeof proofAnswer>;
export type Problem = z.infer<typeof problem>;
