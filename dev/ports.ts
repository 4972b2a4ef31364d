import { createServer } from 'node:http';
import { closeServer, listen } from './listen.ts';

/** The local stack's ports, in this order from the base. */
export interface Ports {
  readonly broker: number;
  readonly idp: number;
  readonly aws: number;
  readonly dynamodb: number;
  /** serverless-offline's Lambda endpoint; nothing uses it, it cannot be switched off. */
  readonly lambda: number;
}

const DEFAULT_BASE = 4100;

/**
 * Five ports from `DAYPASS_PORT`, by default 4100 to 4104, each found free just now.
 *
 * @throws PortTakenError, Error when `DAYPASS_PORT` is no port
 */
export async function portsFromEnvironment(environment: NodeJS.ProcessEnv): Promise<Ports> {
  const text = environment['DAYPASS_PORT'] ?? String(DEFAULT_BASE);
  const base = Number(text);
  if (!/^\d{1,5}$/.test(text) || base < 1 || base > 65_531) {
    throw new Error(`DAYPASS_PORT must be a port number from 1 to 65531, not "${text}"`);
  }
  const ports: Ports = { broker: base, idp: base + 1, aws: base + 2, dynamodb: base + 3, lambda: base + 4 };
  for (const port of Object.values(ports) as number[]) await release(port);
  return ports;
}

/** Free ports. IdP, AWS and DynamoDB choose their own on listening; the gateway's child process has to be told. */
export async function freePorts(): Promise<Ports> {
  const [broker, lambda] = await twoFree();
  return { broker, idp: 0, aws: 0, dynamodb: 0, lambda };
}

async function twoFree(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  // Both listen at once, so that they cannot get the same port.
  const [first, second] = await Promise.all([listen(servers[0], 0), listen(servers[1], 0)]);
  await Promise.all(servers.map(closeServer));
  return [first.port, second.port];
}

async function release(port: number): Promise<void> {
  const server = createServer();
  await listen(server, port);
  await closeServer(server);
}
