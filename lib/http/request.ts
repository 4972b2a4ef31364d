import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { Fault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import { readStrictJson } from '../strict-json.ts';

/** A request that does not fit its schema: which members, and why; never their values. */
export class RequestFault extends Fault {
  readonly errors: readonly { readonly path: string; readonly message: string }[];

  constructor(errors: RequestFault['errors']) {
    super('request_invalid', errors.map(({ path, message }) => `${path || '(whole)'}: ${message}`).join('; '));
    this.errors = errors;
  }
}

export const MAX_BODY_BYTES = 16_384;
export const MAX_HEADER_BYTES = 32_768;

const MAX_ERRORS = 10;

/**
 * The bearer token of the Authorization header, as it came in.
 *
 * API Gateway joins repeated headers with a comma, which no JWT holds, so two headers are a malformed token.
 *
 * @throws Fault `token_missing`, `token_malformed`, `headers_too_large`
 * @see RFC 6750 §2.1
 */
export function bearerToken(event: APIGatewayProxyEventV2): string {
  const token = /^Bearer +([^\s,]+)$/i.exec(authorization(event))?.[1];
  if (token === undefined) throw new Fault('token_malformed', 'the Authorization header is not one bearer token');
  return token;
}

/**
 * The same, or the token alone: clients of container credentials send what they were given as it is, and a token in a
 * file, such as Kubernetes writes it, has no scheme before it.
 *
 * @throws Fault `token_missing`, `token_malformed`, `headers_too_large`
 */
export function authorizationToken(event: APIGatewayProxyEventV2): string {
  const token = /^(?:Bearer +)?([^\s,]+)$/i.exec(authorization(event))?.[1];
  if (token === undefined) throw new Fault('token_malformed', 'the Authorization header is not one token');
  return token;
}

function authorization(event: APIGatewayProxyEventV2): string {
  let size = 0;
  let found: string | undefined;
  for (const [name, value] of Object.entries(event.headers)) {
    size += name.length + (value?.length ?? 0);
    if (name.toLowerCase() === 'authorization') found = value;
  }
  if (size > MAX_HEADER_BYTES) throw new Fault('headers_too_large', `${size} bytes of headers`);
  if (found === undefined || found === '') throw new Fault('token_missing', 'no Authorization header');
  return found;
}

/**
 * The JSON body, checked against its schema. Members the schema does not know are refused.
 *
 * @throws Fault `content_type_unsupported`, `body_too_large`, `body_malformed`, RequestFault
 */
export function jsonBody<Schema extends z.ZodMiniType>(event: APIGatewayProxyEventV2, schema: Schema): z.infer<Schema> {
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType(event))) {
    throw new Fault('content_type_unsupported', 'the content type is not application/json');
  }
  noQuery(event);
  return check(schema, parseJson(bodyText(event)));
}

/**
 * The query string, checked against its schema. A name given twice is refused: API Gateway would join the
 * values with a comma, and which one counts must not be a matter of taste.
 *
 * @throws RequestFault
 */
export function query<Schema extends z.ZodMiniType>(event: APIGatewayProxyEventV2, schema: Schema): z.infer<Schema> {
  return check(schema, parameters(event.rawQueryString));
}

/**
 * The fields of a form's body, each at most once.
 *
 * @throws Fault `content_type_unsupported`, `body_too_large`, `body_malformed`, RequestFault
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
export function formFields(event: APIGatewayProxyEventV2): Record<string, string> {
  if (!/^application\/x-www-form-urlencoded\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType(event))) {
    throw new Fault('content_type_unsupported', 'the content type is not application/x-www-form-urlencoded');
  }
  noQuery(event);
  return parameters(bodyText(event));
}

/** A header by its name in lower case, whatever case it came in. */
export function headerOf(event: APIGatewayProxyEventV2, name: string): string | undefined {
  return Object.entries(event.headers).find(([given]) => given.toLowerCase() === name)?.[1];
}

function parameters(text: string): Record<string, string> {
  const members = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (members.has(name)) throw new RequestFault([{ path: nameable(name), message: 'given twice' }]);
    members.set(name, value);
  }
  return Object.fromEntries(members);
}

function contentType(event: APIGatewayProxyEventV2): string {
  return event.headers['content-type'] ?? event.headers['Content-Type'] ?? '';
}

/** @throws RequestFault when there is a query string where none belongs */
export function noQuery(event: APIGatewayProxyEventV2): void {
  if (event.rawQueryString) throw new RequestFault([{ path: '', message: 'this request takes no query string' }]);
}

/**
 * A path parameter, which the gateway leaves as it was sent.
 *
 * @throws Fault `not_found` when it cannot be read
 */
export function decoded(parameter: string | undefined): string {
  try {
    return decodeURIComponent(parameter ?? '');
  } catch (cause) {
    throw new Fault('not_found', 'the path cannot be read', { cause });
  }
}

function bodyText(event: APIGatewayProxyEventV2): string {
  const body = event.body ?? '';
  // Bounded before it is decoded: base64 is at most 4/3 of what it holds, with room for its padding.
  if (body.length > MAX_BODY_BYTES * (event.isBase64Encoded ? 1.4 : 1)) throw tooLarge();
  const bytes = Buffer.from(body, event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) throw tooLarge();
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Fault('body_malformed', 'the body is not UTF-8', { cause });
  }
}

/** One object that means the same to every reader: no member twice, bounded depth. */
function parseJson(text: string): JsonObject {
  const reading = readStrictJson(text, { depth: 4, members: 32 });
  if (reading.ok) return reading.value;
  throw new Fault('body_malformed', `the body is not acceptable JSON: ${reading.problem}`);
}

/** @throws RequestFault */
export function check<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, MAX_ERRORS).flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.slice(0, MAX_ERRORS).map((key) => ({ path: nameable(key), message: 'unknown member' }));
  });
  throw new RequestFault(errors);
}

/** A member name out of the request as an answer may repeat it: one that looks like a name, not like data. */
function nameable(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/.test(name) ? name : '(not a name)';
}

function tooLarge(): Fault {
  return new Fault('body_too_large', `the body is over ${MAX_BODY_BYTES} bytes`);
}
