import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A port of the local stack is in use. The message names the port and the variable that moves all of them. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  readonly port: number;

  constructor(port: number) {
    super(`port ${port} is taken; set DAYPASS_PORT to the first of five free ports in a row, such as ${port + 1000}`);
    this.port = port;
  }
}

export interface Listening {
  readonly port: number;
  readonly url: string;
}

/**
 * Listens on loopback.
 *
 * @param port 0 for any free one
 * @throws PortTakenError
 */
export async function listen(server: Server, port: number, host = '127.0.0.1'): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(port) : error);
    });
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return { port: bound, url: `http://${host}:${bound}` };
}

/** Stops listening and cuts what is still open. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
