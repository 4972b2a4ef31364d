import { decide, permissionsFor, type RoleStanding, rolesFor } from './access/decide.ts';
import type { Decision, Denied, Missing, RoleAllowed } from './access/decision.ts';
import { explainDecision } from './access/explain.ts';
import { explainGrants } from './access/explain-detail.ts';
import type { Explanation } from './access/explanation.ts';
import type { Circumstances } from './access/facts.ts';
import { recordedClaims } from './access/looked-at.ts';
import type { Permission } from './access/policy.ts';
import type { PolicyIndex } from './access/policy-index.ts';
import type { SealLagGuard } from './audit/ledger/seal-lag.ts';
import type { AuditLog } from './audit/log.ts';
import { type AuditFilter, type AuditPage, readAudit } from './audit/query.ts';
import type { AuditAction, AuditRecord } from './audit/record.ts';
import { type RecordFacts, Trail } from './audit/trail.ts';
import { proveSession, type SessionProof } from './audit/verify/prove-session.ts';
import type { ReadFile } from './audit/verify/verify-ledger.ts';
import { Fault } from './fault.ts';
import { readConsoleDestination } from './iam/console-destination.ts';
import type { Caller } from './identity/caller.ts';
import { hashRefusedToken } from './identity/compact-jws.ts';
import type { Verifier } from './identity/verifier.ts';
import type { RequestContext } from './request-context.ts';
import { roleSessionName } from './session-id.ts';
import { requireRecentSignIn, toolOffer } from './sso/accept.ts';
import type { BrowserSessions } from './sso/browser-sessions.ts';
import type { Table } from './store/dynamodb.ts';
import type { RateLimit } from './store/rate-limit.ts';
import type { IssuedCredentials, RoleAssumer } from './sts/assume-role.ts';
import type { ConsoleSignIn } from './sts/console.ts';

/**
 * The one path. Every way in ends here; none has a decision, a limit or a record of its own.
 *
 *     verify the caller → decide by the access policy → record the intent → assume the role
 *     → record the outcome → return
 *
 * The promises it keeps: STS is not called before the intent is durable; credentials do not leave before the
 * outcome is; a refusal is recorded before the caller hears of it. When a record cannot be written the caller
 * gets `audit_unavailable` and nothing else, credentials that STS issued included.
 */
export interface BrokerParts {
  readonly verifier: Verifier;
  /** Throws a `Fault` for callers who are who they say and may still not come in this way; absent: all may. */
  readonly admit?: ((caller: Caller) => void) | undefined;
  readonly rateLimit: RateLimit;
  readonly policyIndex: PolicyIndex;
  readonly auditLog: AuditLog;
  /** Hears of every record once it is durable: for the function's log and metrics. */
  readonly observe: (record: AuditRecord, sinceIntentMs?: number) => void;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export interface IssuingParts extends BrokerParts {
  readonly roleAssumer: RoleAssumer;
  readonly consoleSignIn: ConsoleSignIn;
  /** Absent where sealing may lag for as long as it does. */
  readonly sealLag?: SealLagGuard | undefined;
  /** Region of roles that name none. */
  readonly region: string;
}

/**
 * How a way in hands over its request. Both are called inside the path, the token first, so that a request
 * that cannot be read is refused and recorded like any other. They throw a `Fault`.
 */
export interface Entry<Request> {
  token(): string;
  request(): Request;
}

export interface SessionRequest {
  /** Role id, `account/name`; the ARN that was asked for where the catalogue has no such role. */
  readonly role: string;
  readonly durationSeconds?: number | undefined;
  readonly reason?: string | undefined;
  readonly ticket?: string | undefined;
  /** What the client calls the session. Information for the record: it names nothing. */
  readonly sessionName?: string | undefined;
  /** Seconds below which the session would be of no use to the client. */
  readonly leastSeconds?: number | undefined;
}

/** Credentials that may leave: their outcome record is durable. */
export interface IssuedSession {
  readonly effect: 'issued';
  readonly sessionId: string;
  readonly caller: Caller;
  readonly decision: RoleAllowed;
  readonly roleSessionName: string;
  readonly credentials: IssuedCredentials;
}

export interface ConsoleRequest extends SessionRequest {
  /** A service's name or an address of the console; undefined for its home page. */
  readonly destination?: string | undefined;
}

/** A sign-in to the console that may leave. Its credentials stay here. */
export interface OpenedConsole extends Omit<IssuedSession, 'credentials'> {
  /** Signs in whoever opens it, for 15 minutes. */
  readonly url: string;
  readonly destination: string;
  /** When the console session ends. */
  readonly expiration: Date;
}

/** Epoch ms, `since` inclusive and `until` exclusive. */
export type OwnSessionsFilter = Pick<AuditFilter, 'since' | 'until' | 'limit' | 'cursor'>;

/** What the caller may know of a denial; the record holds the rest. */
export interface DeniedSession {
  readonly effect: 'denied';
  readonly sessionId: string;
  readonly missing: readonly Missing[];
}

/** A way in where what was brought is used up by a session. */
export interface SettlingEntry extends Entry<SessionRequest> {
  /** Does that, when AWS has issued; throws a `Fault` when it cannot, and then nothing leaves. */
  settle?(): Promise<void>;
}

/** Issues one session, or says why not. */
export function issueSession(
  parts: IssuingParts,
  context: RequestContext,
  entry: SettlingEntry,
): Promise<IssuedSession | DeniedSession> {
  return onTrail(parts, 'credentials', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    const request = entry.request();
    const decision = decideSession(parts, context, trail, caller, request);
    if (decision.effect === 'deny') return deny(trail, context, decision);
    if (decision.durationSeconds < (request.leastSeconds ?? 0)) throw tooShort(decision);

    const session = await assume(parts, context, trail, caller, decision);
    await entry.settle?.();
    await trail.outcome('issued');
    return session;
  });
}

/** Opens the AWS console: the same session, exchanged for a sign-in of a browser before anything leaves. */
export function openConsole(
  parts: IssuingParts,
  context: RequestContext,
  entry: Entry<ConsoleRequest>,
): Promise<OpenedConsole | DeniedSession> {
  return onTrail(parts, 'console', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    const request = entry.request();
    const decision = decideSession(parts, context, trail, caller, request);
    if (decision.effect === 'deny') return deny(trail, context, decision);

    const { partition, region = parts.region } = decision.role;
    const destination = readConsoleDestination(request.destination, partition, region);
    if (!destination.ok)
      throw new Fault('destination_not_allowed', `the destination is refused: ${destination.problem}`);
    trail.add({ destination: destination.url.replace(/[?#].*$/, '') });

    const session = await assume(parts, context, trail, caller, decision);
    const url = await parts.consoleSignIn.signInUrl(partition, session.credentials, destination.url);
    await trail.outcome('issued');
    const { credentials, ...rest } = session;
    return { ...rest, url, destination: destination.url, expiration: credentials.expiration };
  });
}

/** Who the caller is, and their roles: those they may have now and those they are close to. Only a refusal is recorded. */
export function listRoles(
  parts: BrokerParts,
  context: RequestContext,
  entry: Entry<void>,
): Promise<{ caller: Caller; permissions: Permission[]; roles: RoleStanding[] }> {
  return onTrail(parts, 'roles', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    entry.request();
    const circumstances = { ...whence(parts, context), caller };
    return {
      caller,
      permissions: permissionsFor(parts.policyIndex, circumstances),
      roles: rolesFor(parts.policyIndex, circumstances),
    };
  });
}

/** Pages of the log that one page of somebody's own sessions may read before it says that there is more. */
const MAX_OWN_PAGES = 5;

/** The sessions that the caller opened: everyone may see their own. Only a refusal is recorded. */
export function listOwnSessions(
  parts: BrokerParts & { readonly table: Table },
  context: RequestContext,
  entry: Entry<OwnSessionsFilter>,
): Promise<{ caller: Caller; permissions: Permission[] } & AuditPage> {
  return onTrail(parts, 'sessions', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    const filter = entry.request();
    const isOwn = ({ caller: other, action }: AuditRecord) =>
      other?.issuer === caller.issuer &&
      other.subject === caller.subject &&
      (action === 'credentials' || action === 'console');
    const records: AuditRecord[] = [];
    let { cursor } = filter;
    // What somebody opened may lie behind pages of sign-ins and refusals.
    for (let pages = 0; pages < MAX_OWN_PAGES && records.length === 0; pages += 1) {
      const page = await readAudit(parts.table, { ...filter, cursor, order: 'newest', caller: caller.username });
      records.push(...page.records.filter(isOwn));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    return {
      caller,
      permissions: permissionsFor(parts.policyIndex, { ...whence(parts, context), caller }),
      records,
      cursor,
    };
  });
}

/** Who the broker takes the caller for. Only a refusal is recorded. */
export function whoAmI(
  parts: BrokerParts,
  context: RequestContext,
  entry: Entry<void>,
): Promise<{ caller: Caller; permissions: Permission[] }> {
  return onTrail(parts, 'whoami', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    entry.request();
    return { caller, permissions: permissionsFor(parts.policyIndex, { ...whence(parts, context), caller }) };
  });
}

/**
 * What `issueSession` would answer the caller to the same request, by the same decision. Only a refusal is recorded;
 * but holders of `policy:read` are told whose rules decided, and that reading is recorded first.
 */
export function explainAccess(
  parts: BrokerParts,
  context: RequestContext,
  entry: Entry<SessionRequest>,
): Promise<Explanation> {
  return onTrail(parts, 'explain', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    const request = entry.request();
    trail.add(asked(request));
    const circumstances = { ...request, ...whence(parts, context), caller };
    const decision = decideRole(parts, circumstances);
    const explanation = explainDecision(parts.policyIndex, circumstances, decision);

    const target = { kind: 'permission', permission: 'policy:read' } as const;
    const reading = decide(parts.policyIndex, { ...circumstances, target });
    if (reading.effect === 'deny') return explanation;
    trail.add({ permission: target.permission, ...decided(parts.policyIndex, caller, reading) });
    await trail.outcome('allowed');
    return { ...explanation, detail: explainGrants(parts.policyIndex, circumstances, decision) };
  });
}

/** A page of the audit log, for holders of `audit:read`; the reading itself is recorded first. */
export function readAuditLog(
  parts: BrokerParts & { readonly table: Table },
  context: RequestContext,
  entry: Entry<AuditFilter>,
): Promise<({ readonly effect: 'allowed'; readonly caller: Caller } & AuditPage) | DeniedSession> {
  return onTrail(parts, 'audit', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    const target = { kind: 'permission', permission: 'audit:read' } as const;
    trail.add({ permission: target.permission });
    const decision = decide(parts.policyIndex, { ...whence(parts, context), caller, target });
    trail.add(decided(parts.policyIndex, caller, decision));
    if (decision.effect === 'deny') return deny(trail, context, decision);
    const filter = entry.request();
    await trail.outcome('allowed');
    return { effect: 'allowed', caller, ...(await readAudit(parts.table, filter)) };
  });
}

/**
 * Signs a browser in: the token that the identity provider gave is verified like any other caller's, and there is no
 * session without a record of how it began.
 *
 * @param redeem fetches the token, and checks the caller against what the sign-in was begun for; both throw a `Fault`
 */
export function signIn(
  parts: BrokerParts & { readonly sessions: BrowserSessions },
  context: RequestContext,
  redeem: () => Promise<{ readonly token: string; accept(caller: Caller): void }>,
): Promise<{ readonly caller: Caller; readonly secret: string; readonly expiresAt: number }> {
  return onTrail(parts, 'sign-in', context, async (trail) => {
    const { token, accept } = await redeem();
    const caller = await verify(parts, trail, token);
    accept(caller);
    trail.add(recordedClaims(caller.claims, parts.policyIndex.claimsLookedAt));
    const session = await parts.sessions.create(caller, context.sessionId, parts.clock());
    await trail.outcome('allowed');
    return { caller, ...session };
  });
}

/** A tool that wants to be signed in, and what the person says to it. */
export interface ToolAuthorization {
  /** What the tool calls itself. */
  readonly client: string;
  /** Where a device asked from that is signed in by a code; undefined for a tool on the person's own computer. */
  readonly device?: { readonly sourceIp: string | undefined } | undefined;
  /** Role id, where the person chose one for it. */
  readonly role?: string | undefined;
  readonly approved: boolean;
}

/** How a way in hands over what a person says to a tool. */
export interface ToolEntry<T> {
  token(): string;
  request(): Promise<ToolAuthorization>;
  /** What comes of an approval: the caller is the person, until the tool's session ends. */
  grant(caller: Caller): Promise<T>;
}

/**
 * A person lets a tool act for them, or does not. Either is on record before anything comes of it.
 *
 * @returns undefined when the person said no
 */
export function authorizeTool<T>(
  parts: BrokerParts,
  context: RequestContext,
  entry: ToolEntry<T>,
): Promise<T | undefined> {
  return onTrail(parts, 'authorize', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    const { client, device, role, approved } = await entry.request();
    trail.add({
      client,
      ...(device?.sourceIp !== undefined && { deviceIp: device.sourceIp }),
      ...(role !== undefined && asked({ role })),
    });
    if (!approved) {
      await trail.outcome('refused', 'authorization_denied');
      return undefined;
    }
    requireRecentSignIn(caller, parts.clock());
    const offer = toolOffer(parts.policyIndex.issuers.get(caller.issuer), device !== undefined);
    trail.add(recordedClaims(caller.claims, parts.policyIndex.claimsLookedAt));
    await trail.outcome('allowed');
    const expiresAt = Math.floor(parts.clock() / 1000) + offer.sessionSeconds;
    return entry.grant({ ...caller, signIn: context.sessionId, expiresAt });
  });
}

/** Somebody typed the code of a device: which one waits for them. Only a refusal is recorded, as a wrong code is. */
export function findDevice<T>(
  parts: BrokerParts,
  context: RequestContext,
  entry: Entry<string> & { find(code: string, guesser: Caller): Promise<T> },
): Promise<{ readonly caller: Caller; readonly offer: ReturnType<typeof toolOffer>; readonly found: T }> {
  return onTrail(parts, 'authorize', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    const code = entry.request();
    const offer = toolOffer(parts.policyIndex.issuers.get(caller.issuer), true);
    return { caller, offer, found: await entry.find(code, caller) };
  });
}

/** Tokens that can be given: to whom the tool is signed in, and how to get them. */
export interface TokenGrant<Tokens> {
  readonly caller: Caller;
  /** Whether it was approved by a code that somebody typed. */
  readonly byDeviceCode: boolean;
  /** Uses up what the tool brought. */
  issue(): Promise<Tokens>;
}

/**
 * Gives a tool its first tokens, or others in their place. No token leaves without a record.
 *
 * @param open looks at what the tool brought, and throws a `Fault` when it is not good
 */
export function grantTokens<Tokens>(
  parts: BrokerParts,
  context: RequestContext,
  open: () => Promise<TokenGrant<Tokens>>,
): Promise<Tokens> {
  return onTrail(parts, 'token', context, async (trail) => {
    const { caller, byDeviceCode, issue } = await open();
    known(trail, caller);
    // An approval may have been taken back by a new access policy.
    toolOffer(parts.policyIndex.issuers.get(caller.issuer), byDeviceCode);
    await parts.rateLimit.take(caller, parts.clock());
    const tokens = await issue();
    await trail.outcome('allowed');
    return tokens;
  });
}

/** Sessions that their owners can end. */
export interface EndableSessions {
  /** Whose session it is. Throws a `Fault`. */
  readonly verifier: Verifier;
  end(secret: string, now: number): Promise<void>;
}

/** Ends a browser's or a tool's session; whose it was stands in the record. */
export function signOut(
  parts: BrokerParts & { readonly endable: EndableSessions },
  context: RequestContext,
  entry: Entry<void>,
): Promise<Caller> {
  return onTrail(parts, 'sign-out', context, async (trail) => {
    const secret = entry.token();
    entry.request();
    // Whoever has used up their requests, or had them used up, can still sign out.
    const unlimited = { take: async () => undefined };
    const caller = await verify({ ...parts, verifier: parts.endable.verifier, rateLimit: unlimited }, trail, secret);
    await parts.endable.end(secret, parts.clock());
    await trail.outcome('allowed');
    return caller;
  });
}

/**
 * Proofs that a session's records are in the sealed log: of one's own sessions for everyone, of any for holders of
 * `audit:read`, whose reading is recorded first. A session of somebody else and one that never was answer alike.
 *
 * @returns never none: a record that is not in the tree yet is Fault `not_sealed`
 */
export function proveRecords(
  parts: BrokerParts & { readonly table: Table; readonly readLedger: ReadFile },
  context: RequestContext,
  entry: Entry<{ readonly session: string }>,
): Promise<SessionProof[]> {
  return onTrail(parts, 'proof', context, async (trail) => {
    const caller = await verify(parts, trail, entry.token());
    const { session } = entry.request();
    const now = parts.clock();
    const filter = { session, since: 0, until: now + 60_000, order: 'oldest', limit: 2 } as const;
    const { records } = await readAudit(parts.table, filter);
    const isOwn = records.some((one) => one.caller?.issuer === caller.issuer && one.caller.subject === caller.subject);
    if (!isOwn) await allowReading(parts, context, trail, caller);
    if (records.length === 0) throw new Fault('not_found', 'there is no session of this id');
    const proofs = await sealedProofs(parts.readLedger, session);
    // An intent may be sealed a minute before its outcome is: what is proven is a session, not half of one.
    if (proofs.length < records.length) {
      throw new Fault('not_sealed', 'the session is not sealed yet', { retryAfterSeconds: 60 });
    }
    return proofs;
  });
}

/** @throws Fault `not_found`: who may not read the log learns not even what is in it */
async function allowReading(parts: BrokerParts, context: RequestContext, trail: Trail, caller: Caller): Promise<void> {
  const target = { kind: 'permission', permission: 'audit:read' } as const;
  const decision = decide(parts.policyIndex, { ...whence(parts, context), caller, target });
  trail.add({ permission: target.permission, ...decided(parts.policyIndex, caller, decision) });
  if (decision.effect === 'deny') throw new Fault('not_found', 'the caller has no session of this id');
  await trail.outcome('allowed');
}

async function sealedProofs(read: ReadFile, session: string): Promise<SessionProof[]> {
  if ((await read('checkpoint')) === undefined) return [];
  try {
    return await proveSession(read, session);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('ledger_inconsistent', 'the published ledger cannot be read', { cause });
  }
}

/** Runs one request on its trail: whatever is thrown is recorded before it goes on. */
async function onTrail<T>(
  parts: BrokerParts,
  action: AuditAction,
  context: RequestContext,
  path: (trail: Trail) => Promise<T>,
): Promise<T> {
  const trail = new Trail(parts, {
    sessionId: context.sessionId,
    requestId: context.requestId,
    action,
    policyDigest: parts.policyIndex.policy.digest,
    ...(context.sourceIp !== undefined && { sourceIp: context.sourceIp }),
    ...(context.userAgent !== undefined && { userAgent: context.userAgent }),
    ...(context.via !== undefined && { via: context.via }),
  });
  try {
    return await path(trail);
  } catch (error) {
    const fault = Fault.from(error);
    await trail.fault(fault);
    throw fault;
  }
}

/** Who is calling, within their rate. */
async function verify(parts: BrokerParts, trail: Trail, token: string): Promise<Caller> {
  const caller = await parts.verifier.verify(token, parts.clock()).catch((refusal: unknown) => {
    const tokenSha256 = hashRefusedToken(token);
    if (tokenSha256 !== undefined) trail.add({ tokenSha256 });
    throw refusal;
  });
  known(trail, caller);
  parts.admit?.(caller);
  await parts.rateLimit.take(caller, parts.clock());
  return caller;
}

function known(trail: Trail, { issuer, subject, username, signIn, tokenSha256 }: Caller): void {
  trail.add({ caller: { issuer, subject, username }, tokenSha256, ...(signIn !== undefined && { signIn }) });
}

/** A sign-in that is about to end can be made anew; a role whose sessions are short cannot be changed by the caller. */
function tooShort({ durationSeconds, durationLimitedBy }: RoleAllowed): Fault {
  const detail = `the session would last ${durationSeconds} seconds, limited by ${durationLimitedBy}`;
  return new Fault(durationLimitedBy === 'token' ? 'tool_session_ended' : 'session_too_short', detail);
}

/** What was asked for a session, and the decision on it, both on the trail. */
function decideSession(
  parts: BrokerParts,
  context: RequestContext,
  trail: Trail,
  caller: Caller,
  request: SessionRequest,
): RoleAllowed | Denied {
  trail.add(asked(request));
  const { role, durationSeconds, reason, ticket } = request;
  const decision = decideRole(parts, { role, durationSeconds, reason, ticket, ...whence(parts, context), caller });
  trail.add(decided(parts.policyIndex, caller, decision));
  return decision;
}

/** The intent made durable, then the role assumed. What comes back may not leave before the outcome is durable. */
async function assume(
  parts: IssuingParts,
  context: RequestContext,
  trail: Trail,
  caller: Caller,
  decision: RoleAllowed,
): Promise<IssuedSession> {
  await parts.sealLag?.check(parts.clock());
  const name = roleSessionName(context.sessionId, caller.username);
  trail.add({ roleSessionName: name, sourceIdentity: caller.username });
  await trail.intent();

  const credentials = await parts.roleAssumer.assume(
    {
      roleArn: decision.role.arn,
      region: decision.role.region ?? parts.region,
      sessionId: context.sessionId,
      roleSessionName: name,
      sourceIdentity: caller.username,
      durationSeconds: decision.durationSeconds,
      externalId: decision.role.externalId,
      tags: decision.tags,
      transitiveTagKeys: decision.transitiveTagKeys,
      policy: decision.policy,
      policyArns: decision.policyArns,
    },
    parts.clock(),
  );
  trail.add({
    accessKeyId: credentials.accessKeyId,
    expiration: credentials.expiration.toISOString(),
    ...(credentials.stsRequestId !== undefined && { stsRequestId: credentials.stsRequestId }),
  });
  return { effect: 'issued', sessionId: context.sessionId, caller, decision, roleSessionName: name, credentials };
}

/** The decision on the role that was asked for. */
function decideRole(parts: BrokerParts, request: Circumstances & Pick<SessionRequest, 'role'>): RoleAllowed | Denied {
  const decision = decide(parts.policyIndex, { ...request, target: { kind: 'role', role: request.role } });
  if (decision.effect === 'deny' || decision.kind === 'role') return decision;
  throw new Fault('internal_error', 'a role was asked for, something else decided');
}

/** What a record says of a request for a session. */
function asked({ role, durationSeconds, reason, ticket, sessionName }: SessionRequest): Partial<RecordFacts> {
  return {
    role,
    ...(!role.includes(':') && { account: role.slice(0, role.indexOf('/')) }),
    ...(durationSeconds !== undefined && { requestedDurationSeconds: durationSeconds }),
    ...(reason !== undefined && { reason }),
    ...(ticket !== undefined && { ticket }),
    ...(sessionName !== undefined && { requestedSessionName: sessionName }),
  };
}

async function deny(trail: Trail, context: RequestContext, decision: Denied): Promise<DeniedSession> {
  await trail.outcome('denied', 'access_denied');
  return { effect: 'denied', sessionId: context.sessionId, missing: decision.missing };
}

function whence(parts: BrokerParts, context: RequestContext) {
  return { sourceIp: context.sourceIp, userAgent: context.userAgent, now: parts.clock() };
}

/** What a record says of a decision, and what it was made by. */
function decided(index: PolicyIndex, caller: Caller, decision: Decision): Partial<RecordFacts> {
  const { trace } = decision;
  const facts = { trace, ...recordedClaims(caller.claims, index.claimsLookedAt) };
  if (decision.effect === 'deny') return { denial: decision.reason, ...facts };
  if (decision.kind === 'permission') return { grant: decision.grant, ...facts };
  return {
    grant: decision.grant,
    roleArn: decision.role.arn,
    account: decision.role.account,
    accountId: decision.role.accountId,
    durationSeconds: decision.durationSeconds,
    durationLimitedBy: decision.durationLimitedBy,
    ...facts,
  };
}
