import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { Fault } from '../fault.ts';
import type { RequestContext, WayIn } from '../request-context.ts';
import { newSessionId } from '../session-id.ts';
import type { Telemetry } from '../telemetry.ts';
import type { Problem } from './contract.ts';
import { problemOf } from './problem.ts';

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly handler: (
    event: APIGatewayProxyEventV2,
    scope: RequestContext,
  ) => Promise<APIGatewayProxyStructuredResultV2>;
}

export interface HandlerParts {
  readonly telemetry: Telemetry;
  readonly clock: () => number;
}

/** What differs between ways in: how an answer looks. */
export interface Manner {
  /** On every answer; what a route sets itself goes over these. */
  readonly headers: Readonly<Record<string, string>>;
  readonly via?: WayIn;
  /** The answer to a fault, from what may leave of it. */
  faulted(problem: Problem, fault: Fault, event: APIGatewayProxyEventV2): APIGatewayProxyStructuredResultV2;
}

/** The API: faults are problem documents. */
export function apiHandler(parts: HandlerParts, routes: readonly Route[]) {
  return routesHandler(parts, routes, {
    headers: API_HEADERS,
    faulted: (problem, fault) => problemResponse(problem, fault.retryAfterSeconds),
  });
}

/** The one middy stack: routing, security headers, faults as answers. */
export function routesHandler(parts: HandlerParts, routes: readonly Route[], manner: Manner) {
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(responseHeaders(manner))
    .use(faultsAsAnswers(parts, manner))
    .use(scoped(parts, manner))
    .handler(
      httpRouter(
        routes.map(({ method, path, handler }) => ({
          method,
          path,
          handler: (event: APIGatewayProxyEventV2, context: Context) => handler(event, scopeOf(context)),
        })),
      ) as (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>,
    );
}

export function json(body: object, headers: Readonly<Record<string, string>> = {}): APIGatewayProxyStructuredResultV2 {
  return { statusCode: 200, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export function problemResponse(problem: Problem, retryAfterSeconds?: number): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      // RFC 6750 §3: without a token the challenge carries no error code.
      ...(problem.status === 401 && {
        'www-authenticate': problem.code === 'token_missing' ? 'Bearer' : 'Bearer error="invalid_token"',
      }),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify(problem),
  };
}

/** On every answer, of whatever manner. */
export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
} as const;

/** On every answer that is no page. */
export const API_HEADERS = {
  ...COMMON_HEADERS,
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

const SCOPE = Symbol('request scope');

type ScopedContext = Context & { [SCOPE]?: RequestContext };

function scopeOf(context: Context): RequestContext {
  const scope = (context as ScopedContext)[SCOPE];
  if (!scope) throw new Fault('internal_error', 'the request has no scope');
  return scope;
}

function scoped({ clock }: HandlerParts, { via }: Manner): middy.MiddlewareObj<APIGatewayProxyEventV2> {
  return {
    before({ event, context }) {
      const { sourceIp, userAgent } = event.requestContext.http;
      (context as ScopedContext)[SCOPE] = {
        sessionId: newSessionId(clock()),
        requestId: context.awsRequestId,
        sourceIp: sourceIp || undefined,
        userAgent: userAgent?.slice(0, 256) || undefined,
        ...(via !== undefined && { via }),
      };
    },
  };
}

function responseHeaders({
  headers,
}: Manner): middy.MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  const set: middy.MiddlewareFn<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> = ({ response }) => {
    if (response) response.headers = { ...headers, ...response.headers };
  };
  return { after: set, onError: set };
}

function faultsAsAnswers(
  parts: HandlerParts,
  manner: Manner,
): middy.MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    onError(request) {
      const fault = routeFault(request.error) ?? Fault.from(request.error);
      const { sessionId, requestId } = scopeOf(request.context);
      const problem = problemOf(fault, { sessionId, requestId });
      if (problem.status >= 500) parts.telemetry.failed(fault, { sessionId, requestId });
      request.response = manner.faulted(problem, fault, request.event);
    },
  };
}

/** The router's own 404. */
function routeFault(error: unknown): Fault | undefined {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return status === 404 ? new Fault('not_found', 'no such route') : undefined;
}
