import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stack, startStack } from '../../dev/stack.ts';
import { accessibilityProblems } from './support/accessibility.ts';
import { findChromium, launchChromium } from './support/chromium.ts';

/**
 * The pages on which a person lets an AWS tool act for them, in a real Chromium: its rules of where a form may lead are
 * what decides whether the answer reaches the tool.
 */

const executable = findChromium();
const PICTURES = process.env['DAYPASS_SCREENSHOTS'];

describe.skipIf(executable === undefined)('An AWS tool, approved in Chromium', () => {
  let stack: Stack;
  let browser: Browser;
  let directory: string;
  let listener: Server;
  let redirect: string;
  const answers: URL[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daypass-e2e-'));
    stack = await startStack({ ports: 'free', inMemory: true, directory, rateLimitPerMinute: 10_000 });
    browser = await launchChromium(executable ?? '');
    listener = createServer((request, response) => {
      const url = new URL(request.url ?? '', redirect);
      // A browser also asks for an icon.
      if (url.pathname === '/oauth/callback') answers.push(url);
      response.end('<!doctype html><title>tool</title><p id="tool">back at the tool</p>');
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    redirect = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/oauth/callback`;
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    listener?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const post = async (path: string, body: object) => {
    const response = await fetch(`${stack.local.broker}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, string>;
  };
  const register = () =>
    post('/client/register', {
      clientName: 'botocore-client-laptop',
      clientType: 'public',
      scopes: ['sso:account:access'],
      redirectUris: ['http://127.0.0.1/oauth/callback'],
      grantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    });
  const pkce = () => {
    const verifier = randomBytes(48).toString('base64url');
    return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
  };
  const authorize = ({ clientId = '' }: Record<string, string>, challenge: string) =>
    `/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirect,
      state: 'e2e',
      code_challenge_method: 'S256',
      scopes: 'sso:account:access',
      code_challenge: challenge,
    })}`;
  const login = (challenge: string) =>
    `/v1/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: 'arn:aws:signin:::devtools/same-device',
      state: 'e2e',
      code_challenge_method: 'SHA-256',
      scope: 'openid',
      redirect_uri: redirect,
      code_challenge: challenge,
    })}`;

  /** A page of the broker, in a new browser that signs in as dev on the way. */
  async function open(path: string, looks: object = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...looks });
    const page = await context.newPage();
    await page.goto(`${stack.local.broker}${path}`);
    await page.click('button[value="dev"]');
    await page.waitForURL((url) => url.origin === stack.local.broker);
    return page;
  }

  test.each([true, false])('by aws sso login: the answer reaches it (script: %s)', async (javaScriptEnabled) => {
    const tool = await register();
    const { verifier, challenge } = pkce();
    const page = await open(authorize(tool, challenge), { javaScriptEnabled });
    await page.click('text=Sign it in');
    await page.waitForSelector('#tool');
    const code = answers.at(-1)?.searchParams.get('code');
    const tokens = await post('/token', {
      clientId: tool['clientId'],
      clientSecret: tool['clientSecret'],
      grantType: 'authorization_code',
      code,
      redirectUri: redirect,
      codeVerifier: verifier,
    });
    expect(tokens['accessToken']).toMatch(/^dpa_/);
    await page.context().close();
  });

  test('by aws login: the role is chosen by keyboard alone', async () => {
    const page = await open(login(pkce().challenge));
    await page.focus('#role');
    await page.keyboard.type('Production: R');
    expect(await page.inputValue('#role')).toBe('prod/ReadOnly');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#tool');
    expect(answers.at(-1)?.searchParams.get('code')).toMatch(/^[\w-]{43}$/);
    await page.context().close();
  });

  test('denied: the tool hears of it', async () => {
    const page = await open(authorize(await register(), pkce().challenge));
    await page.click('text=Deny');
    await page.waitForSelector('#tool');
    expect(answers.at(-1)?.searchParams.get('error')).toBe('access_denied');
    await page.context().close();
  });

  test('by a code that is typed', async () => {
    const tool = await register();
    const { clientId, clientSecret } = tool;
    const device = await post('/device_authorization', { clientId, clientSecret, startUrl: 'x' });
    const page = await open('/device');
    await page.fill('#code', device['userCode'] ?? '');
    await page.keyboard.press('Enter');
    await page.click('text=Sign it in');
    await page.waitForSelector('text=The device is signed in');
    const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
    const tokens = await post('/token', { clientId, clientSecret, grantType, deviceCode: device['deviceCode'] });
    expect(tokens['accessToken']).toMatch(/^dpa_/);
    await page.context().close();
  });

  test.each(['light', 'dark'] as const)(
    'axe finds nothing wrong on its pages, %s, on a desk and on a phone',
    async (colorScheme) => {
      const found: string[] = [];
      for (const [size, viewport] of [
        ['desk', { width: 1200, height: 800 }],
        ['phone', { width: 390, height: 800 }],
      ] as const) {
        const tool = await register();
        const page = await open(authorize(tool, pkce().challenge), { colorScheme, viewport });
        const look = async (name: string): Promise<void> => {
          for (const problem of await accessibilityProblems(page)) found.push(`${name} (${size}): ${problem}`);
          const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
          if (overflow > 0) found.push(`${name} (${size}): ${overflow} pixels too wide`);
          // Those that the documents show.
          if (PICTURES !== undefined && name === 'authorize' && size === 'desk') {
            await page.screenshot({
              path: join(PICTURES, `tools-authorize-${colorScheme}.png`),
              clip: { x: 0, y: 0, width: 1200, height: 440 },
            });
          }
        };
        await look('authorize');
        await page.goto(`${stack.local.broker}${login(pkce().challenge)}`);
        await look('login');
        await page.goto(`${stack.local.broker}/device`);
        await look('device-code');
        const { clientId, clientSecret } = tool;
        const device = await post('/device_authorization', { clientId, clientSecret, startUrl: 'x' });
        await page.fill('#code', device['userCode'] ?? '');
        await page.click('text=Go on');
        await page.waitForSelector('text=Asked from');
        await look('device');
        await page.click('text=Deny');
        await page.waitForSelector('text=Nothing was signed in');
        await look('denied');
        await page.context().close();
      }
      expect(found).toEqual([]);
    },
  );
});
