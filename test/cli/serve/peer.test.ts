import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { peerUser } from '../../../cli/serve/peer.ts';

const directory = mkdtempSync(join(tmpdir(), 'daypass-peer-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const HEADING = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
let files = 0;
/** @param rows `local remote uid` */
function table(...rows: readonly string[]): string {
  const file = join(directory, String(files++));
  const lines = rows.map((row, index) => {
    const [local, remote, user] = row.split(' ');
    return `   ${index}: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000  ${user}        0 4711 1 0000 20 4 30 10 -1\n`;
  });
  writeFileSync(file, HEADING + lines.join(''));
  return file;
}

// 4711 is 1267 in hexadecimal, 50000 is C350.
const CONNECTION = { remotePort: 50_000, localPort: 4711 };

describe('Whose a connection is', () => {
  it('stands in the row of the other end, not in our own', () => {
    const file = table('0100007F:1267 0100007F:C350 0', '0100007F:C350 0100007F:1267 1000');
    expect(peerUser(CONNECTION, [file])).toBe(1000);
  });

  it('stands in the table of IPv6 for a program that speaks both', () => {
    const mapped = '0000000000000000FFFF00000100007F';
    const file = table(`${mapped}:C350 ${mapped}:1267 1001`);
    expect(peerUser(CONNECTION, [table(), file])).toBe(1001);
  });

  it('is read in either order of bytes', () => {
    expect(peerUser(CONNECTION, [table('7F000001:C350 7F000001:1267 1002')])).toBe(1002);
  });

  test.each([
    ['another port', '0100007F:C351 0100007F:1267 1000'],
    ['another server', '0100007F:C350 0100007F:1268 1000'],
    ['the same port of another address', '0200000A:C350 0100007F:1267 1000'],
    ['the other direction', '0100007F:1267 0100007F:C350 1000'],
    ['nonsense', 'x y z'],
  ])('is not known from a row of %s', (_, row) => expect(peerUser(CONNECTION, [table(row)])).toBeUndefined());

  it('is not known where there is no table', () => {
    expect(peerUser(CONNECTION, [join(directory, 'none')])).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is this user’s, of a real connection of this process', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect(port, '127.0.0.1');
    const { remotePort = 0 } = await accepted;
    expect(peerUser({ remotePort, localPort: port })).toBe(process.getuid?.());
    client.destroy();
    server.close();
  });
});
