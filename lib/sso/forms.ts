import { createHmac, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod/mini';
import { Fault } from '../fault.ts';
import { check, formFields } from '../http/request.ts';

/** The hidden field of every form. */
export const CSRF_FIELD = 'csrf';

/** What a form is held against. */
export interface FormOrigin {
  /** The secret of the session (or pending sign-in) whose page held the form. */
  readonly secret: string;
  /** What the form is for, such as `sign-out`: a token is good for nothing else. */
  readonly action: string;
  /** The broker's own, `https://daypass.example.com`. */
  readonly origin: string;
}

/** The token of a form: only who holds the session's secret can make it, and it tells nothing about the secret. */
export function csrfToken(secret: string, action: string): string {
  return createHmac('sha256', secret).update(`csrf\n${action}`).digest('base64url');
}

/**
 * What the browser itself says about where a request comes from. A browser that says nothing is not refused here: the
 * token decides.
 *
 * @throws Fault `request_forged`
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function requireSameOrigin(event: APIGatewayProxyEventV2, origin: string): void {
  const headers = new Map(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const site = headers.get('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') {
    throw new Fault('request_forged', 'the browser says that the form is from another site');
  }
  const from = headers.get('origin');
  // Pages send no referrer, and a browser then names the origin of their forms `null` (Fetch, "append a request Origin").
  if (from !== undefined && from !== 'null' && from !== origin)
    throw new Fault('request_forged', 'the form is from another origin');
}

/**
 * The fields of a form that was filled in on a page of this session.
 *
 * @throws Fault `request_forged`, `content_type_unsupported`, `body_too_large`, `body_malformed`, RequestFault
 */
export function formBody<Schema extends z.ZodMiniType>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
  { secret, action, origin }: FormOrigin,
): z.infer<Schema> {
  requireSameOrigin(event, origin);
  const { [CSRF_FIELD]: token, ...members } = formFields(event);
  if (token === undefined || !isEqual(token, csrfToken(secret, action))) {
    throw new Fault('request_forged', 'the form has no token of this session');
  }
  return check(schema, members);
}

function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
