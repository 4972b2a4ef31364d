import { readFileSync } from 'node:fs';

/** The two ends of a connection on this machine, as the server sees them. */
export interface Connection {
  readonly remotePort: number;
  readonly localPort: number;
}

/**
 * Whose the other end of a loopback connection is, by the kernel's table of connections.
 *
 * @param tables of `/proc/net`; IPv4 addresses stand in tcp6 for programs that speak both
 * @returns the user id; undefined where the system has no such table or the connection is not in it
 * @see https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 */
export function peerUser(connection: Connection, tables: readonly string[] = TABLES): number | undefined {
  for (const file of tables) {
    let text: string;
    try {
      text = readFileSync(file, 'latin1');
    } catch {
      continue;
    }
    const user = userIn(text, connection);
    if (user !== undefined) return user;
  }
  return undefined;
}

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;

/** 127.0.0.0/8 as the kernel writes it, in the machine's own order of bytes, by itself or within an IPv6 address. */
const LOOPBACK = /^((0000000000000000FFFF0000)?[0-9A-F]{6}7F|(00000000000000000000FFFF)?7F[0-9A-F]{6})$/;

/** `  sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout inode` */
function userIn(table: string, { remotePort, localPort }: Connection): number | undefined {
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', remote = '', , , , , user] = line.trim().split(/\s+/);
    if (isEnd(local, remotePort) && isEnd(remote, localPort)) return Number(user);
  }
  return undefined;
}

function isEnd(end: string, port: number): boolean {
  const [address = '', hex = ''] = end.split(':');
  return LOOPBACK.test(address) && Number.parseInt(hex, 16) === port;
}
