import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { closeServer, listen } from '../listen.ts';
import { type AwsState, newState } from './actions.ts';
import { answer } from './call.ts';
import { CallLog } from './calls.ts';
import { control } from './control.ts';
import type { AwsCredentials } from './credentials.ts';
import { AwsError } from './error.ts';
import { FaultQueue } from './faults.ts';
import { errorXml } from './query-protocol.ts';
import { OPT_IN_REGIONS } from './regions.ts';
import { BROKER_ROLE_ARN, createBrokerRole, createOperator, type Operator } from './residents.ts';
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
  close(): Promise<void>;
}

const MAXIMUM_BODY_BYTES = 1_048_576;

/** Lambda renews its functions' credentials; a local process cannot, so these last as long as a stack may stay up. */
const BROKER_SESSION_SECONDS = 30 * 86_400;

/**
 * Starts the AWS stand-in on loopback: STS and IAM of any number of accounts on one address, as strict as AWS where this
 * project can know. Every call is judged by `lib/iam`, by all policies that have a say (`authorize.ts`).
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
  const environment = { state, faults, disabledRegions: options.disabledRegions ?? OPT_IN_REGIONS, clock };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const { port, url } = await listen(server, options.port, options.host);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const method = request.method ?? '';
    const target = request.url ?? '/';
    if (target.startsWith('/_')) {
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
    const send = (status: number, xml: string): void => {
      response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
      response.end(xml);
    };
    if (body === undefined) {
      return send(413, errorXml(new AwsError('RequestEntityTooLarge', 413, 'Request too large'), '', requestId));
    }
    const headers = request.headersDistinct as Record<string, string[]>;
    const sourceIp = request.socket.remoteAddress?.replace(/^::ffff:(?=[\d.]+$)/, '');
    const result = await answer({ method, target, headers, body, sourceIp }, requestId, environment);
    calls.add(result.record);
    if (result.dropped) return void response.destroy();
    send(result.status, result.body);
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
    close: () => closeServer(server),
  };
}

/** Undefined for a body over the limit; the rest of it is read and forgotten. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= MAXIMUM_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  return size > MAXIMUM_BODY_BYTES ? undefined : Buffer.concat(chunks);
}
