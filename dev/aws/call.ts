import type { AwsState, Handler } from './actions.ts';
import type { CallRecord } from './calls.ts';
import { type CloudTrail, watched } from './cloudtrail.ts';
import { AwsError } from './error.ts';
import type { FaultQueue } from './faults.ts';
import { statusOf } from './faults.ts';
import { IAM_ACTIONS } from './iam/actions.ts';
import { performUnderFaults } from './injection.ts';
import { noteUse } from './last-use.ts';
import { errorXml, Parameters, parseForm, successXml } from './query-protocol.ts';
import type { Authorization } from './signing.ts';
import type { SignedRequest } from './sigv4.ts';
import { readAuthorization, verify } from './sigv4.ts';
import { STS_ACTIONS } from './sts/actions.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** The connection is to be cut instead of answered. */
  readonly dropped: boolean;
  readonly record: CallRecord;
}

export interface CallEnvironment {
  readonly state: AwsState;
  readonly faults: FaultQueue;
  readonly disabledRegions: readonly string[];
  readonly clock: () => number;
  /** Undefined where nothing is to be written. */
  readonly cloudTrail?: CloudTrail | undefined;
}

interface Service {
  readonly name: string;
  readonly namespace: string;
  readonly actions: ReadonlyMap<string, Handler>;
}

/** By API version, as both services share one address here. */
const SERVICES: Readonly<Record<string, Service>> = {
  '2011-06-15': { name: 'sts', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/', actions: STS_ACTIONS },
  '2010-05-08': { name: 'iam', namespace: 'https://iam.amazonaws.com/doc/2010-05-08/', actions: IAM_ACTIONS },
};
const NO_SERVICE: Service = {
  name: '',
  namespace: 'http://webservices.amazon.com/AWSFault/2005-15-09',
  actions: new Map(),
};

/** What is known of a request so far; filled from top to bottom, so that a refused one is recorded as far as it got. */
interface Progress {
  readonly requestId: string;
  readonly time: string;
  service: Service;
  action: string;
  parameters: Parameters;
  authorization: Authorization | undefined;
  account: string | undefined;
}

/** Answers one request of the query protocol. Never throws: whatever goes wrong is an answer too. */
export async function answer(request: SignedRequest, requestId: string, environment: CallEnvironment): Promise<Answer> {
  const progress: Progress = {
    requestId,
    time: new Date(environment.clock()).toISOString(),
    service: NO_SERVICE,
    action: '',
    parameters: new Parameters(new Map()),
    authorization: undefined,
    account: undefined,
  };
  try {
    route(request, progress);
    return await performWithFaults(request, progress, environment);
  } catch (error) {
    const refusal = error instanceof AwsError ? error : new AwsError('InternalFailure', 500, 'The stand-in failed');
    const body = errorXml(refusal, progress.service.namespace, requestId);
    return { status: refusal.status, body, dropped: false, record: record(progress, refusal.code) };
  }
}

function route(request: SignedRequest, progress: Progress): void {
  if (request.headers['authorization'] !== undefined) progress.authorization = readAuthorization(request);
  const contentType = request.headers['content-type']?.[0]?.split(';')[0]?.trim().toLowerCase();
  if (request.method !== 'POST' || request.target !== '/' || contentType !== 'application/x-www-form-urlencoded') {
    throw new AwsError('InvalidAction', 400, 'Only form-encoded POST / is served here');
  }
  progress.parameters = parseForm(request.body.toString('utf8'));
  progress.action = progress.parameters.get('Action') ?? '';
  if (progress.action === '') throw new AwsError('MissingAction', 400, 'Missing Action');
  const version = progress.parameters.get('Version') ?? '';
  progress.service = Object.hasOwn(SERVICES, version) ? (SERVICES[version] ?? NO_SERVICE) : NO_SERVICE;
}

async function performWithFaults(
  request: SignedRequest,
  progress: Progress,
  environment: CallEnvironment,
): Promise<Answer> {
  const injected = await performUnderFaults(environment.faults, progress.action, statusOf, () =>
    perform(request, progress, environment),
  );
  switch (injected.kind) {
    case 'answered':
      return { status: 200, body: injected.value, dropped: false, record: record(progress, 'ok') };
    case 'dropped':
      return { status: 0, body: '', dropped: true, record: record(progress, 'dropped') };
    case 'malformed':
      return { status: 200, body: injected.body, dropped: false, record: record(progress, 'malformed') };
  }
}

function perform(
  request: SignedRequest,
  progress: Progress,
  { state, disabledRegions, clock, cloudTrail }: CallEnvironment,
): string {
  const { action, parameters, service } = progress;
  const handler = service.actions.get(action);
  if (handler === undefined) {
    const version = parameters.get('Version') ?? '';
    throw new AwsError('InvalidAction', 400, `Could not find operation ${action} for version ${version}`);
  }
  const authorization = readAuthorization(request);
  const now = clock();
  const principal = verify(request, authorization, state.credentials, service.name, now);
  progress.account = principal.accountId;
  noteUse(state, principal, authorization, now);
  // Credentials of GetSessionToken do not reach IAM unless a second factor was shown for them.
  if (
    service.name === 'iam' &&
    principal.kind === 'user' &&
    principal.issuedAt !== undefined &&
    principal.mfaAt === undefined
  ) {
    throw new AwsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid');
  }
  if (service.name === 'sts' && disabledRegions.includes(authorization.region)) {
    const message =
      `STS is not activated in this region for account:${principal.accountId}. ` +
      'Your account administrator can activate STS in this region using the IAM Console.';
    throw new AwsError('RegionDisabledException', 403, message);
  }
  const { requestId } = progress;
  const call = { service: service.name, action, parameters, principal, authorization, request, requestId, now };
  const result = watched(cloudTrail, call, () => handler({ parameters, principal, state, now }));
  return successXml(action, service.namespace, result, requestId);
}

function record(progress: Progress, outcome: string): CallRecord {
  const { parameters, authorization } = progress;
  const members = {
    time: progress.time,
    action: progress.action,
    accessKeyId: authorization?.accessKeyId,
    region: authorization?.region,
    account: progress.account,
    outcome,
    requestId: progress.requestId,
    roleArn: parameters.get('RoleArn'),
    roleName: parameters.get('RoleName'),
    roleSessionName: parameters.get('RoleSessionName'),
    sourceIdentity: parameters.get('SourceIdentity'),
  };
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as unknown as CallRecord;
}
