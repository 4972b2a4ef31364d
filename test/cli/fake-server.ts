import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Reply = { status?: number; headers?: Record<string, string>; json?: unknown; text?: string; cut?: boolean };

/** An HTTP server on a free loopback port that remembers what it was asked. */
export class FakeServer {
  readonly seen: Seen[] = [];
  readonly url: string;
  readonly #server: Server;
  respond: (request: Seen) => Reply | Promise<Reply>;

  private constructor(server: Server, respond: (request: Seen) => Reply | Promise<Reply>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.respond = respond;
  }

  static async listen(respond: (request: Seen) => Reply | Promise<Reply>): Promise<FakeServer> {
    const server = createServer((request, response) => void self.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const self: FakeServer = new FakeServer(server, respond);
    return self;
  }

  /** How often `METHOD /path` was asked. */
  count(method: string, path: string): number {
    return this.seen.filter((request) => request.method === method && request.path === path).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const url = new URL(request.url ?? '/', this.url);
    const seen: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      authorization: request.headers.authorization,
      headers: request.headers,
      body,
    };
    this.seen.push(seen);
    const reply = await this.respond(seen);
    if (reply.cut === true) return void request.socket.destroy();
    const type = reply.json === undefined ? 'text/plain' : 'application/json';
    response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers });
    response.end(reply.json === undefined ? (reply.text ?? '') : JSON.stringify(reply.json));
  }
}
