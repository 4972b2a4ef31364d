import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import type { DurationLimit } from '../lib/access/decision.ts';
import {
  type DeniedSession,
  type IssuedSession,
  type IssuingParts,
  issueSession,
  type OpenedConsole,
  openConsole,
} from '../lib/broker.ts';
import {
  type Broker,
  type BrowserParts,
  composeIssuingBroker,
  forBrowsers,
  forLogins,
  forTools,
  type LoginParts,
} from '../lib/compose.ts';
import { Fault } from '../lib/fault.ts';
import {
  type ConsoleAnswer,
  type ContainerAnswer,
  type ContainerProblem,
  type CredentialsAnswer,
  consoleRequest,
  containerQuery,
  credentialsRequest,
  type Problem,
  ROLE_ID,
} from '../lib/http/contract.ts';
import { API_HEADERS, apiHandler, json, problemResponse, routesHandler } from '../lib/http/handler.ts';
import { htmlPage, pageHandler, seeOther } from '../lib/http/page-handler.ts';
import { problemInWords, problemOfDenial } from '../lib/http/problem.ts';
import { authorizationToken, bearerToken, decoded, headerOf, jsonBody, query } from '../lib/http/request.ts';
import { assumedRoleArn } from '../lib/iam/arn.ts';
import type { Caller } from '../lib/identity/caller.ts';
import { rolePath } from '../lib/portal/account.ts';
import { PAGE_SCRIPT } from '../lib/portal/assets.ts';
import { credentialsPage } from '../lib/portal/credentials-page.ts';
import { faultPage } from '../lib/portal/fault-page.ts';
import { type PreferenceStore, preferenceStore } from '../lib/portal/preferences.ts';
import type { RequestContext } from '../lib/request-context.ts';
import { toolOffer } from '../lib/sso/accept.ts';
import { awsErrorAnswer } from '../lib/sso/aws-error.ts';
import { readDpopProof } from '../lib/sso/aws-login/dpop.ts';
import { loginDenialOf, loginFault } from '../lib/sso/aws-login/errors.ts';
import { loginIdToken } from '../lib/sso/aws-login/id-token.ts';
import type { Login } from '../lib/sso/aws-login/logins.ts';
import { CROSS_DEVICE, type LoginTokenRequest, readLoginTokenRequest } from '../lib/sso/aws-login/requests.ts';
import { sessionSecret } from '../lib/sso/cookies.ts';
import { csrfToken, formBody } from '../lib/sso/forms.ts';
import { denialOf, portalFault } from '../lib/sso/identity-center/errors.ts';
import { accessToken, readCredentialsQuery } from '../lib/sso/identity-center/requests.ts';
import { LEAST_SECONDS, roleNameOf } from '../lib/sso/identity-center/roles.ts';
import { errorAnswer, webIdentityAnswer } from '../lib/sts/query/answer.ts';
import { refusalOf, refusalOfDenial } from '../lib/sts/query/refusal.ts';
import { queryRequest } from '../lib/sts/query/request.ts';

/** The only function that may call STS, with every way in to a session: the API first. */
export function credentialsApi(broker: Broker & IssuingParts) {
  return apiHandler(broker, [
    {
      method: 'POST',
      path: '/v1/credentials',
      async handler(event, scope) {
        let asked: number | undefined;
        const session = await issueSession(broker, scope, {
          token: () => bearerToken(event),
          request: () => {
            const request = jsonBody(event, credentialsRequest);
            asked = request.durationSeconds;
            return request;
          },
        });
        if (session.effect === 'denied') return problemResponse(problemOfDenial(session.missing, scope));
        return json(credentialsDocument(session, asked));
      },
    },
    {
      method: 'POST',
      path: '/v1/console',
      async handler(event, scope) {
        let asked: number | undefined;
        const session = await openConsole(broker, scope, {
          token: () => bearerToken(event),
          request: () => {
            const request = jsonBody(event, consoleRequest);
            asked = request.durationSeconds;
            return request;
          },
        });
        if (session.effect === 'denied') return problemResponse(problemOfDenial(session.missing, scope));
        return json(consoleDocument(session, asked));
      },
    },
  ]);
}

/** `POST /`: AWS STS's own protocol, for tools that exchange a web identity token by it. */
export function webIdentityApi(broker: Broker & IssuingParts) {
  return routesHandler(
    broker,
    [
      {
        method: 'POST',
        path: '/',
        async handler(event, scope) {
          const asked = queryRequest(event);
          const session = await issueSession(broker, scope, {
            token: () => asked.token(),
            request: () => {
              const { roleArn, ...rest } = asked.request();
              return { ...rest, role: broker.policyIndex.roleIds.get(roleArn) ?? roleArn };
            },
          });
          const { requestId } = scope;
          if (session.effect === 'denied') {
            return errorAnswer(refusalOfDenial(session.missing, problemOfDenial(session.missing, scope)), requestId);
          }
          const { caller, credentials, decision, roleSessionName } = session;
          const { assumedRoleId: id, packedPolicySize } = credentials;
          const arn = assumedRoleArn({ roleArn: decision.role.arn, roleSessionName });
          return webIdentityAnswer(
            {
              assumedRole: { arn, id },
              credentials,
              subject: caller.subject,
              audience: String([caller.claims['aud']].flat()[0]),
              provider: caller.issuerUrl,
              sourceIdentity: caller.username,
              packedPolicySize,
            },
            requestId,
          );
        },
      },
    ],
    {
      headers: API_HEADERS,
      via: 'sts',
      faulted: (problem, { code, retryAfterSeconds }) =>
        errorAnswer(refusalOf(code, problem), problem.requestId, retryAfterSeconds),
    },
  );
}

/** `GET /v1/container/{account}/{role}`: what `AWS_CONTAINER_CREDENTIALS_FULL_URI` of a tool points to. */
export function containerApi(broker: Broker & IssuingParts) {
  return routesHandler(
    broker,
    [
      {
        method: 'GET',
        path: '/v1/container/{account}/{role}',
        async handler(event, scope) {
          const session = await issueSession(broker, scope, {
            token: () => authorizationToken(event),
            request: () => ({ ...query(event, containerQuery), role: roleOf(event) }),
          });
          if (session.effect === 'denied') {
            return problemResponse(containerProblemOf(problemOfDenial(session.missing, scope)));
          }
          return json(containerDocument(session));
        },
      },
    ],
    {
      headers: API_HEADERS,
      via: 'container',
      faulted: (problem, { retryAfterSeconds }) => problemResponse(containerProblemOf(problem), retryAfterSeconds),
    },
  );
}

/** `GET /federation/credentials`: the credentials of AWS SSO's portal, for a tool that is signed in. */
export function roleCredentialsApi(tools: Broker & IssuingParts) {
  const accounts = new Map(tools.policyIndex.policy.accounts.map(({ id, name }) => [id, name]));
  return routesHandler(
    tools,
    [
      {
        method: 'GET',
        path: '/federation/credentials',
        async handler(event, scope) {
          const session = await issueSession(tools, scope, {
            token: () => accessToken(event),
            request: () => {
              const { account, roleName } = readCredentialsQuery(event);
              const name = accounts.get(account);
              // An account that is not in the catalogue has no role: decided like any other that is not there.
              const role = name === undefined ? `arn:aws:iam::${account}:role/${roleName}` : `${name}/${roleName}`;
              return { role, leastSeconds: LEAST_SECONDS };
            },
          });
          if (session.effect === 'denied') {
            return awsErrorAnswer(denialOf(session.missing), problemOfDenial(session.missing, scope));
          }
          const { accessKeyId, secretAccessKey, sessionToken, expiration } = session.credentials;
          return json({
            roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration: expiration.getTime() },
          });
        },
      },
    ],
    { headers: API_HEADERS, via: 'sso', faulted: portalFault },
  );
}

/** `POST /v1/token`: the credentials of AWS Sign-In, for `aws login`. */
export function loginApi(broker: Broker & IssuingParts & LoginParts) {
  const { origin, clock } = broker;
  return routesHandler(
    broker,
    [
      {
        method: 'POST',
        path: '/v1/token',
        async handler(event, scope) {
          let request: LoginTokenRequest | undefined;
          let login: Login | undefined;
          let refreshToken = '';
          const opening = {
            async verify() {
              if (request === undefined) throw new Fault('internal_error', 'what was brought is not known');
              const now = clock();
              const proof = readDpopProof(headerOf(event, 'dpop'), 'POST', `${origin}/v1/token`, now);
              login = await broker.logins.open(request, proof, now);
              return login.caller;
            },
          };
          const admit = ({ issuer }: Caller) =>
            void toolOffer(broker.policyIndex.issuers.get(issuer), request?.clientId === CROSS_DEVICE);
          const session = await issueSession({ ...broker, verifier: opening, admit }, scope, {
            token: () => {
              request = readLoginTokenRequest(event);
              return request.grantType === 'refresh_token' ? request.refreshToken : request.code;
            },
            request: () => ({ role: login?.role ?? '', leastSeconds: LEAST_SECONDS }),
            async settle() {
              refreshToken = (await login?.settle()) ?? '';
            },
          });
          if (session.effect === 'denied') {
            return awsErrorAnswer(loginDenialOf(session.missing), problemOfDenial(session.missing, scope));
          }
          const { credentials, decision, caller } = session;
          const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
          const { accountId, partition, id } = decision.role;
          const who = { accountId, partition, roleName: roleNameOf(id), username: caller.username };
          return json({
            accessToken: { accessKeyId, secretAccessKey, sessionToken },
            tokenType: 'aws_sigv4',
            expiresIn: Math.floor((expiration.getTime() - clock()) / 1000),
            refreshToken,
            ...(request?.grantType === 'authorization_code' && {
              idToken: loginIdToken(who, origin, request.clientId, clock()),
            }),
          });
        },
      },
    ],
    { headers: API_HEADERS, via: 'login', faulted: loginFault },
  );
}

/** The portal's forms that open a session. */
export function sessionForms(
  portal: Broker & IssuingParts & BrowserParts,
  preferences: PreferenceStore = preferenceStore(portal.table),
) {
  return pageHandler(
    portal,
    [
      {
        method: 'POST',
        path: '/roles/{account}/{role}/console',
        async handler(event, scope) {
          const { secret, role, form } = formOf(portal, event);
          const session = await openConsole(portal, scope, {
            token: () => secret(),
            request: () => {
              const { service, destination, ...rest } = form(consoleForm, 'console');
              return { ...rest, role: role(), destination: destination ?? service };
            },
          });
          if (session.effect === 'denied') return denied(session, scope);
          await preferences.addRecent(session.caller, role());
          return seeOther(session.url);
        },
      },
      {
        method: 'POST',
        path: '/roles/{account}/{role}/credentials',
        async handler(event, scope) {
          const { secret, role, form } = formOf(portal, event);
          const session = await issueSession(portal, scope, {
            token: () => secret(),
            request: () => ({ ...form(credentialsForm, 'credentials'), role: role() }),
          });
          if (session.effect === 'denied') return denied(session, scope);
          await preferences.addRecent(session.caller, role());
          const { caller, decision, credentials, sessionId } = session;
          const account = portal.policyIndex.accounts.get(decision.role.account);
          if (account === undefined) throw new Fault('internal_error', 'the role has no account');
          const person = {
            username: caller.username,
            signOutToken: csrfToken(secret(), 'sign-out'),
            mayReadAudit: false,
          };
          const view = { person, role: role(), account, credentials, sessionId, now: portal.clock() };
          return htmlPage(credentialsPage(view), { scripts: [PAGE_SCRIPT.integrity] });
        },
      },
    ],
    faultPage,
  );
}

/** Each way in answers in a manner of its own; all are within one trust boundary, because all may call STS. */
export function everyWayIn(
  broker: Broker & IssuingParts,
  portal: Broker & IssuingParts & BrowserParts,
  logins: Broker & IssuingParts & LoginParts,
) {
  const api = credentialsApi(broker);
  const container = containerApi(broker);
  const webIdentity = webIdentityApi(broker);
  const forms = sessionForms(portal);
  const roleCredentials = roleCredentialsApi(forTools(broker));
  const login = loginApi(logins);
  const choose = (path: string): typeof api => {
    if (path === '/') return webIdentity;
    if (path === '/federation/credentials') return roleCredentials;
    if (path === '/v1/token') return login;
    if (path.startsWith('/v1/container/')) return container;
    return path.startsWith('/v1/') ? api : forms;
  };
  return Object.assign((...call: Parameters<typeof api>) => choose(call[0].rawPath)(...call), api);
}

const issuingBroker = composeIssuingBroker(process.env);
export const handler = everyWayIn(
  issuingBroker,
  forBrowsers(issuingBroker, process.env),
  forLogins(issuingBroker, process.env),
);

/** A form sends its empty fields too; an empty one says nothing. */
const optionalText = (maximum: number) =>
  z.pipe(
    z.string().check(z.maxLength(maximum)),
    z.transform((text) => text || undefined),
  );

const credentialsForm = z.strictObject({
  reason: z.optional(z.pipe(optionalText(512), credentialsRequest.shape.reason)),
  ticket: z.optional(z.pipe(optionalText(128), credentialsRequest.shape.ticket)),
});

const consoleForm = z.extend(credentialsForm, {
  service: z.optional(optionalText(64)),
  destination: z.optional(optionalText(1024)),
});

/** A form of a role's page; each part is read only where the one path asks for it. */
function formOf({ origin }: BrowserParts, event: APIGatewayProxyEventV2) {
  const secret = () => sessionSecret(event);
  const role = () => roleOf(event);
  const form = <Schema extends z.ZodMiniType>(schema: Schema, what: 'console' | 'credentials') =>
    formBody(event, schema, { secret: secret(), action: `${rolePath(role())}/${what}`, origin });
  return { secret, role, form };
}

/** The role that the path names. */
function roleOf({ pathParameters }: APIGatewayProxyEventV2): string {
  const { account, role } = pathParameters ?? {};
  const id = `${account}/${decoded(role)}`;
  if (!ROLE_ID.test(id)) throw new Fault('not_found', 'the path names no role');
  return id;
}

function denied({ missing }: DeniedSession, scope: RequestContext): APIGatewayProxyStructuredResultV2 {
  return htmlPage(faultPage(problemOfDenial(missing, scope)), { status: 403 });
}

/** A `credential_process` document, with what leads back to the audit record beside it. */
function credentialsDocument(session: IssuedSession, askedSeconds: number | undefined): CredentialsAnswer {
  const { credentials, decision } = session;
  return {
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: credentials.expiration.toISOString(),
    AccountId: decision.role.accountId,
    SessionId: session.sessionId,
    RoleArn: decision.role.arn,
    SourceIdentity: session.caller.username,
    DurationSeconds: decision.durationSeconds,
    Notices: notices(session, askedSeconds),
  };
}

function containerDocument({ credentials, decision, sessionId }: IssuedSession): ContainerAnswer {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: credentials.expiration.toISOString(),
    AccountId: decision.role.accountId,
    RoleArn: decision.role.arn,
    SessionId: sessionId,
  };
}

/** Of a refusal, SDKs show a code and a message, by one of three spellings. */
function containerProblemOf(problem: Problem): ContainerProblem {
  const message = problemInWords(problem);
  return { ...problem, message, Code: problem.code, Message: message };
}

function consoleDocument(session: OpenedConsole, askedSeconds: number | undefined): ConsoleAnswer {
  const { decision, url, destination, expiration, sessionId, caller } = session;
  return {
    Url: url,
    Destination: destination,
    Expiration: expiration.toISOString(),
    AccountId: decision.role.accountId,
    SessionId: sessionId,
    RoleArn: decision.role.arn,
    SourceIdentity: caller.username,
    DurationSeconds: decision.durationSeconds,
    Notices: notices(session, askedSeconds),
  };
}

function notices(
  { decision }: Pick<IssuedSession, 'decision'>,
  askedSeconds: number | undefined,
): CredentialsAnswer['Notices'] {
  if (askedSeconds === undefined || decision.durationSeconds >= askedSeconds) return [];
  const message = `${askedSeconds} seconds were asked for; ${SHORTENED_BY[decision.durationLimitedBy]} ${decision.durationSeconds}.`;
  return [{ code: 'duration_shortened', message }];
}

const SHORTENED_BY: Readonly<Record<DurationLimit, string>> = {
  request: 'the request allows',
  grant: 'the grant allows',
  role: 'the role allows',
  chaining: 'AWS limits a session that one role takes from another (role chaining) to',
  token: 'the sign-in itself ends in',
};
