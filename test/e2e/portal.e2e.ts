import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Stack, startStack } from '../../dev/stack.ts';
import { idTokenFor } from '../../dev/token.ts';
import { Cli } from '../cli/harness.ts';
import { accessibilityProblems } from './support/accessibility.ts';
import { findChromium, launchChromium } from './support/chromium.ts';

/** The portal in a real Chromium, on the whole local stack: identity provider, gateway, table, AWS stand-in. */

const executable = findChromium();

/** Where pictures for the documents go; nowhere unless `DAYPASS_SCREENSHOTS` says so. */
const PICTURES = process.env['DAYPASS_SCREENSHOTS'];

/** Those that the documents show. */
const PICTURED: ReadonlySet<string> = new Set([
  'portal-home-desk-light',
  'portal-home-desk-dark',
  'portal-role-desk-light',
  'portal-role-desk-dark',
  'portal-role-phone-dark',
  'portal-sessions-desk-light',
]);

const HIDE_SECRETS = `
  for (const field of document.querySelectorAll('textarea')) {
    field.value = field.value.replaceAll(/[A-Za-z0-9+/=]{25,}/g, '…');
  }
`;

describe.skipIf(executable === undefined)('The portal in Chromium', () => {
  let stack: Stack;
  let browser: Browser;
  let directory: string;
  let context: BrowserContext | undefined;
  const foreign: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daypass-e2e-'));
    stack = await startStack({ ports: 'free', inMemory: true, directory, rateLimitPerMinute: 10_000 });
    browser = await launchChromium(executable ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await rm(directory, { recursive: true, force: true });
  });
  afterEach(async () => {
    await context?.close();
    context = undefined;
  });

  interface Looks {
    readonly colorScheme?: 'light' | 'dark';
    readonly javaScriptEnabled?: boolean;
    readonly viewport?: { readonly width: number; readonly height: number };
  }

  async function open(looks: Looks = {}): Promise<Page> {
    context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...looks });
    await context.grantPermissions(['clipboard-write'], { origin: stack.local.broker });
    const page = await context.newPage();
    page.on('request', (request) => {
      const { origin } = new URL(request.url());
      if (![stack.local.broker, stack.local.issuer, stack.local.aws].includes(origin)) foreign.push(request.url());
    });
    return page;
  }

  /** Chooses the person at the identity provider, wherever the page was on its way to. */
  async function choose(page: Page, user: string): Promise<void> {
    await page.click(`button[value="${user}"]`);
    await page.waitForURL((url) => url.origin === stack.local.broker);
  }

  async function signedIn(user = 'dev', looks: Looks = {}, path = '/'): Promise<Page> {
    const page = await open(looks);
    await page.goto(`${stack.local.broker}${path}`);
    await choose(page, user);
    return page;
  }

  const read = async (page: Page, selector: string): Promise<string> => (await page.textContent(selector)) ?? '';
  const heading = (page: Page) => read(page, 'h1');

  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined || !PICTURED.has(name)) return;
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  test('somebody who opens a page signs in and is there', async () => {
    const page = await signedIn('dev', {}, '/roles/prod/ReadOnly');
    expect(new URL(page.url()).pathname).toBe('/roles/prod/ReadOnly');
    expect(await heading(page)).toBe('ReadOnly');
    const cookies = await context?.cookies(stack.local.broker);
    const session = cookies?.find(({ name }) => name === '__Host-daypass');
    expect(session).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax', path: '/' });
  });

  test('roles are searched as one types, and the rest comes back', async () => {
    const page = await signedIn();
    const shown = () => page.locator('.roles li:visible b').allTextContents();
    expect(await shown()).toEqual(['Developer', 'ReadOnly', 'TeamData']);
    await page.fill('input[type=search]', 'prod look');
    expect(await shown()).toEqual(['ReadOnly']);
    expect(await read(page, '#live')).toBe('1 role');
    await page.fill('input[type=search]', '');
    expect(await shown()).toHaveLength(3);
  });

  test('the console opens as the right person, role and session, and its address stays nowhere', async () => {
    const page = await signedIn();
    const seen: string[] = [];
    page.on('response', (response) => {
      if (response.url().includes('SigninToken')) seen.push(response.url());
    });
    await page.click('text=ReadOnly');
    await page.selectOption('#service', 'ec2');
    await page.click('text=Open console');
    await page.waitForURL((url) => url.origin === stack.local.aws);
    expect(await read(page, '#account')).toBe('222222222222');
    expect(await read(page, '#role')).toBe('ReadOnly');
    expect(await read(page, '#source-identity')).toBe('dev@example.com');
    expect(await read(page, '#destination')).toBe('https://console.aws.amazon.com/ec2/home?region=eu-central-1');
    const [sessionId = ''] = (await read(page, '#session')).split('-');
    expect(page.url()).not.toContain('SigninToken');
    expect(await page.evaluate('document.referrer')).toBe('');
    await page.goBack();
    await page.goForward();
    expect(page.url()).not.toContain('SigninToken');
    await page.goto(`${stack.local.broker}/sessions`);
    expect(await read(page, 'table')).toContain(sessionId);
    // Whoever finds the address later is not let in.
    expect(seen).toHaveLength(1);
    const again = await page.goto(seen[0] ?? '');
    expect(again?.status()).toBe(400);
    expect(stack.gateway.output()).not.toContain('SigninToken');
  });

  test('daypass console opens it from a terminal, by an address that works once', async () => {
    const cli = await Cli.build();
    const { broker, issuer, clientId } = stack.local;
    const token = await idTokenFor({ issuer, clientId, user: 'dev' });
    const environment = { DAYPASS_URL: broker, DAYPASS_TOKEN: token };
    const running = cli.start(['console', 'prod/ReadOnly', '--browser', 'false'], environment);
    const [, address = ''] = await running.stderr(/open (http:\S+) in a browser on this machine/);
    context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(address);
    expect(new URL(page.url()).origin).toBe(stack.local.aws);
    expect(page.url()).not.toContain('SigninToken');
    expect(await read(page, '#source-identity')).toBe('dev@example.com');
    const { code, stderr } = await running.finished;
    expect([code, stderr]).toEqual([0, expect.stringContaining((await read(page, '#session')).slice(0, 26))]);
    await expect(page.goto(address)).rejects.toThrow('ERR_CONNECTION_REFUSED');
    cli.remove();
  });

  test('credentials are copied, and work', async () => {
    const page = await signedIn();
    await page.click('text=Developer');
    await page.click('text=Show credentials');
    await page.click('button[data-copy=sh]');
    await page.waitForFunction("document.getElementById('live').textContent !== ''");
    expect(await read(page, '#live')).toBe('Copied for Bash, Zsh, sh.');
    await page.goto(`${stack.local.broker}/`);
    await page.focus('input[type=search]');
    await page.keyboard.press('Control+V');
    expect(await page.inputValue('input[type=search]')).toMatch(/^export AWS_ACCESS_KEY_ID='ASIA/);
    expect(await read(page, 'main')).toContain('Recent');
  });

  test('a favourite stays', async () => {
    const page = await signedIn();
    await page.click('text=TeamData');
    await page.click('text=Add to favourites');
    await page.click('text=All roles');
    expect(await read(page, '.quick')).toMatch(/Favourites\s*TeamData/);
    await page.click('.quick >> text=TeamData');
    await page.click('text=Remove from favourites');
    await page.click('text=All roles');
    expect(await read(page, 'main')).not.toContain('Favourites');
  });

  test('somebody without roles is told whom to ask, and gets none by its address', async () => {
    const page = await signedIn('outsider');
    expect(await read(page, 'main')).toContain('No grant of the access policy is for you');
    const answer = await page.goto(`${stack.local.broker}/roles/prod/Admin`);
    expect(answer?.status()).toBe(404);
  });

  test('an auditor reads the log with filters; nobody else does', async () => {
    const page = await signedIn('auditor');
    await page.click('text=Audit log');
    await page.fill('#caller', 'outsider@example.com');
    await page.click('text=Search');
    await page.locator('summary').first().click();
    expect(await read(page, 'pre')).toContain('"username": "outsider@example.com"');
    await context?.close();
    const other = await signedIn('dev');
    expect(await other.locator('text=Audit log').count()).toBe(0);
    expect((await other.goto(`${stack.local.broker}/audit`))?.status()).toBe(403);
  });

  test('signing out ends it here, and leads to the identity provider’s own sign-out', async () => {
    const page = await signedIn();
    const session = (await context?.cookies(stack.local.broker))?.find(({ name }) => name === '__Host-daypass');
    await page.click('text=Sign out');
    await page.waitForURL((url) => url.origin === stack.local.issuer);
    const before = await fetch(stack.local.broker, {
      redirect: 'manual',
      headers: { cookie: `__Host-daypass=${session?.value}` },
    });
    expect([before.status, before.headers.get('location')]).toEqual([303, '/sign-in']);
    await page.click('button >> nth=0');
    await page.waitForURL(`${stack.local.broker}/signed-out**`);
    expect(await heading(page)).toBe('You are signed out');
  });

  test('a session that has ended leads to signing in, and back to where one was', async () => {
    const page = await signedIn();
    await context?.clearCookies({ name: '__Host-daypass' });
    await page.goto(`${stack.local.broker}/sessions`);
    await choose(page, 'dev');
    expect(await heading(page)).toBe('My sessions');
    await page.goto(`${stack.local.broker}/roles/prod/ReadOnly`);
    await context?.clearCookies({ name: '__Host-daypass' });
    await page.click('text=Open console');
    expect(await heading(page)).toBe('Not signed in');
    expect(stack.aws.calls.list().filter(({ action }) => action === 'AssumeRole').length).toBeGreaterThan(0);
  });

  test('all of it works by keyboard alone', async () => {
    const page = await open();
    await page.goto(stack.local.broker);
    await page.focus('button[value="dev"]');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.origin === stack.local.broker);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await tabTo(page, 'ReadOnly');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/roles/prod/ReadOnly');
    await tabTo(page, 'Open console');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.origin === stack.local.aws);
    expect(await read(page, '#role')).toBe('ReadOnly');
    await page.goto(`${stack.local.broker}/roles/prod/ReadOnly`);
    await tabTo(page, 'Show credentials');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/credentials');
    await tabTo(page, 'Copy');
    await page.keyboard.press('Enter');
    await page.waitForFunction("document.getElementById('live').textContent !== ''");
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.origin === stack.local.issuer);
  });

  /** Presses Tab until something that begins with the text has the focus, which has to show. */
  async function tabTo(page: Page, text: string): Promise<void> {
    await page.evaluate('document.activeElement.blur()');
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const [focused, outline] = (await page.evaluate(
        '[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]',
      )) as [string, string];
      if (!focused.startsWith(text)) continue;
      expect(outline).not.toBe('none');
      return;
    }
    throw new Error(`nothing that begins with "${text}" can be reached by Tab`);
  }

  test('all of it works without script', async () => {
    const page = await signedIn('dev', { javaScriptEnabled: false });
    await page.fill('input[type=search]', 'developer');
    await page.click('text=Search');
    expect(await page.locator('.roles li').allTextContents()).toHaveLength(1);
    await page.click('text=Developer');
    expect(await page.locator('button:visible', { hasText: 'Copy' }).count()).toBe(0);
    await page.click('text=Show credentials');
    expect(await page.inputValue('#sh')).toMatch(/^export AWS_ACCESS_KEY_ID=/);
    await page.click('text=Back to the role');
    await page.click('text=Open console');
    expect(await read(page, '#role')).toBe('Developer');
    await page.goto(`${stack.local.broker}/sessions`);
    await page.click('text=Sign out');
    await page.waitForURL((url) => url.origin === stack.local.issuer);
  });

  describe.each(['light', 'dark'] as const)('every page, %s,', (colorScheme) => {
    test('has nothing that axe finds wrong, on a desk and on a phone', async () => {
      const found: string[] = [];
      for (const [size, viewport] of [
        ['desk', { width: 1200, height: 800 }],
        ['phone', { width: 390, height: 800 }],
      ] as const) {
        const look = async (page: Page, name: string): Promise<void> => {
          for (const problem of await accessibilityProblems(page)) found.push(`${name} (${size}): ${problem}`);
          const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
          if (overflow > 0) found.push(`${name} (${size}): ${overflow} pixels too wide`);
          await picture(page, `portal-${name}-${size}-${colorScheme}`);
        };
        const page = await signedIn('dev', { colorScheme, viewport });
        await look(page, 'home');
        await page.click('text=ReadOnly');
        await look(page, 'role');
        await page.click('text=Show credentials');
        // The picture goes into documents, where even a dead secret is none to show.
        await page.evaluate(HIDE_SECRETS);
        await look(page, 'credentials');
        await page.goto(`${stack.local.broker}/sessions`);
        await look(page, 'sessions');
        await page.goto(`${stack.local.broker}/audit`);
        await look(page, 'denied');
        await page.click('text=Back to your roles');
        await page.click('text=Sign out');
        // The page that says so goes on to the identity provider by itself, whatever else is done meanwhile.
        await page.waitForURL((url) => url.origin === stack.local.issuer);
        await page.goto(`${stack.local.broker}/signed-out`);
        await look(page, 'signed-out');
        await context?.close();
        const auditor = await signedIn('auditor', { colorScheme, viewport }, '/audit');
        await look(auditor, 'audit');
        await auditor.goto(`${stack.local.broker}/`);
        await look(auditor, 'no-roles');
        await context?.close();
      }
      expect(found).toEqual([]);
    });
  });

  test('nothing was asked of any other host', () => {
    expect(foreign).toEqual([]);
  });
});
