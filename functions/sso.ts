import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { authorizeTool, findDevice, grantTokens, listRoles, signOut, type TokenGrant, whoAmI } from '../lib/broker.ts';
import { composeSso, forTools, type SsoParts } from '../lib/compose.ts';
import { Fault } from '../lib/fault.ts';
import { ROLE_ID } from '../lib/http/contract.ts';
import { API_HEADERS, json, routesHandler } from '../lib/http/handler.ts';
import { htmlPage, pageHandler, seeOther } from '../lib/http/page-handler.ts';
import { formFields, noQuery, RequestFault } from '../lib/http/request.ts';
import type { Caller } from '../lib/identity/caller.ts';
import { faultPage } from '../lib/portal/fault-page.ts';
import type { Person } from '../lib/portal/layout.ts';
import { lengthInWords } from '../lib/portal/length.ts';
import { loginCodePage, loginDeniedPage, loginPage } from '../lib/portal/login-page.ts';
import { authorizeDevicePage, authorizeToolPage, deviceCodePage, deviceDonePage } from '../lib/portal/tool-pages.ts';
import type { RequestContext } from '../lib/request-context.ts';
import { isRecent, RECENT_MAX_AGE, toolOffer } from '../lib/sso/accept.ts';
import { type LoginRequest, readLoginRequest } from '../lib/sso/aws-login/requests.ts';
import { sessionVerifier } from '../lib/sso/browser-sessions.ts';
import { sessionSecret } from '../lib/sso/cookies.ts';
import { DEVICE_INTERVAL, DEVICE_SECONDS } from '../lib/sso/device-requests.ts';
import { csrfToken, formBody } from '../lib/sso/forms.ts';
import { portalFault } from '../lib/sso/identity-center/errors.ts';
import { accessToken, readAccountsQuery, readRolesQuery } from '../lib/sso/identity-center/requests.ts';
import { accountsOf, isWithinReach, pageOf, rolesOf } from '../lib/sso/identity-center/roles.ts';
import { type AuthorizeRequest, answerLocation, readAuthorizeRequest } from '../lib/sso/oauth/authorize-request.ts';
import { oauthFault } from '../lib/sso/oauth/errors.ts';
import {
  DEVICE_CODE,
  mayRefresh,
  REFRESH_TOKEN,
  readDeviceAuthorization,
  readRegistration,
  readTokenRequest,
  type TokenRequest,
} from '../lib/sso/oauth/requests.ts';
import type { RegisteredClient } from '../lib/sso/registrations.ts';
import type { ToolTokens } from '../lib/sso/tool-sessions.ts';

/** AWS SSO OIDC: how a tool registers, asks to be signed in, and gets tokens. */
export function oauthApi(parts: SsoParts) {
  return routesHandler(
    parts,
    [
      {
        method: 'POST',
        path: '/client/register',
        async handler(event) {
          const now = parts.clock();
          const client = await parts.registrations.register(readRegistration(event), now);
          return json({
            clientId: client.clientId,
            clientSecret: client.clientSecret,
            clientIdIssuedAt: Math.floor(now / 1000),
            clientSecretExpiresAt: client.expiresAt,
            authorizationEndpoint: `${parts.origin}/authorize`,
            tokenEndpoint: `${parts.origin}/token`,
          });
        },
      },
      {
        method: 'POST',
        path: '/device_authorization',
        async handler(event, { sourceIp, userAgent }) {
          const { clientId, clientSecret } = readDeviceAuthorization(event);
          const now = parts.clock();
          const client = await parts.registrations.authenticate(clientId, clientSecret, now);
          requireGrantType(client, DEVICE_CODE);
          // Who will approve is not known yet; whether anybody may is.
          if (!parts.policyIndex.policy.issuers.some(({ sso }) => sso?.deviceCode)) toolOffer(undefined, true);
          await parts.rateLimit.take({ issuer: 'device authorization', subject: sourceIp ?? '' }, now);
          const { deviceCode, userCode } = await parts.devices.begin(
            { clientId, clientName: client.name, refreshes: mayRefresh(client), sourceIp, userAgent },
            now,
          );
          return json({
            deviceCode,
            userCode,
            verificationUri: `${parts.origin}/device`,
            // The same page: a code that is in a link is typed by nobody (RFC 8628 §5.4).
            verificationUriComplete: `${parts.origin}/device`,
            expiresIn: DEVICE_SECONDS,
            interval: DEVICE_INTERVAL,
          });
        },
      },
      {
        method: 'POST',
        path: '/token',
        async handler(event, scope) {
          const open = await openRequest(parts, event);
          return json(tokenDocument(await grantTokens(parts, scope, open), parts.clock()));
        },
      },
    ],
    { headers: API_HEADERS, via: 'sso', faulted: oauthFault },
  );
}

/** AWS SSO's portal, but for the credentials themselves: what a tool that is signed in may choose from. */
export function identityCenterApi(parts: SsoParts) {
  const signedIn = forTools(parts);
  const endable = {
    verifier: { verify: (secret: string) => parts.toolSessions.recognise(secret) },
    end: parts.toolSessions.end,
  };
  return routesHandler(
    parts,
    [
      {
        method: 'GET',
        path: '/assignment/accounts',
        async handler(event, scope) {
          let asked: ReturnType<typeof readAccountsQuery> = { nextToken: undefined, maxResult: undefined };
          const { roles } = await listRoles(signedIn, scope, {
            token: () => accessToken(event),
            request: () => {
              asked = readAccountsQuery(event);
            },
          });
          const { page, nextToken } = pageOf(accountsOf(roles), ({ accountId }) => accountId, asked);
          return json({ accountList: page, nextToken });
        },
      },
      {
        method: 'GET',
        path: '/assignment/roles',
        async handler(event, scope) {
          let asked: Partial<ReturnType<typeof readRolesQuery>> = {};
          const { roles } = await listRoles(signedIn, scope, {
            token: () => accessToken(event),
            request: () => {
              asked = readRolesQuery(event);
            },
          });
          const { account = '', ...where } = asked;
          const { page, nextToken } = pageOf(rolesOf(roles, account), ({ roleName }) => roleName, where);
          return json({ roleList: page, nextToken });
        },
      },
      {
        method: 'POST',
        path: '/logout',
        async handler(event, scope) {
          await signOut({ ...parts, endable }, scope, {
            token: () => accessToken(event),
            request: () => noQuery(event),
          });
          return { statusCode: 200, body: '' };
        },
      },
    ],
    { headers: API_HEADERS, via: 'sso', faulted: portalFault },
  );
}

/** The pages on which a person lets a tool act for them. */
export function approvalPages(parts: SsoParts) {
  const browser = { ...parts, verifier: sessionVerifier(parts.sessions) };
  const readClient = (clientId: string) => parts.registrations.read(clientId, parts.clock());
  return pageHandler(
    parts,
    [
      {
        method: 'GET',
        path: '/authorize',
        async handler(event, scope) {
          const request = await readAuthorizeRequest(event.rawQueryString, readClient);
          if ('error' in request) return seeOther(answerLocation(request, { error: request.error, iss: parts.origin }));
          const { person, offer, elsewhere } = await recentPerson(browser, event, scope, false);
          if (elsewhere !== undefined) return elsewhere;
          const query = event.rawQueryString;
          const page = authorizeToolPage({
            person,
            client: request.client.name,
            lasts: lengthInWords(offer.sessionSeconds),
            address: request.redirect.origin,
            ownIp: scope.sourceIp,
            action: '/authorize',
            fields: { request: query, csrf: csrfToken(sessionSecret(event), authorizeAction(query)) },
          });
          // A form may be redirected to where the answer goes, and only to that port.
          return htmlPage(page, { formTargets: [request.redirect.origin] });
        },
      },
      {
        method: 'POST',
        path: '/authorize',
        async handler(event, scope) {
          const secret = sessionSecret(event);
          let to: AuthorizeRequest | undefined;
          const code = await authorizeTool(browser, scope, {
            token: () => secret,
            async request() {
              // What is approved is the request that the page showed, to the last character.
              const query = formFields(event)['request'] ?? '';
              const at = { secret, action: authorizeAction(query), origin: parts.origin };
              const { decision } = formBody(event, authorizeForm, at);
              const request = await readAuthorizeRequest(query, readClient);
              if ('error' in request) throw new Fault('request_invalid', request.error);
              to = request;
              return { client: request.client.name, approved: decision === 'approve' };
            },
            grant: (caller) => issueCode(parts, to, caller),
          });
          if (to === undefined) throw new Fault('internal_error', 'what was decided on is not known');
          const answer = code === undefined ? { error: 'access_denied' } : { code };
          return seeOther(answerLocation(to, { ...answer, iss: parts.origin }));
        },
      },
      {
        method: 'GET',
        path: '/device',
        async handler(event, scope) {
          noQuery(event);
          const { person, elsewhere } = await recentPerson(browser, event, scope, true);
          if (elsewhere !== undefined) return elsewhere;
          return htmlPage(deviceCodePage({ person, csrf: csrfToken(sessionSecret(event), '/device') }));
        },
      },
      {
        method: 'POST',
        path: '/device',
        async handler(event, scope) {
          const secret = sessionSecret(event);
          const { caller, offer, found } = await findDevice(browser, scope, {
            token: () => secret,
            request: () => formBody(event, deviceForm, { secret, action: '/device', origin: parts.origin }).code,
            find: (code, guesser) => parts.devices.find(code, guesser, parts.clock()),
          });
          const { userCode, clientName, sourceIp, userAgent, begunAt } = found;
          const page = authorizeDevicePage({
            person: personOf(secret, caller, false),
            client: clientName,
            lasts: lengthInWords(offer.sessionSeconds),
            deviceIp: sourceIp,
            ownIp: scope.sourceIp,
            userAgent,
            age: lengthInWords(Math.max(1, Math.floor(parts.clock() / 1000) - begunAt)),
            action: '/device/decision',
            fields: { code: userCode, csrf: csrfToken(secret, decisionAction(userCode)) },
          });
          return htmlPage(page);
        },
      },
      {
        method: 'POST',
        path: '/device/decision',
        async handler(event, scope) {
          const secret = sessionSecret(event);
          const now = parts.clock();
          let code = '';
          const approved = await authorizeTool(browser, scope, {
            token: () => secret,
            async request() {
              code = formFields(event)['code'] ?? '';
              const at = { secret, action: decisionAction(code), origin: parts.origin };
              const { decision } = formBody(event, decisionForm, at);
              const { clientName, sourceIp } = await parts.devices.waiting(code, now);
              return { client: clientName, device: { sourceIp }, approved: decision === 'approve' };
            },
            async grant(caller) {
              await parts.devices.approve(code, { caller, sessionEndsAt: caller.expiresAt }, now);
              return true;
            },
          });
          if (approved === undefined) await parts.devices.deny(code, now);
          return htmlPage(deviceDonePage({ approved: approved === true }));
        },
      },
      {
        method: 'GET',
        path: '/start',
        async handler() {
          return seeOther('/');
        },
      },
      {
        method: 'HEAD',
        path: '/start',
        async handler() {
          return { statusCode: 302, headers: { location: START_URL }, body: '' };
        },
      },
    ],
    faultPage,
  );
}

/** The pages of `aws login`, on which a person also chooses the role. */
export function loginPages(parts: SsoParts) {
  const browser = { ...parts, verifier: sessionVerifier(parts.sessions) };
  return pageHandler(
    parts,
    [
      {
        method: 'GET',
        path: '/v1/authorize',
        async handler(event, scope) {
          const query = event.rawQueryString;
          const { redirect } = readLoginRequest(query, parts.origin);
          const { person, offer, elsewhere } = await recentPerson(browser, event, scope, redirect === undefined);
          if (elsewhere !== undefined) return elsewhere;
          const secret = sessionSecret(event);
          const { roles } = await listRoles(browser, scope, { token: () => secret, request: () => undefined });
          const page = loginPage({
            person,
            roles: roles.filter(isWithinReach),
            address: redirect?.origin,
            lastsSeconds: offer.sessionSeconds,
            fields: { request: query, csrf: csrfToken(secret, loginAction(query)) },
          });
          return htmlPage(page, redirect === undefined ? {} : { formTargets: [redirect.origin] });
        },
      },
      {
        method: 'POST',
        path: '/v1/authorize',
        async handler(event, scope) {
          const secret = sessionSecret(event);
          let to: LoginRequest | undefined;
          let role: string | undefined;
          const code = await authorizeTool(browser, scope, {
            token: () => secret,
            async request() {
              const query = formFields(event)['request'] ?? '';
              const at = { secret, action: loginAction(query), origin: parts.origin };
              const form = formBody(event, loginForm, at);
              to = readLoginRequest(query, parts.origin);
              role = form.role;
              const approved = form.decision === 'approve';
              if (approved && role === undefined)
                throw new RequestFault([{ path: 'role', message: 'none was chosen' }]);
              const device = to.redirect === undefined ? { sourceIp: undefined } : undefined;
              return { client: to.clientId, device, role, approved };
            },
            async grant(caller) {
              if (to === undefined) throw new Fault('internal_error', 'what was decided on is not known');
              const { clientId, redirectUri, redirect, codeChallenge } = to;
              const sessionEndsAt = caller.expiresAt;
              const goodForSeconds = redirect === undefined ? CARRIED_SECONDS : undefined;
              return parts.codes.issue(
                { caller, clientId, redirectUri, codeChallenge, sessionEndsAt, role, goodForSeconds },
                parts.clock(),
              );
            },
          });
          if (to === undefined) throw new Fault('internal_error', 'what was decided on is not known');
          const { redirect, state } = to;
          if (redirect === undefined) {
            if (code === undefined) return htmlPage(loginDeniedPage());
            return htmlPage(
              loginCodePage(Buffer.from(String(new URLSearchParams({ code, state }))).toString('base64')),
            );
          }
          return seeOther(answerLocation(to, code === undefined ? { error: 'access_denied' } : { code }));
        },
      },
    ],
    faultPage,
  );
}

/** Each way in answers in a manner of its own. */
export function ssoFunction(parts: SsoParts) {
  const oauth = oauthApi(parts);
  const identityCenter = identityCenterApi(parts);
  const pages = approvalPages(parts);
  const logins = loginPages(parts);
  const choose = (path: string): typeof oauth => {
    if (['/client/register', '/device_authorization', '/token'].includes(path)) return oauth;
    if (path === '/v1/authorize') return logins;
    return path === '/logout' || path.startsWith('/assignment/') ? identityCenter : pages;
  };
  return Object.assign((...call: Parameters<typeof oauth>) => choose(call[0].rawPath)(...call), oauth);
}

export const handler = ssoFunction(composeSso(process.env));

/**
 * Where `aws sso login` is told that a start URL of this host leads: it wants one that looks like AWS's own, and
 * never goes there. No directory has this id.
 */
const START_URL = 'https://d-0000000000.awsapps.com/start';

const decision = z.enum(['approve', 'deny']);
const authorizeForm = z.strictObject({ request: z.string(), decision });
const loginForm = z.strictObject({
  request: z.string(),
  decision,
  role: z.optional(z.string().check(z.regex(ROLE_ID))),
});
const deviceForm = z.strictObject({ code: z.string().check(z.maxLength(16)) });
const decisionForm = z.strictObject({ code: z.string(), decision });

/** Seconds that a person has to carry a code from the page to a terminal elsewhere. */
const CARRIED_SECONDS = 300;

/** What a form's token is for: the very request that the form answers. */
const authorizeAction = (query: string) => `/authorize?${query}`;
const loginAction = (query: string) => `/v1/authorize?${query}`;
const decisionAction = (userCode: string) => `/device/decision ${userCode}`;

/** @throws Fault `client_unauthorized` */
function requireGrantType({ grantTypes }: RegisteredClient, grantType: string): void {
  if (!grantTypes.includes(grantType)) throw new Fault('client_unauthorized', `not registered for ${grantType}`);
}

/** What a client that says who it is wants tokens for. @throws Fault `client_invalid`, `client_unauthorized` */
async function clientOf(
  { registrations, clock }: SsoParts,
  { clientId, clientSecret, grantType }: TokenRequest,
): Promise<RegisteredClient> {
  const client = await registrations.authenticate(clientId, clientSecret, clock());
  requireGrantType(client, grantType);
  return client;
}

type Open = () => Promise<TokenGrant<ToolTokens>>;

/**
 * A device asks every few seconds whether it was approved: while it was not, that is on no record. Every other refusal
 * is, also of what cannot be read.
 *
 * @throws Fault `authorization_pending`, `slow_down`
 */
async function openRequest(parts: SsoParts, event: APIGatewayProxyEventV2): Promise<Open> {
  try {
    const request = readTokenRequest(event);
    return request.grantType === DEVICE_CODE ? await openDevice(parts, request) : () => openGrant(parts, request);
  } catch (error) {
    const { code } = Fault.from(error);
    if (code === 'authorization_pending' || code === 'slow_down') throw error;
    return () => Promise.reject(error);
  }
}

async function openDevice(
  parts: SsoParts,
  request: Extract<TokenRequest, { grantType: typeof DEVICE_CODE }>,
): Promise<Open> {
  const { clientId } = await clientOf(parts, request);
  const device = await parts.devices.ask(request.deviceCode, clientId, parts.clock());
  if (device.state === 'pending') throw new Fault('authorization_pending', 'nobody has approved yet');
  const { caller, refreshes, sessionEndsAt } = device;
  const grant = { caller, clientId, refreshes, expiresAt: sessionEndsAt };
  return async () => ({
    caller,
    byDeviceCode: true,
    issue: async () => parts.toolSessions.create(await device.use(), grant, parts.clock()),
  });
}

async function openGrant(
  parts: SsoParts,
  request: Exclude<TokenRequest, { grantType: typeof DEVICE_CODE }>,
): Promise<TokenGrant<ToolTokens>> {
  const { codes, toolSessions, clock } = parts;
  const client = await clientOf(parts, request);
  const { clientId } = client;
  if (request.grantType === REFRESH_TOKEN) {
    const { caller, rotate } = await toolSessions.refresh(request.refreshToken, { clientId }, clock());
    return { caller, byDeviceCode: false, issue: rotate };
  }
  const { caller, sessionEndsAt, use } = await codes.open(request, clock());
  const grant = { caller, clientId, refreshes: mayRefresh(client), expiresAt: sessionEndsAt };
  return { caller, byDeviceCode: false, issue: async () => toolSessions.create(await use(), grant, clock()) };
}

async function issueCode(
  { codes, clock }: SsoParts,
  request: AuthorizeRequest | undefined,
  caller: Caller,
): Promise<string> {
  if (request === undefined) throw new Fault('internal_error', 'what was decided on is not known');
  const { client, redirectUri, codeChallenge } = request;
  return codes.issue(
    { caller, clientId: client.clientId, redirectUri, codeChallenge, sessionEndsAt: caller.expiresAt },
    clock(),
  );
}

/** @see https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html#API_CreateToken_ResponseSyntax */
function tokenDocument({ accessToken, accessExpiresAt, refreshToken }: ToolTokens, now: number) {
  return { accessToken, tokenType: 'Bearer', expiresIn: accessExpiresAt - Math.floor(now / 1000), refreshToken };
}

/**
 * Who looks at a page that lets a tool act for them, and what the access policy offers them. Who signed in too long ago
 * is sent to do so again, and comes back.
 *
 * @throws Fault `sign_in_required`, `tools_not_offered`
 */
async function recentPerson(
  browser: SsoParts,
  event: APIGatewayProxyEventV2,
  scope: RequestContext,
  byDeviceCode: boolean,
) {
  const secret = sessionSecret(event);
  const { caller, permissions } = await whoAmI(browser, scope, { token: () => secret, request: () => undefined });
  const offer = toolOffer(browser.policyIndex.issuers.get(caller.issuer), byDeviceCode);
  const here = event.rawQueryString ? `${event.rawPath}?${event.rawQueryString}` : event.rawPath;
  const query = new URLSearchParams({ max_age: String(RECENT_MAX_AGE), return: here });
  const elsewhere = isRecent(caller, browser.clock())
    ? undefined
    : seeOther(`/sign-in/${encodeURIComponent(caller.issuer)}?${query}`);
  return { offer, elsewhere, person: personOf(secret, caller, permissions.includes('audit:read')) };
}

function personOf(secret: string, { username }: Caller, mayReadAudit: boolean): Person {
  return { username, signOutToken: csrfToken(secret, 'sign-out'), mayReadAudit };
}
