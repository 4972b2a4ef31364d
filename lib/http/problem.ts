import type { Missing } from '../access/decision.ts';
import type { Fault, FaultCode } from '../fault.ts';
import type { Problem } from './contract.ts';
import { RequestFault } from './request.ts';

/** What leaves for a code: generic, safe, and enough to act on. The exact detail is in the audit record. */
interface Wire {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly hint?: string;
}

const SIGN_IN = 'Sign in again: `daypass login`, or fetch a new token in CI.';
const OPERATOR = 'The audit record of this session says exactly what; give its id to the operator of the broker.';
const AGAIN = 'Try again shortly.';

function token(title: string, detail: string, hint: string = SIGN_IN): Wire {
  return { status: 401, title, detail, hint };
}

/** Every code there is; the type makes a forgotten one a compile error. */
const WIRE: Readonly<Record<FaultCode, Wire>> = {
  token_missing: token('Not signed in', 'The request carries no bearer token.'),
  token_malformed: token('Token refused', 'The bearer token is not a well-formed signed JWT.'),
  token_too_large: token('Token refused', 'The bearer token is larger than 16 KiB.'),
  token_duplicate_member: token('Token refused', 'The token names the same JSON member twice.'),
  token_encrypted: token('Token refused', 'The token is encrypted; only signed tokens are accepted.'),
  token_expired: token('Sign-in expired', 'The token has expired.'),
  token_type_wrong: token('Token refused', 'The token is of another type than the access policy accepts.'),
  token_replayed: token('Token already used', 'Tokens of this issuer are good for one request.'),
  time_claim_invalid: token(
    'Token refused',
    "The token's exp, nbf or iat is not acceptable.",
    'Check the clock of the issuer and of this machine.',
  ),
  signature_invalid: token('Token refused', "The token's signature does not verify."),
  alg_not_allowed: token('Token refused', "The token's signing algorithm is not allowed for its issuer."),
  header_not_allowed: token('Token refused', "The token's header holds a parameter that is not allowed."),
  issuer_not_trusted: token(
    'Issuer not trusted',
    "The token's issuer is not one the access policy trusts.",
    'Check which identity provider the token comes from.',
  ),
  audience_mismatch: token(
    'Token refused',
    'The token was issued for another audience.',
    "Check the client id or audience in the issuer's settings.",
  ),
  azp_mismatch: token('Token refused', 'The token was issued to another client.'),
  hosted_domain_mismatch: token(
    'Token refused',
    'The account belongs to another domain.',
    'Sign in with the company account.',
  ),
  claim_missing: token('Token refused', 'The token lacks a claim the broker needs.', OPERATOR),
  claim_type_invalid: token('Token refused', 'A claim of the token has another type than expected.', OPERATOR),
  identity_not_representable: token(
    'Identity refused',
    'The username in the token cannot be an STS SourceIdentity; it is refused, never rewritten.',
    OPERATOR,
  ),
  groups_unavailable: token(
    'Groups unavailable',
    'The token says that the groups were left out because there are too many.',
    'Ask the operator of the identity provider to send only the groups assigned to the application.',
  ),

  key_unknown: token('Token refused', 'The token is signed with a key its issuer does not publish.'),
  key_ambiguous: token('Token refused', 'The issuer publishes several keys under the id the token names.', OPERATOR),
  key_not_allowed: token('Token refused', "The issuer's key does not fit the token's algorithm or use.", OPERATOR),
  key_too_weak: token('Token refused', "The issuer's key is too weak to be believed.", OPERATOR),
  jwks_invalid: {
    status: 503,
    title: 'Identity provider unusable',
    detail: "The issuer's configuration or key set cannot be used.",
    hint: OPERATOR,
  },
  jwks_too_large: {
    status: 503,
    title: 'Identity provider unusable',
    detail: "The issuer's configuration or key set is over the limits.",
    hint: OPERATOR,
  },
  idp_unavailable: {
    status: 503,
    title: 'Identity provider unavailable',
    detail: "The issuer's keys could not be fetched.",
    hint: AGAIN,
  },

  request_invalid: {
    status: 400,
    title: 'Request refused',
    detail: 'The request does not fit the API.',
    hint: 'See /v1/openapi.json.',
  },
  request_signed: {
    status: 400,
    title: 'Not AWS',
    detail:
      'The request is signed for AWS, and this is a Daypass broker: it has no secret key to check a signature with, and cannot pass the request on.',
    hint: 'Send it to AWS: set AWS_ENDPOINT_URL_STS for nothing but AssumeRoleWithWebIdentity, or use AWS_CONTAINER_CREDENTIALS_FULL_URI, which leaves STS alone.',
  },
  operation_unknown: {
    status: 400,
    title: 'Not AWS',
    detail:
      'This is a Daypass broker, not AWS STS. Of STS it answers AssumeRoleWithWebIdentity (2011-06-15) alone, by POST.',
    hint: 'Send other operations to AWS.',
  },
  body_malformed: {
    status: 400,
    title: 'Request refused',
    detail: 'The body is not one well-formed JSON object in UTF-8.',
  },
  body_too_large: { status: 413, title: 'Request refused', detail: 'The body is larger than 16 KiB.' },
  headers_too_large: { status: 431, title: 'Request refused', detail: 'The headers are larger than 32 KiB.' },
  content_type_unsupported: { status: 415, title: 'Request refused', detail: 'The body must be application/json.' },
  not_found: { status: 404, title: 'Not found', detail: 'There is nothing here.' },
  cursor_invalid: {
    status: 400,
    title: 'Request refused',
    detail: 'The cursor is not one that was handed out.',
    hint: 'Start again without a cursor.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Too many requests in this minute.',
    hint: 'Wait as long as Retry-After says; cache credentials until they expire.',
  },

  sign_in_required: {
    status: 401,
    title: 'Not signed in',
    detail: 'There is no session, or it has ended.',
    hint: 'Sign in.',
  },
  sign_in_failed: {
    status: 403,
    title: 'Sign-in failed',
    detail: 'The sign-in could not be finished: refused, too old, used, or begun in another browser.',
    hint: 'Sign in again.',
  },
  sign_in_too_weak: {
    status: 403,
    title: 'Sign-in not as asked for',
    detail: 'The identity provider did not ask you to sign in as freshly or as strongly as is needed.',
    hint: OPERATOR,
  },
  request_forged: {
    status: 403,
    title: 'Form refused',
    detail: 'The form does not come from a page of this session.',
    hint: 'Load the page again and repeat what you did.',
  },

  client_invalid: {
    status: 401,
    title: 'Client not known',
    detail: 'The client is not registered here, or its registration has expired.',
    hint: 'Sign in again: `aws sso login`, or `aws login`.',
  },
  client_metadata_invalid: {
    status: 400,
    title: 'Registration refused',
    detail: 'The client cannot be registered as it asks for.',
  },
  redirect_not_allowed: {
    status: 400,
    title: 'Address not allowed',
    detail: 'The answer may go to an address of this computer only, and to one that the client registered.',
  },
  scope_invalid: {
    status: 400,
    title: 'Scope not known',
    detail: 'The only scope is sso:account:access.',
  },
  client_unauthorized: {
    status: 400,
    title: 'Client not allowed',
    detail: 'The client did not register for this way of signing in.',
  },
  grant_type_unsupported: {
    status: 400,
    title: 'Grant not known',
    detail: 'The grant types are authorization_code, refresh_token and device_code.',
  },
  grant_invalid: {
    status: 400,
    title: 'Sign-in not valid',
    detail: 'The code or refresh token is not known, was used before, has expired or belongs to another client.',
    hint: 'Sign in again: `aws sso login`, or `aws login`.',
  },
  dpop_invalid: {
    status: 400,
    title: 'Proof refused',
    detail: 'The proof that the client has its key is missing, wrong, too old or was used before.',
    hint: 'Check the clock of this machine, and sign in again: `aws login`.',
  },
  authorization_pending: {
    status: 400,
    title: 'Not approved yet',
    detail: 'The sign-in waits to be approved in a browser.',
  },
  slow_down: { status: 400, title: 'Too fast', detail: 'Ask again in five seconds more than until now.' },
  device_code_expired: {
    status: 400,
    title: 'Sign-in too late',
    detail: 'The sign-in was not approved in time.',
    hint: 'Begin again: `aws sso login`.',
  },
  authorization_denied: { status: 400, title: 'Sign-in denied', detail: 'The sign-in was denied in the browser.' },
  user_code_unknown: {
    status: 404,
    title: 'Code not known',
    detail: 'No sign-in waits under this code. It may have expired: codes are good for ten minutes.',
    hint: 'Compare it with the one in your terminal, or begin again there.',
  },
  tools_not_offered: {
    status: 403,
    title: 'Not offered',
    detail: 'The access policy does not let people of your identity provider sign tools in this way.',
    hint: '`daypass login` and the portal work all the same.',
  },
  tool_session_ended: {
    status: 401,
    title: 'Not signed in',
    detail: 'The session has ended, or was ended.',
    hint: 'Sign in again: `aws sso login`, or `aws login`.',
  },
  session_too_short: {
    status: 403,
    title: 'Session too short',
    detail:
      'Sessions of this role are shorter than the 20 minutes that these clients need: they would ask anew for every call.',
    hint: '`daypass exec` and the portal give you one.',
  },

  access_denied: {
    status: 403,
    title: 'Access denied',
    detail: 'The access policy does not allow this.',
    hint: '`daypass roles` lists what you may use.',
  },

  sts_limit_exceeded: {
    status: 502,
    title: 'Session not possible',
    detail: 'The access policy asks STS for more than it takes.',
    hint: OPERATOR,
  },
  sts_access_denied: {
    status: 502,
    title: 'Role not assumable',
    detail: 'The access policy allows this, but AWS did not let the broker assume the role.',
    hint: OPERATOR,
  },
  sts_packed_policy_too_large: {
    status: 502,
    title: 'Session not possible',
    detail: 'Session policy and tags are too large for AWS.',
    hint: OPERATOR,
  },
  sts_policy_malformed: {
    status: 502,
    title: 'Session not possible',
    detail: 'AWS did not accept the session policy.',
    hint: OPERATOR,
  },
  sts_request_invalid: {
    status: 502,
    title: 'Session not possible',
    detail: 'AWS did not accept a parameter of the session.',
    hint: OPERATOR,
  },
  sts_broker_credentials_expired: {
    status: 502,
    title: 'Broker not authorised',
    detail: "AWS did not accept the broker's own credentials.",
    hint: OPERATOR,
  },
  sts_throttled: {
    status: 429,
    title: 'AWS is throttling',
    detail: 'AWS answers that there are too many requests.',
    hint: 'Wait as long as Retry-After says.',
  },
  sts_region_disabled: {
    status: 502,
    title: 'Region disabled',
    detail: "AWS STS is not activated in the role's region.",
    hint: OPERATOR,
  },
  sts_timeout: {
    status: 504,
    title: 'AWS did not answer',
    detail: 'AWS STS did not answer in time. No credentials were handed out.',
    hint: AGAIN,
  },
  sts_unavailable: {
    status: 502,
    title: 'AWS unavailable',
    detail: 'AWS STS could not be reached.',
    hint: AGAIN,
  },
  sts_failed: {
    status: 502,
    title: 'AWS failed',
    detail: 'AWS STS failed. No credentials were handed out.',
    hint: AGAIN,
  },
  sts_response_invalid: {
    status: 502,
    title: 'AWS answered nonsense',
    detail: 'The answer of AWS STS cannot be right. No credentials were handed out.',
    hint: OPERATOR,
  },

  destination_not_allowed: {
    status: 400,
    title: 'Destination refused',
    detail: 'The destination is not a page of the AWS console.',
    hint: 'Name a service, such as ec2, or an https address of the console of the role’s partition.',
  },
  console_refused: {
    status: 502,
    title: 'Console not opened',
    detail: "AWS's sign-in endpoint did not accept the session. The credentials were discarded.",
    hint: OPERATOR,
  },
  console_unavailable: {
    status: 504,
    title: 'Console not opened',
    detail: "AWS's sign-in endpoint did not answer. The credentials were discarded.",
    hint: AGAIN,
  },
  console_answer_invalid: {
    status: 502,
    title: 'Console not opened',
    detail: "AWS's sign-in endpoint gave an answer that cannot be right. The credentials were discarded.",
    hint: OPERATOR,
  },

  audit_unavailable: {
    status: 503,
    title: 'Audit log unavailable',
    detail: 'The session could not be recorded, so no credentials were handed out.',
    hint: AGAIN,
  },
  store_unavailable: {
    status: 503,
    title: 'Store unavailable',
    detail: "The broker's store cannot be reached.",
    hint: AGAIN,
  },
  outcome_missing: {
    status: 500,
    title: 'Outcome unknown',
    detail: 'The broker ended before it recorded how the request ended. No credentials were handed out.',
    hint: OPERATOR,
  },
  ledger_unavailable: {
    status: 503,
    title: 'Ledger unavailable',
    detail: "The ledger's files or its signing key cannot be reached.",
    hint: AGAIN,
  },
  ledger_inconsistent: {
    status: 500,
    title: 'Ledger inconsistent',
    detail: 'The ledger is not as it was signed; it grows no further until somebody has looked.',
    hint: OPERATOR,
  },
  ledger_behind: {
    status: 503,
    title: 'Ledger behind',
    detail: 'The audit log is not being sealed, so nothing is issued.',
    hint: AGAIN,
  },
  not_sealed: {
    status: 409,
    title: 'Not sealed yet',
    detail: 'The record waits for the ledger, which grows every minute.',
    hint: 'Try again when Retry-After says.',
  },
  export_incomplete: {
    status: 500,
    title: 'Export incomplete',
    detail: 'Not every audit record of the period could be exported.',
    hint: OPERATOR,
  },
  internal_error: { status: 500, title: 'Internal error', detail: 'The broker failed.', hint: OPERATOR },
};

export interface ProblemContext {
  readonly requestId: string;
  readonly sessionId: string;
}

/** The problem document of a fault. `fault.detail` stays inside. */
export function problemOf(fault: Fault, { requestId, sessionId }: ProblemContext): Problem {
  const { status, title, detail, hint } = WIRE[fault.code];
  return {
    type: `urn:daypass:problem:${fault.code}`,
    title,
    status,
    detail,
    code: fault.code,
    requestId,
    sessionId,
    ...(hint !== undefined && { hint }),
    ...(fault instanceof RequestFault && { errors: [...fault.errors] }),
  };
}

/** The problem document of a denial: what is missing is for the caller, who missed it. */
export function problemOfDenial(missing: readonly Missing[], { requestId, sessionId }: ProblemContext): Problem {
  const { status, title, detail, hint } = WIRE.access_denied;
  return {
    type: 'urn:daypass:problem:access_denied',
    title,
    status,
    detail: missing[0]?.message ?? detail,
    code: 'access_denied',
    requestId,
    sessionId,
    ...(hint !== undefined && { hint }),
    missing: missing.map(missingOnWire),
  };
}

/** For clients that show one text: what, what to do, and which record tells more. */
export function problemInWords({ detail, errors = [], hint, sessionId }: Problem): string {
  const wrong = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  const sentences = [wrong || detail, wrong ? undefined : hint].flatMap((text) => text ?? []);
  return [...sentences.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`)), `(session ${sessionId})`].join(' ');
}

type MissingOnWire = NonNullable<Problem['missing']>[number];

/** The wire form of one missing thing: the same members, as mutable JSON. */
export function missingOnWire(missing: Missing): MissingOnWire {
  const { kind, message } = missing;
  switch (missing.kind) {
    case 'grant':
      return { kind, message, claims: [...missing.claims] };
    case 'condition':
      return { kind, message, operator: missing.operator, key: missing.key, expected: [...missing.expected] };
    case 'claim':
      return { kind, message, claim: missing.claim };
    default:
      return { kind, message };
  }
}
