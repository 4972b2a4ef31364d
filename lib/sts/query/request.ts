import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { Fault } from '../../fault.ts';
import { check, formFields, RequestFault } from '../../http/request.ts';
import { parseRoleArn } from '../../iam/arn.ts';
import { MAX_SESSION_SECONDS, MIN_SESSION_SECONDS, sessionNameProblem } from '../../iam/limits.ts';

/** What `AssumeRoleWithWebIdentity` asks for, besides the token. */
export interface WebIdentityRequest {
  readonly roleArn: string;
  /** The client's own name for the session. Information only: the session's name is the broker's. */
  readonly sessionName: string;
  readonly durationSeconds: number | undefined;
}

const OPERATION = 'AssumeRoleWithWebIdentity';
const VERSION = '2011-06-15';

/**
 * A request of STS's query protocol as `AssumeRoleWithWebIdentity` sends it: unsigned, a form in the body. Its parts are
 * read one by one, so that the token is verified before the rest is looked at.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export interface QueryRequest {
  /**
   * @throws Fault `request_signed`, `operation_unknown`, `token_missing`, `content_type_unsupported`, `body_too_large`,
   *   `body_malformed`, RequestFault
   */
  token(): string;
  /** @throws RequestFault */
  request(): WebIdentityRequest;
}

export function queryRequest(event: APIGatewayProxyEventV2): QueryRequest {
  let read: Readonly<Record<string, string>> | undefined;
  const fields = (): Readonly<Record<string, string>> => {
    read ??= operationFields(event);
    return read;
  };
  return {
    token() {
      // A token file often ends in a newline, and clients send it as it is.
      const token = fields()['WebIdentityToken']?.trim();
      if (!token) throw new Fault('token_missing', 'no WebIdentityToken');
      return token;
    },
    request: () => webIdentityRequest(fields()),
  };
}

function operationFields(event: APIGatewayProxyEventV2): Record<string, string> {
  // Whose signature it is cannot be told without the secret key, which only AWS and its owner have.
  const signed = Object.keys(event.headers).find((name) => /^(authorization|x-amz-security-token)$/i.test(name));
  if (signed !== undefined) throw new Fault('request_signed', 'a signed call to STS came here');
  const fields = formFields(event);
  const { Action: action = '', Version: version } = fields;
  if (action !== OPERATION) throw new Fault('operation_unknown', `the operation is ${named(action)}`);
  if (version !== VERSION) throw new Fault('operation_unknown', `${OPERATION} is not of version ${VERSION}`);
  return fields;
}

/** An operation as a record may repeat it. */
function named(action: string): string {
  return /^[A-Za-z]{1,64}$/.test(action) ? action : 'none that has a name';
}

/** What AWS takes, and a session of the broker cannot have: dropped in silence, it would have more than was asked for. */
const NOT_TAKEN: readonly (readonly [RegExp, string])[] = [
  [/^Policy$|^PolicyArns\./, 'not taken here: the access policy says what a session may do'],
  [/^ProviderId$/, 'not taken here: it is for OAuth 2.0 access tokens, and this takes OpenID Connect tokens'],
];

/** A path has at most 512 characters, a name 64. */
const MAX_ROLE_ARN_CHARACTERS = 640;

const parameters = z.strictObject({
  Action: z.literal(OPERATION),
  Version: z.literal(VERSION),
  WebIdentityToken: z.string(),
  RoleArn: z.string().check(
    z.maxLength(MAX_ROLE_ARN_CHARACTERS),
    z.refine((arn) => parseRoleArn(arn) !== undefined, 'must be the ARN of an IAM role'),
  ),
  RoleSessionName: z
    .string()
    .check(z.refine((name) => sessionNameProblem(name) === undefined, 'must be 2–64 of A–Z a–z 0–9 _ + = , . @ -')),
  DurationSeconds: z.optional(
    z
      .string()
      .check(
        z.refine(
          (text) =>
            /^[0-9]{1,5}$/.test(text) && Number(text) >= MIN_SESSION_SECONDS && Number(text) <= MAX_SESSION_SECONDS,
          `must be a whole number from ${MIN_SESSION_SECONDS} to ${MAX_SESSION_SECONDS}`,
        ),
      ),
  ),
});

function webIdentityRequest(fields: Readonly<Record<string, string>>): WebIdentityRequest {
  const refused = Object.keys(fields).flatMap((path) => {
    const [, message] = NOT_TAKEN.find(([name]) => name.test(path)) ?? [];
    return message === undefined ? [] : [{ path: path.replace(/\..*/s, ''), message }];
  });
  if (refused.length > 0) throw new RequestFault(refused.slice(0, 1));
  const { RoleArn, RoleSessionName, DurationSeconds } = check(parameters, fields);
  return {
    roleArn: RoleArn,
    sessionName: RoleSessionName,
    durationSeconds: DurationSeconds === undefined ? undefined : Number(DurationSeconds),
  };
}
