import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pagePolicy } from '../../lib/http/page-handler.ts';
import type { PartitionName } from '../../lib/iam/arn.ts';
import { signInOrigins } from '../../lib/sts/console.ts';
import { SELF_SIGNED } from '../cli/self-signed.ts';
import { findChromium, launchChromium } from './support/chromium.ts';

/**
 * Chromium holds each redirect of a form's answer against the page's `form-action`, and AWS sends a browser on several
 * times before a console is there. All hosts of AWS are this machine here.
 */

const executable = findChromium();

const PORTAL = 'daypass.example.com';

/** The hosts that a sign-in goes through, as AWS's documentation and sign-in pages show them. */
const WAYS: readonly (readonly [PartitionName, readonly string[]])[] = [
  [
    'aws',
    [
      'signin.aws.amazon.com',
      'us-east-1.signin.aws.amazon.com',
      'console.aws.amazon.com',
      'eu-central-1.signin.aws.amazon.com',
      'eu-central-1.console.aws.amazon.com',
      '000000000000-abcdefgh.eu-central-1.console.aws.amazon.com',
      'health.aws.amazon.com',
    ],
  ],
  [
    'aws-us-gov',
    [
      'signin.amazonaws-us-gov.com',
      'us-gov-west-1.signin.amazonaws-us-gov.com',
      'console.amazonaws-us-gov.com',
      'us-gov-west-1.console.amazonaws-us-gov.com',
    ],
  ],
  [
    'aws-cn',
    [
      'signin.amazonaws.cn',
      'cn-north-1.signin.amazonaws.cn',
      'console.amazonaws.cn',
      'cn-northwest-1.console.amazonaws.cn',
    ],
  ],
];

describe.skipIf(executable === undefined)('The redirects from a form to the console, in Chromium', () => {
  let server: Server;
  let browser: Browser;
  let way: readonly string[] = [];
  let policy = '';

  beforeAll(async () => {
    server = createServer(SELF_SIGNED, (request, response) => {
      const { host = '' } = request.headers;
      if (host === PORTAL && request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy });
        return void response.end('<form method="post"><button>Open console</button></form>');
      }
      const next = host === PORTAL ? way[0] : way[way.indexOf(host) + 1];
      response.writeHead(next === undefined ? 200 : 303, {
        'content-type': 'text/plain',
        ...(next !== undefined && { location: `https://${next}/` }),
      });
      response.end('arrived');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    browser = await launchChromium(executable ?? '', [
      `--host-resolver-rules=MAP * 127.0.0.1:${port}`,
      '--ignore-certificate-errors',
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** Where a page's form ends, going by way of these hosts. */
  async function endOf(hosts: readonly string[], formTargets: readonly string[]): Promise<string> {
    way = hosts;
    policy = pagePolicy({ formTargets });
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    const arrived = page.waitForURL(`https://${hosts.at(-1)}/`).then(() => page.textContent('body'));
    const refused = page
      .waitForEvent('console', (message) => message.text().includes('form-action'))
      .then(() => 'refused');
    await page.goto(`https://${PORTAL}/`);
    const end = Promise.any([arrived, refused]);
    await page.click('button');
    const said = await end;
    await page.close();
    await Promise.allSettled([arrived, refused]);
    return said ?? '';
  }

  test.each(WAYS)('arrive in %s', async (partition, hosts) => {
    expect(await endOf(hosts, signInOrigins(partition, undefined))).toBe('arrived');
  });

  test.each(['evil.example', 'signin.amazonaws.cn', 'aws.amazon.com', 'console.aws.amazon.com.evil.example'])(
    'do not lead to %s',
    async (elsewhere) => {
      expect(await endOf(['signin.aws.amazon.com', elsewhere], signInOrigins('aws', undefined))).toBe('refused');
    },
  );

  test('would end at the sign-in host if it alone were allowed', async () => {
    const hosts = ['signin.aws.amazon.com', 'console.aws.amazon.com'];
    expect(await endOf(hosts, ['https://signin.aws.amazon.com'])).toBe('refused');
  });
});
