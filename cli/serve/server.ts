import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorCode, Failure, reasonOf } from '../failure.ts';
import { type Answer, refusal } from './answer.ts';
import { answerContainer, CONTAINER_PATH, type ContainerParts } from './container.ts';
import { failureAnswer } from './failure.ts';
import { guard } from './guard.ts';
import type { Metadata } from './metadata.ts';
import { peerUser } from './peer.ts';

export interface ServerParts {
  readonly container: ContainerParts;
  /** Undefined where instance metadata is not served. */
  readonly metadata: Metadata | undefined;
  /** Hears of each request that was not answered with credentials or a token, and of what was thrown. */
  readonly refused: (answer: Answer, thrown?: unknown) => void;
}

export interface CredentialsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1 and nowhere else.
 *
 * @param port 0 for any that is free
 * @throws Failure `local` when it cannot
 */
export async function listen(port: number, parts: ServerParts): Promise<CredentialsServer> {
  const server = createServer((request, response) => {
    void respond(request, parts, (server.address() as AddressInfo).port).then((answer) => send(response, answer));
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  server.maxHeadersCount = 50;
  server.maxConnections = 200;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) => reject(cannotListen(port, thrown)));
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(request: IncomingMessage, parts: ServerParts, port: number): Promise<Answer> {
  try {
    const answer = await route(request, parts, port);
    if (answer.status >= 400) parts.refused(answer);
    return answer;
  } catch (thrown) {
    const answer = failureAnswer(thrown);
    parts.refused(answer, thrown);
    return answer;
  }
}

async function route(request: IncomingMessage, { container, metadata }: ServerParts, port: number): Promise<Answer> {
  const { method, url = '', rawHeaders, socket } = request;
  const head = { method, url, rawHeaders, remoteAddress: socket.remoteAddress };
  const refused = guard(head, port);
  if (refused !== undefined) return refused;
  const path = url.replace(/\?.*/s, '');
  if (path.startsWith(CONTAINER_PATH)) return answerContainer(head, path, container);
  if (metadata === undefined || !path.startsWith('/latest/')) return refusal(404, 'NotFound', 'there is nothing here');
  return belongsToSomebodyElse(socket.remotePort, port)
    ? refusal(403, 'OtherUser', 'instance metadata is served to programs of the user who runs `daypass serve`')
    : metadata.answer(head, path);
}

/** Instance metadata has no password; where the system tells whose a connection is, that is one. */
function belongsToSomebodyElse(remotePort: number | undefined, localPort: number): boolean {
  if (remotePort === undefined || process.getuid === undefined || process.platform !== 'linux') return false;
  return peerUser({ remotePort, localPort }) !== process.getuid();
}

function send(response: ServerResponse, { status, type, body, headers = {} }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}

function cannotListen(port: number, thrown: unknown): Failure {
  if (errorCode(thrown) === 'EADDRINUSE') {
    return new Failure('local', `port ${port} is taken`, { hint: 'another --port, or none for any that is free' });
  }
  if (errorCode(thrown) === 'EACCES') {
    return new Failure('local', `port ${port} needs rights that you do not have`, { hint: 'choose one above 1023' });
  }
  return new Failure('local', `cannot listen on port ${port} (${reasonOf(thrown)})`, { cause: thrown });
}
