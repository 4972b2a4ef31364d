import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { startAws } from '../../dev/aws/server.ts';
import { closeServer, listen } from '../../dev/listen.ts';
import { freePorts, portsFromEnvironment } from '../../dev/ports.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await closeServer(server);
});

async function occupy(port: number): Promise<number> {
  const server = createServer();
  const listening = await listen(server, port);
  servers.push(server);
  return listening.port;
}

describe('ports', () => {
  it('are five in a row from DAYPASS_PORT', async () => {
    expect(await portsFromEnvironment({ DAYPASS_PORT: '28100' })).toEqual({
      broker: 28_100,
      idp: 28_101,
      aws: 28_102,
      dynamodb: 28_103,
      lambda: 28_104,
    });
  });

  it.each([0, 1, 2, 3, 4])(
    'when number %d is taken, the error names it and the variable that moves it',
    async (offset) => {
      const port = await occupy(28_200 + offset);
      await expect(portsFromEnvironment({ DAYPASS_PORT: '28200' })).rejects.toThrow(
        `port ${port} is taken; set DAYPASS_PORT to the first of five free ports in a row`,
      );
    },
  );

  it.each(['', 'x', '-1', '0', '65532', '4100.5', '1e3'])('refuse DAYPASS_PORT="%s"', async (text) => {
    await expect(portsFromEnvironment({ DAYPASS_PORT: text })).rejects.toThrow('DAYPASS_PORT must be a port number');
  });

  it('can be any free ones', async () => {
    const { broker, lambda } = await freePorts();
    expect(broker).not.toBe(lambda);
    expect(await occupy(broker)).toBe(broker);
  });

  it('of the AWS stand-in too say when they are taken', async () => {
    const port = await occupy(0);
    await expect(startAws({ port })).rejects.toThrow(`port ${port} is taken`);
  });
});
