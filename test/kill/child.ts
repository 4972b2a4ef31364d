import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { everyWayIn } from '../../functions/credentials.ts';
import { composeIssuingBroker, forBrowsers } from '../../lib/compose.ts';
import type { Orders, Point } from './points.ts';

/**
 * The credentials function as it is deployed, on a socket, in a process that kills itself (SIGKILL: nothing of it can
 * run any more) at the point it is told. The points are in what surrounds the product: the transport of the AWS SDK, the
 * fetch to AWS's sign-in endpoint, and the socket.
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
const handler = everyWayIn(broker, forBrowsers(broker, process.env));

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
async function carry(request: SdkRequest): Promise<unknown> {
  const text = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body);
  const target = request.headers['x-amz-target'] ?? '';
  const isPut = target.endsWith('.PutItem');
  if (target.endsWith('.UpdateItem') && text.includes('rate#')) await at('verified');
  if (isPut && text.includes('#intent')) {
    await at('decided');
    if (orders.broken === 'intent is not written') return response(200, {}, '{}');
    return under('intent sent', 'intent acked', () => forward(request, text));
  }
  if (isPut && text.includes('#outcome')) {
    if (!text.includes('issued')) await at('decided');
    if (orders.broken === 'outcome is not written') return response(200, {}, '{}');
    return under('outcome sent', 'outcome acked', () => forward(request, text));
  }
  if (text.includes('Action=AssumeRole')) return under('sts sent', 'sts acked', () => forward(request, text));
  return forward(request, text);
}

/** The identity provider's keys come from the orders; everything else is really asked. */
async function reach(input: string | URL, init?: RequestInit): Promise<Response> {
  const url = String(input);
  if (url === `${orders.issuer}/.well-known/openid-configuration`) {
    return Response.json({ issuer: orders.issuer, jwks_uri: `${orders.issuer}/jwks` });
  }
  if (url === `${orders.issuer}/jwks`) return Response.json(orders.jwks);
  return under('console sent', 'console acked', () => fetch(url, init));
}

async function forward(
  { method, protocol, hostname, port, path, headers }: SdkRequest,
  body: string,
): Promise<unknown> {
  const { 'content-length': _, host: __, ...rest } = headers;
  const answer = await fetch(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`, {
    method,
    headers: rest,
    body,
  });
  return response(answer.status, Object.fromEntries(answer.headers), await answer.text());
}

function response(statusCode: number, headers: Record<string, string>, body: string): unknown {
  return { response: { statusCode, headers, body: Readable.from([Buffer.from(body)]) } };
}

async function under<T>(sent: Point, acked: Point, work: () => Promise<T>): Promise<T> {
  const done = work();
  if (orders.point === sent) {
    // Whatever becomes of it, this process does not live to see it.
    done.catch(() => undefined);
    await sleep(orders.afterMs);
    await die();
  }
  const result = await done;
  await at(acked);
  return result;
}

async function at(point: Point): Promise<void> {
  if (orders.point === point) await die();
}

async function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
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

async function serve(socket: Socket, head: string, body: string): Promise<void> {
  await at('received');
  const [first = '', ...lines] = head.split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const event = {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers,
    ...(headers['cookie'] !== undefined && { cookies: headers['cookie'].split('; ') }),
    requestContext: { http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'kill' } },
    isBase64Encoded: false,
    body,
  } as unknown as APIGatewayProxyEventV2;
  const context = { awsRequestId: orders.run, getRemainingTimeInMillis: () => 20_000 } as unknown as Context;
  const answer = (await handler(event, context, undefined as never)) as APIGatewayProxyStructuredResultV2;
  const text = [
    `HTTP/1.1 ${answer.statusCode} x`,
    ...Object.entries(answer.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
    '',
    answer.body ?? '',
  ].join('\r\n');
  const half = orders.point === 'response half written' ? Math.floor(text.length / 2) : text.length;
  socket.write(text.slice(0, half), () => {
    // What was handed to the system leaves, also when this process is gone.
    if (orders.point === 'response half written' || orders.point === 'response done') void die();
    socket.end();
    server.close();
  });
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
