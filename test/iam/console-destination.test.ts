import { spawnSync } from 'node:child_process';
import { parse as parseWithNode } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARTITIONS, type PartitionName } from '../../lib/iam/arn.ts';
import { readConsoleDestination } from '../../lib/iam/console-destination.ts';
import { CONSOLE_ADDRESSES, HOSTILE_DESTINATIONS } from '../support/hostile/destinations.ts';

// Node's old reader of URLs is deprecated because it disagrees with others, which is why it is asked here.
process.noDeprecation = true;

/** Scheme, user, host and port of each line, as JSON. */
const URLSPLIT = `
import json, sys
from urllib.parse import urlsplit
for line in sys.stdin:
    parts = urlsplit(json.loads(line))
    print(json.dumps([parts.scheme, parts.username, parts.hostname, parts.port]))
`;

const PYTHON = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);

/** A sign-in to the console leads to AWS's own pages and nowhere else, however the destination is written. */

const read = (text: string | undefined, partition: PartitionName = 'aws', region = 'eu-central-1') =>
  readConsoleDestination(text, partition, region);

describe('A destination', () => {
  it.each<readonly [string | undefined, PartitionName, string, string]>([
    [undefined, 'aws', 'eu-central-1', 'https://console.aws.amazon.com/console/home?region=eu-central-1'],
    ['', 'aws', 'eu-central-1', 'https://console.aws.amazon.com/console/home?region=eu-central-1'],
    ['ec2', 'aws', 'us-east-1', 'https://console.aws.amazon.com/ec2/home?region=us-east-1'],
    [
      'systems-manager',
      'aws-us-gov',
      'us-gov-west-1',
      'https://console.amazonaws-us-gov.com/systems-manager/home?region=us-gov-west-1',
    ],
    ['s3', 'aws-cn', 'cn-north-1', 'https://console.amazonaws.cn/s3/home?region=cn-north-1'],
    // A region of another partition says nothing here.
    ['s3', 'aws', 'cn-north-1', 'https://console.aws.amazon.com/s3/home'],
  ])('%s in %s is a page there', (text, partition, region, url) => {
    expect(read(text, partition, region)).toEqual({ ok: true, url });
  });

  it.each([
    'https://console.aws.amazon.com/',
    'https://console.aws.amazon.com/ec2/home?region=us-east-1#Instances:sort=desc',
    'https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups/log-group/$252Faws',
    'https://s3.console.aws.amazon.com/s3/buckets/a.b?prefix=x%2Fy',
    'https://000000000000-abcdefgh.eu-central-1.console.aws.amazon.com/iam/home',
  ])('%s is taken as it is', (url) => {
    expect(read(url)).toEqual({ ok: true, url });
  });

  it.each(Object.entries(CONSOLE_ADDRESSES))('of %s is taken there and nowhere else', (own, addresses) => {
    for (const partition of Object.keys(PARTITIONS) as PartitionName[]) {
      for (const url of addresses) {
        const refused = { ok: false, problem: `it is not of ${PARTITIONS[partition].consoleHost}` };
        expect(read(url, partition)).toEqual(partition === own ? { ok: true, url } : refused);
      }
    }
  });

  it('is refused in more than 200 hostile ways, in every partition', () => {
    expect(HOSTILE_DESTINATIONS.length).toBeGreaterThanOrEqual(200);
    for (const partition of Object.keys(PARTITIONS) as PartitionName[]) {
      const taken = HOSTILE_DESTINATIONS.filter((text) => read(text, partition).ok);
      expect(taken).toEqual([]);
    }
    expect(read(`https://console.aws.amazon.com/${'a'.repeat(1100)}`).ok).toBe(false);
  });

  /** What came out of hostile pieces put together at random. */
  const survivors: { readonly url: string; readonly partition: PartitionName }[] = [];

  it('never leaves the partition’s console, in any of 20,000 generated ones', () => {
    const written = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 7 }).map((all) => all.join(''));
    const near = fc
      .tuple(fc.constantFrom(...Object.values(CONSOLE_ADDRESSES).flat()), written)
      .map((two) => two.join(''));
    const any = fc.oneof(written, near, fc.string(), fc.webUrl(), fc.constantFrom(...HOSTILE_DESTINATIONS));
    const partitions = fc.constantFrom<PartitionName>('aws', 'aws-cn', 'aws-us-gov');
    fc.assert(
      fc.property(any, partitions, (text, partition) => {
        const reading = read(text, partition);
        if (!reading.ok) return;
        survivors.push({ url: reading.url, partition });
        expect(reading.url).toMatch(/^[\x21-\x7e]+$/);
        for (const reader of READERS) expectConsole(reader(reading.url), partition);
      }),
      { numRuns: 20_000 },
    );
    expect(survivors.length).toBeGreaterThan(500);
  });

  it.skipIf(PYTHON === undefined)('is the same to Python’s reader of URLs', () => {
    const input = survivors.map(({ url }) => `${JSON.stringify(url)}\n`).join('');
    const { stdout, status } = spawnSync(PYTHON ?? '', ['-c', URLSPLIT], { input, encoding: 'utf8', maxBuffer: 1e9 });
    expect(status).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(survivors.length);
    for (const [index, line] of lines.entries()) {
      const [scheme, user, host, port] = JSON.parse(line) as [string, string | null, string, number | null];
      expectConsole({ scheme, user: user ?? '', host, port: String(port ?? '') }, survivors[index]?.partition ?? 'aws');
    }
  });
});

const PIECES = [
  'https://',
  'http://',
  '//',
  '/',
  '\\',
  '@',
  ':',
  ':443',
  '#',
  '?',
  ';',
  '%2f',
  '%40',
  '%00',
  '\t',
  '\n',
  '.',
  'console.aws.amazon.com',
  'eu-central-1.console.aws.amazon.com',
  'health.aws.amazon.com',
  'evil.example',
  '.evil.example',
  'ec2',
  'home?region=eu-central-1',
  'console.amazonaws.cn',
  'console.amazonaws-us-gov.com',
  '。',
  'ⓔvil.example',
  '[::1]',
] as const;

interface Read {
  readonly scheme: string;
  readonly user: string;
  readonly host: string;
  readonly port: string;
}

/** Readers of URLs that do not agree on everything: WHATWG's, Node's old one, RFC 3986's expression, and a careless one. */
const READERS: readonly ((url: string) => Read)[] = [
  (url) => {
    const { protocol, username, password, hostname, port } = new URL(url);
    return { scheme: protocol.slice(0, -1), user: username + password, host: hostname, port };
  },
  (url) => {
    const { protocol, auth, hostname, port } = parseWithNode(url);
    return { scheme: protocol?.slice(0, -1) ?? '', user: auth ?? '', host: hostname ?? '', port: port ?? '' };
  },
  (url) => {
    // RFC 3986 appendix B.
    const [, , scheme = '', , authority = ''] = /^(([^:/?#]+):)?(\/\/([^/?#]*))?/.exec(url) ?? [];
    const [, user = '', host = '', port = ''] = /^(?:([^@]*)@)?([^:]*)(?::(.*))?$/.exec(authority) ?? [];
    return { scheme, user, host, port };
  },
  (url) => {
    const [, host = ''] = /^https:\/+([^/\\?#@:;&%]*)/.exec(url) ?? [];
    return { scheme: 'https', user: '', host, port: '' };
  },
];

function expectConsole(read: Read, partition: PartitionName): void {
  const { consoleHost, otherConsoleHosts } = PARTITIONS[partition];
  expect(read).toEqual({ scheme: 'https', user: '', host: read.host, port: '' });
  const isConsole = read.host === consoleHost || read.host.endsWith(`.${consoleHost}`);
  expect([read.host, isConsole || otherConsoleHosts.includes(read.host)]).toEqual([read.host, true]);
}
