import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { closeServer, listen } from '../listen.ts';
import { type AwsState, newState } from './actions.ts';
import { answer } from './call.ts';
import { CallLog } from './calls.ts';
import { CloudTrail } from './cloudtrail.ts';
import { CONSOLE_PATH, Federation } from './console/federation.ts';
import { control } from './control.ts';
import type { AwsCredentials } from './credentials.ts';
import { AwsError } from './error.ts';
import { FaultQueue } from './faults.ts';
import { errorXml } from './query-protocol.ts';
import { OPT_IN_REGIONS } from './regions.ts';
import { BROKER_ROLE_ARN, createBrokerRole, createOperator, type Operator } from './residents.ts';
import { answerS3 } from './s3/answer.ts';
import type { Bucket } from './s3/buckets.ts';
import { MAXIMUM_REQUEST_BYTES } from './s3/payload.ts';
import { isForS3 } from './s3/routing.ts';
import { type NewBucket, seedBucket, seedObject } from './s3/seed.ts';
import type { SignedRequest } from './sigv4.ts';
import type { NewRole, Role } from './store/roles.ts';
import { roleSession } from './sts/role-session.ts';

export { BROKER_ACCOUNT, BROKER_ROLE_ARN } from './residents.ts';

export interface AwsOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Regions where STS is switched off. Default: those that a new account has to switch on first. */
  readonly disabledRegions?: readonly string[];
  /** Where CloudTrail delivers its log files to, as it does into a bucket. Default: nowhere. */
  readonly cloudTrailDirectory?: string;
  /** Epoch milliseconds; default the machine's clock. */
  readonly clock?: () => number;
}

export interface AwsStandIn {
  readonly url: string;
  readonly port: number;
  readonly operator: Operator;
  readonly state: AwsState;
  readonly calls: CallLog;
  readonly faults: FaultQueue;
  /** Credentials as Lambda gives the broker's functions: a session of the role `daypass-broker`. */
  brokerCredentials(options?: { readonly durationSeconds?: number; readonly sessionName?: string }): AwsCredentials;
  /** Credentials of a session of any role that exists. */
  issueSession(roleArn: string, sessionName: string, durationSeconds: number): AwsCredentials;
  createRole(role: NewRole): Role;
  /** Delivers now what CloudTrail would deliver a little later. */
  deliverCloudTrail(): void;
  createBucket(bucket: NewBucket): Bucket;
  putObject(bucket: Bucket, key: string, content: string | Buffer): void;
  close(): Promise<void>;
}

const MAXIMUM_BODY_BYTES = 1_048_576;

/** Lambda renews its functions' credentials; a local process cannot, so these last as long as a stack may stay up. */
const BROKER_SESSION_SECONDS = 30 * 86_400;

/**
 * Starts the AWS stand-in on loopback: STS, IAM and S3 of any number of accounts on one address, as strict as AWS where
 * this project can know. Every call is judged by `lib/iam`, by all policies that have a say (`authorize.ts`).
 * Everything it knows is in memory; all its secrets are new at each start.
 *
 * @throws PortTakenError when the port is in use
 */
export async function startAws(options: AwsOptions): Promise<AwsStandIn> {
  const clock = options.clock ?? Date.now;
  const state = newState();
  const calls = new CallLog();
  const faults = new FaultQueue();
  const operator = createOperator(state, clock());
  createBrokerRole(state, clock());
  const { cloudTrailDirectory, disabledRegions = OPT_IN_REGIONS } = options;
  const cloudTrail = cloudTrailDirectory === undefined ? undefined : new CloudTrail(cloudTrailDirectory);
  const environment = { state, faults, disabledRegions, clock, cloudTrail };
  const federation = new Federation(state.credentials, clock);

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const { port, url } = await listen(server, options.port, options.host);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? '';
    const target = request.url ?? '/';
    const headers = request.headersDistinct as Record<string, string[]>;
    const sourceIp = request.socket.remoteAddress?.replace(/^::ffff:(?=[\d.]+$)/, '');
    const given = { method, target, headers, sourceIp };
    const isControl = target.startsWith('/_');
    if (method === 'GET' && target.startsWith(CONSOLE_PATH)) return serveConsole(target, response);
    const isFederation = /^\/federation(?=$|\?)/.test(target);
    if (!isControl && !isFederation && isForS3(given)) return serveS3(request, given, response);
    const body = await readBody(request, MAXIMUM_BODY_BYTES);
    if (isControl) {
      const { status, value } = control(
        method,
        target,
        request.headers['content-type'],
        body ?? Buffer.alloc(0),
        calls,
        faults,
      );
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      return void response.end(JSON.stringify(value));
    }
    const requestId = randomUUID();
    if (isFederation) return serveFederation(given, request, body, requestId, response);
    const send = (status: number, xml: string): void => {
      response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
      response.end(xml);
    };
    if (body === undefined) {
      return send(413, errorXml(new AwsError('RequestEntityTooLarge', 413, 'Request too large'), '', requestId));
    }
    const result = await answer({ ...given, body }, requestId, environment);
    calls.add(result.record);
    if (result.dropped) return void response.destroy();
    send(result.status, result.body);
  }

  function serveFederation(
    { method, target }: Omit<SignedRequest, 'body'>,
    request: IncomingMessage,
    body: Buffer | undefined,
    requestId: string,
    response: ServerResponse,
  ): void {
    const contentType = request.headers['content-type'];
    const {
      status,
      type,
      body: text,
      location,
      action,
      principal,
      accessKeyId,
    } = federation.answer({
      method,
      target,
      contentType,
      body: body ?? Buffer.alloc(0),
    });
    calls.add({
      time: new Date(clock()).toISOString(),
      action: `signin:${action}`,
      outcome: status < 400 ? 'ok' : 'InvalidCredentials',
      requestId,
      ...(principal !== undefined && { account: principal.accountId }),
      ...(principal?.roleArn !== undefined && { roleArn: principal.roleArn }),
      ...(principal?.sourceIdentity !== undefined && { sourceIdentity: principal.sourceIdentity }),
    });
    if (principal !== undefined) {
      const eventName = action === 'login' ? 'ConsoleLogin' : 'GetSigninToken';
      const userAgent = request.headers['user-agent'];
      cloudTrail?.tellSignIn({ eventName, principal, accessKeyId, userAgent, now: clock() });
    }
    const headers = { 'content-type': type, 'cache-control': 'no-store', 'x-amzn-requestid': requestId };
    response.writeHead(status, { ...headers, ...(location !== undefined && { location }) });
    response.end(text);
  }

  function serveConsole(target: string, response: ServerResponse): void {
    const page = federation.visit(target);
    response.writeHead(page === undefined ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(page ?? 'There is no such page.');
  }

  async function serveS3(
    request: IncomingMessage,
    given: Omit<SignedRequest, 'body'>,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request, MAXIMUM_REQUEST_BYTES);
    const result = await answerS3(given, body, randomUUID(), environment);
    calls.add(result.record);
    if (result.dropped) return void response.destroy();
    response.writeHead(result.status, result.headers).end(result.body);
  }

  function issueSession(roleArn: string, sessionName: string, durationSeconds: number): AwsCredentials {
    const role = state.roles.byArn(roleArn);
    if (role === undefined) throw new Error(`there is no role ${roleArn} in the stand-in`);
    return state.credentials.issueSession(roleSession(role, sessionName, clock()), clock() + durationSeconds * 1000);
  }

  return {
    url,
    port,
    operator,
    state,
    calls,
    faults,
    issueSession,
    brokerCredentials: ({ durationSeconds = BROKER_SESSION_SECONDS, sessionName = 'daypass-credentials' } = {}) =>
      issueSession(BROKER_ROLE_ARN, sessionName, durationSeconds),
    createRole: (role) => state.roles.create(role, clock()),
    createBucket: (bucket) => seedBucket(state, bucket, clock()),
    putObject: (bucket, key, content) => seedObject(bucket, key, content, clock()),
    deliverCloudTrail: () => cloudTrail?.deliver(),
    close: async () => {
      await closeServer(server);
      cloudTrail?.close();
    },
  };
}

/** Undefined for a body over the limit; the rest of it is read and forgotten. */
async function readBody(request: IncomingMessage, maximumBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= maximumBytes) chunks.push(chunk as Buffer);
  }
  return size > maximumBytes ? undefined : Buffer.concat(chunks);
}
