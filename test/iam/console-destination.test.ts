import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARTITIONS, type PartitionName } from '../../lib/iam/arn.ts';
import { readConsoleDestination } from '../../lib/iam/console-destination.ts';

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

  const HOST = 'console.aws.amazon.com';
  const HOSTILE = [
    'http://console.aws.amazon.com/',
    '//console.aws.amazon.com/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'HTTPS://console.aws.amazon.com/',
    'https:console.aws.amazon.com',
    'https:/console.aws.amazon.com/',
    'https:///console.aws.amazon.com/',
    'https://',
    'https://evil.example/',
    'https://evil.example/console.aws.amazon.com',
    'https://evil.example?console.aws.amazon.com',
    'https://evil.example#console.aws.amazon.com',
    'https://evil.example\\@console.aws.amazon.com/',
    'https://console.aws.amazon.com\\@evil.example/',
    'https://console.aws.amazon.com@evil.example/',
    'https://user@console.aws.amazon.com/',
    'https://user:pass@console.aws.amazon.com/',
    'https://@console.aws.amazon.com/',
    'https://console.aws.amazon.com:443/',
    'https://console.aws.amazon.com:8443/',
    'https://console.aws.amazon.com./',
    'https://console.aws.amazon.com.evil.example/',
    'https://console.aws.amazon.com%2eevil.example/',
    'https://console.aws.amazon.com%2f.evil.example/',
    'https://evilconsole.aws.amazon.com/',
    'https://-.console.aws.amazon.com/',
    'https://a--.console.aws.amazon.com/',
    'https://a.b.c.console.aws.amazon.com/',
    'https://.console.aws.amazon.com/',
    'https://xn--console-9za.aws.amazon.com/',
    'https://cоnsole.aws.amazon.com/',
    'https://console.aws.amazon。com/',
    'https://console.aws.amazon.com／evil.example',
    'https://CONSOLE.aws.amazon.com/',
    'https://console.aws.amazon.com/\u0000',
    'https://console.aws.amazon.com/\r\nSet-Cookie:x=1',
    'https://console.aws.amazon.com/ x',
    'https://console.aws.amazon.com/\t',
    'https://console.aws.amazon.com/"onload=x',
    'https://console.aws.amazon.com/<script>',
    'https://con\nsole.aws.amazon.com/',
    '\u0001https://console.aws.amazon.com/',
    ' https://console.aws.amazon.com/',
    'https://console.amazonaws.cn/',
    'https://console.amazonaws-us-gov.com/',
    'https://signin.aws.amazon.com/federation',
    'https://aws.amazon.com/',
    'https://amazon.com/',
    'https://[::1]/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'EC2',
    'ec2/home',
    'ec2?x',
    'ec2#x',
    '../x',
    'ec2\n',
    '1ec2',
    'a'.repeat(64),
    `https://console.aws.amazon.com/${'a'.repeat(1100)}`,
  ];
  it.each(HOSTILE)('%j is refused', (text) => {
    expect(read(text).ok).toBe(false);
  });

  it('never leaves the partition’s console, in any of 20,000 generated ones', () => {
    const piece = fc.constantFrom(
      'https://',
      'http://',
      '//',
      '/',
      '\\',
      '@',
      ':',
      '#',
      '?',
      '%2f',
      '%40',
      '%00',
      '\t',
      '\n',
      '.',
      HOST,
      `eu-central-1.${HOST}`,
      'evil.example',
      '.evil.example',
      'ec2',
      'console.amazonaws.cn',
      '。',
      'ⓔvil.example',
      '[::1]',
    );
    const written = fc.array(piece, { minLength: 1, maxLength: 7 }).map((pieces) => pieces.join(''));
    const partition = fc.constantFrom<PartitionName>('aws', 'aws-cn', 'aws-us-gov');
    fc.assert(
      fc.property(fc.oneof(written, fc.string(), fc.webUrl()), partition, (text, name) => {
        const reading = read(text, name);
        if (!reading.ok) return;
        const { protocol, hostname, port, username, password } = new URL(reading.url);
        const { consoleHost } = PARTITIONS[name];
        expect([protocol, port, username, password]).toEqual(['https:', '', '', '']);
        expect(hostname === consoleHost || hostname.endsWith(`.${consoleHost}`)).toBe(true);
        // A reader that ends the host at the first of these sees the same one.
        expect(reading.url.split(/[/\\?#@:]/)[3]).toBe(hostname);
        expect(reading.url).toMatch(/^[\x21-\x7e]+$/);
      }),
      { numRuns: 20_000 },
    );
  });
});
