import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { everyWayIn } from '../../functions/credentials.ts';
import { composeIssuingBroker, forBrowsers, forLogins } from '../../lib/compose.ts';
import { ANSWERED, type Orders, type Point, RUN_HEADER } from './points.ts';

/**
 * The credentials function as it is deployed, on a socket, in a process that kills itself (SIGKILL: nothing of it can
 * run any more) at the point it is told, once all its requests are there. The points are in what surrounds the product:
 * the transport of the AWS SDK, the fetch to AWS's sign-in endpoint, and the socket.
 */
const orders = JSON.parse(process.env['DAYPASS_KILL'] ?? '') as Orders;

const broker = composeIssuingBroker(process.env, {
  fetch: reach as typeof fetch,
  requestHandler: {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: carry,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  } as never,
  write: () => undefined,
  clock: Date.now,
});
const handler = everyWayIn(broker, forBrowsers(broker, process.env), forLogins(broker, process.env));

interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array | string;
}

/** Carries a request of the SDK, and dies where it is told to. */
async function carry({ method, protocol, hostname, port, path, headers, body }: SdkRequest): Promise<unknown> {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const address = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`;
  const forward = (part?: 'half') => send(address, method, headers, text, part);
  const target = headers['x-amz-target'] ?? '';
  const isPut = target.endsWith('.PutItem');
  if (target.endsWith('.UpdateItem') && text.includes('rate#')) await at('verified');
  if (isPut && text.includes('#intent')) {
    await at('decided');
    if (orders.broken === 'intent is not written') return written();
    return sdkResponse(await under('intent sent', 'intent acked', forward));
  }
  if (isPut && text.includes('#outcome')) {
    if (!text.includes('issued')) await at('decided');
    if (orders.broken === 'outcome is not written') return written();
    if (orders.broken === 'outcome is written after the answer') {
      setTimeout(() => forward(), 1000);
      return written();
    }
    return sdkResponse(await under('outcome sent', 'outcome acked', forward));
  }
  if (text.includes('Action=AssumeRole')) return sdkResponse(await under('sts sent', 'sts acked', forward));
  return sdkResponse(await forward().answer);
}

/** The identity provider's keys come from the orders; everything else is really asked. */
async function reach(input: string | URL, init?: RequestInit): Promise<Response> {
  const address = String(input);
  if (address === `${orders.issuer}/.well-known/openid-configuration`) {
    return Response.json({ issuer: orders.issuer, jwks_uri: `${orders.issuer}/jwks` });
  }
  if (address === `${orders.issuer}/jwks`) return Response.json(orders.jwks);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { status, text } = await under('console sent', 'console acked', (part) =>
    send(address, 'POST', headers, String(init?.body), part),
  );
  return new Response(text, { status });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

interface Sent {
  /** Resolves when the request is in the hands of the system, which sends it whatever becomes of this process. */
  readonly left: Promise<unknown>;
  readonly answer: Promise<Answer>;
}

const agent = new Agent({ keepAlive: true });

/** @param part of the body; the rest never leaves, and nobody can act on it */
function send(address: string, method: string, headers: OutgoingHttpHeaders, body: string, part?: 'half'): Sent {
  const request = httpRequest(address, { agent, method, headers });
  const answer = once(request, 'response').then(async ([response]: IncomingMessage[]): Promise<Answer> => {
    if (response === undefined) throw new Error('there is no response');
    return { status: response.statusCode ?? 0, headers: response.headers, text: await textOf(response) };
  });
  if (part === 'half') {
    return { left: new Promise((resolve) => request.write(body.slice(0, body.length / 2), resolve)), answer };
  }
  const left = once(request, 'finish');
  request.end(body);
  return { left, answer };
}

function sdkResponse({ status, headers, text }: Answer): unknown {
  return { response: { statusCode: status, headers, body: Readable.from([Buffer.from(text)]) } };
}

/** DynamoDB's answer to a write that was not sent. */
function written(): unknown {
  return sdkResponse({ status: 200, headers: {}, text: '{}' });
}

let waiting = 0;
let allAreHere: () => void = () => undefined;
const gathered = new Promise<void>((resolve) => {
  allAreHere = resolve;
});

/** Waits for all requests. */
async function gather(): Promise<number> {
  const place = waiting;
  waiting += 1;
  if (waiting === orders.together) allAreHere();
  await gathered;
  return place;
}

let leftCount = 0;

async function under(sent: Point, acked: Point, start: (part?: 'half') => Sent): Promise<Answer> {
  if (orders.point === sent) {
    const place = await gather();
    // Each a little later than the one before, so that they are under way in every stage; every other is cut off.
    await sleep(place);
    const { left, answer } = start((place + orders.afterMs) % 2 === 1 ? 'half' : undefined);
    answer.catch(() => undefined);
    await left;
    leftCount += 1;
    if (leftCount === orders.together) {
      await sleep(orders.afterMs);
      die();
    }
    return new Promise(() => undefined);
  }
  const answer = await start().answer;
  await at(acked);
  return answer;
}

async function at(point: Point): Promise<void> {
  if (orders.point !== point) return;
  await gather();
  die();
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

const server = createServer((socket) => {
  let request = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    request += text;
    const [head = '', body = ''] = request.split(/\r\n\r\n(.*)/s);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? '0');
    if (request.includes('\r\n\r\n') && Buffer.byteLength(body) >= length) void serve(socket, head, body);
  });
  socket.on('error', () => undefined);
});

let served = 0;

async function serve(socket: Socket, head: string, body: string): Promise<void> {
  await at('received');
  const [first = '', ...lines] = head.split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const [path = '', query = ''] = target.split('?');
  const { [RUN_HEADER]: run = '', ...headers } = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const event = {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: query,
    headers,
    ...(headers['cookie'] !== undefined && { cookies: headers['cookie'].split('; ') }),
    requestContext: { http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'kill' } },
    isBase64Encoded: false,
    body,
  } as unknown as APIGatewayProxyEventV2;
  const context = { awsRequestId: run, getRemainingTimeInMillis: () => 20_000 } as unknown as Context;
  const answer = (await handler(event, context, undefined as never)) as APIGatewayProxyStructuredResultV2;
  if (orders.point !== undefined && !ANSWERED.includes(orders.point)) {
    process.stderr.write(`${run} was answered ${answer.statusCode}: ${answer.body}\n`, () => process.exit(1));
  }
  const text = [
    `HTTP/1.1 ${answer.statusCode} x`,
    ...Object.entries(answer.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
    '',
    answer.body ?? '',
  ].join('\r\n');
  const half = orders.point === 'response half written' ? Math.floor(text.length / 2) : text.length;
  socket.write(text.slice(0, half), async () => {
    // What was handed to the system leaves, also when this process is gone.
    await at('response half written');
    await at('response done');
    socket.end();
    served += 1;
    if (served === orders.together) server.close();
  });
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
