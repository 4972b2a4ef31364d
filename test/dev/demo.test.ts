import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Demo, SeenSession } from '../../dev/demo/context.ts';
import { issued, refused } from '../../dev/demo/context.ts';
import { StepFailed } from '../../dev/demo/expect.ts';
import { maskAccessKeyId, SecretKeeper } from '../../dev/demo/mask.ts';
import { auditorReadsTrail } from '../../dev/demo/step/audit.ts';
import { Transcript } from '../../dev/demo/transcript.ts';
import { compilePolicy } from '../../lib/access/compile.ts';
import { VERSION } from '../../lib/version.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** 40 characters of base64 by themselves; `assumed-role/ReadOnly/<session id>` is as long, but follows a hyphen. */
const SECRET_ACCESS_KEY = /(?<![A-Za-z0-9/+=-])[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])/;
const SESSION_TOKEN = /[A-Za-z0-9/+=_-]{100}/;
const JWT = /eyJ/;
const WHOLE_ACCESS_KEY_ID = /(?:ASIA|AKIA)[A-Z2-7]{16}/;
const SECRETS = [SECRET_ACCESS_KEY, SESSION_TOKEN, JWT, WHOLE_ACCESS_KEY_ID];

describe('what counts as a secret here', () => {
  it.each([
    ['a secret access key', 'key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.', SECRET_ACCESS_KEY],
    ['a session token', `IQoJb3JpZ2luX2VjE${'Mx/+'.repeat(60)}==`, SESSION_TOKEN],
    ['a JWT', 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln', JWT],
    ['an access key id', 'ASIAIOSFODNN7EXAMPLE', WHOLE_ACCESS_KEY_ID],
  ])('%s is recognised', (_, text, pattern) => {
    expect(text).toMatch(pattern);
  });
});

/** Each brings a whole stack up, on a machine that may be busy with other tests. */
describe('npm run demo', { timeout: 180_000 }, () => {
  const children: ChildProcess[] = [];
  let temporary: string;
  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'daypass-demo-test-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(temporary, { recursive: true, force: true });
  });

  /** With a directory for temporary files of its own, so that what is left behind is seen. */
  function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const own = Object.entries(process.env).filter(([name]) => !/^(DAYPASS_|FORCE_COLOR$|NO_COLOR$)/.test(name));
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...Object.fromEntries(own), TMPDIR: temporary, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const text = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text.stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      text.stderr += chunk;
    });
    const exit = once(child, 'close').then(([code]) => code as number | null);
    return { child, text, exit };
  }

  async function expectNothingLeft(stdout: string): Promise<void> {
    expect((await readdir(temporary)).filter((name) => name.startsWith('daypass-demo-'))).toEqual([]);
    const broker = /broker +(http:\S+)/.exec(stdout)?.[1];
    expect(broker).toBeDefined();
    await expect(fetch(`${broker}/v1/health`)).rejects.toThrow();
  }

  function expectNoSecret(text: string): void {
    for (const pattern of SECRETS) expect(text).not.toMatch(pattern);
  }

  it('walks the main job, shows every step and exits 0', async () => {
    const { text, exit } = run('npm', ['run', 'demo']);
    expect(await exit, text.stdout + text.stderr).toBe(0);
    const { stdout } = text;
    for (const line of [
      /^ 1\. dev signs in at the company identity provider$/m,
      /> GET \/v1\/whoami {2}as dev\n {4}< 200\n {6}username +dev@example\.com$/m,
      /^ +dev\/Developer +Development \(111111111111\)/m,
      /> POST \/v1\/credentials {2}as dev {2}\{"role":"prod\/ReadOnly"\}\n {4}< 200$/m,
      /< arn:aws:sts::222222222222:assumed-role\/ReadOnly\/[0-9A-Z]{26}-dev@example\.com$/m,
      /Notices +7200 seconds were asked for; .+ 3600\.$/m,
      /detail +say why you need it: a reason is required\n {6}missing +reason$/m,
      /RoleArn +arn:aws:iam::222222222222:role\/Admin\n {6}Expiration .+\(1800 s\)$/m,
      /detail +no grant gives you "prod\/Admin"; grants look at groups$/m,
      /> GET \/v1\/roles {2}as outsider\n {4}< 200\n {6}\{"roles":\[\]\}$/m,
      /< 401 signature_invalid$/m,
      /> S3 GET \/daypass-prod-reports\/payments\/2026-10\.csv\n {4}< 200\n {6}day,settled,refused$/m,
      /> S3 GET \/daypass-prod-reports\/platform\/2026-10\.csv\n {4}< 403 AccessDenied … because no session policy allows/m,
      /> S3 GET \/daypass-prod-reports\/platform\/2026-10\.csv\n {4}< 200\n {6}day,deployments,incidents$/m,
      /> GET \/v1\/audit {2}as dev\n {4}< 403 access_denied$/m,
      /dev@example\.com +prod\/ReadOnly [0-9A-Z]{26} intent, issued$/m,
      /sre@example\.com +prod\/Admin +[0-9A-Z]{26} intent, issued$/m,
      /outsider@example\.com +prod\/ReadOnly [0-9A-Z]{26} denied no_grant$/m,
      /auditor@example\.com +audit:read +[0-9A-Z]{26} allowed$/m,
      /< 6 AssumeRole calls; 6 sessions issued, 5 requests turned away$/m,
      /^All 18 steps showed what they claim\.$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    for (const heading of headingsOf(await readFile(join(ROOT, 'README.md'), 'utf8')))
      expect(stdout).toContain(heading);
    expectNoSecret(stdout + text.stderr);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    await expectNothingLeft(stdout);
  });

  it('fails where a step does not hold, and says what was expected and what came', async () => {
    const policy = await readFile(join(ROOT, 'dev', 'access.yml'), 'utf8');
    const without = policy.replace(/ {2}- name: sre-admin\n[\s\S]*?\n\n/, '');
    expect(without).not.toBe(policy);
    const file = join(temporary, 'access.yml');
    await writeFile(file, without);
    const { text, exit } = run('npm', ['run', 'demo'], { DAYPASS_ACCESS_POLICY: file });
    expect(await exit).toBe(1);
    expect(text.stdout).toMatch(
      /^Step 7 did not show what it claims: refusal\n {4}expected .*"missing":\["reason"\].*\n {4}came .*"missing":\["grant"\]/m,
    );
    expect(text.stdout).not.toContain('showed what they claim');
    expectNoSecret(text.stdout + text.stderr);
    await expectNothingLeft(text.stdout);
  });

  it('fails where a session may read what its team may not, which is for the session policy alone to prevent', async () => {
    const policy = await readFile(join(ROOT, 'dev', 'access.yml'), 'utf8');
    const without = policy.replace(/ {6}policy:\n[\s\S]*?\n\n/, '\n');
    expect(without).not.toBe(policy);
    const file = join(temporary, 'access.yml');
    await writeFile(file, without);
    const { text, exit } = run('npm', ['run', 'demo'], { DAYPASS_ACCESS_POLICY: file });
    expect(await exit).toBe(1);
    expect(text.stdout).toMatch(
      /^Step 13 did not show what it claims: refusal of S3\n {4}expected .*"status":403.*\n {4}came .*"status":200/m,
    );
    expectNoSecret(text.stdout + text.stderr);
  });

  it('leaves nothing behind when it is stopped half way', async () => {
    const { child, text, exit } = run(process.execPath, [join(ROOT, 'dev', 'demo.ts')]);
    while (!text.stdout.includes(' 1. ')) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await exit).toBe(130);
    expect(text.stdout).not.toContain('showed what they claim');
    await expectNothingLeft(text.stdout);
  });

  it('starts nothing on an access policy with a mistake', async () => {
    const file = join(temporary, 'access.yml');
    await writeFile(file, 'version: 1\nbogus: 1\n');
    const { text, exit } = run(process.execPath, [join(ROOT, 'dev', 'demo.ts')], { DAYPASS_ACCESS_POLICY: file });
    expect(await exit).toBe(1);
    expect(text.stdout).toMatch(/The local stack did not start: the access policy has errors\n.*access\.yml:\d+/);
    expect(await readdir(temporary)).not.toContainEqual(expect.stringMatching(/^daypass-demo-/));
  });
});

/** The numbered headings of a transcript. */
function headingsOf(text: string): string[] {
  const headings = [...text.matchAll(/^[ \d]\d\. .+$/gm)].map(([heading]) => heading);
  // A list in Markdown begins at the margin, a heading of the transcript with two places for its number.
  return headings.filter((heading) => !/^\d\. /.test(heading));
}

describe('the front page', () => {
  it('shows an access policy that has no mistake and gives no warning', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const [, policy = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(policy).toContain('grants:');
    const { diagnostics } = compilePolicy(policy, 'README.md');
    expect(diagnostics).toEqual([]);
  });

  it('shows a transcript of steps that the demo has', async () => {
    expect(headingsOf(await readFile(join(ROOT, 'README.md'), 'utf8')).length).toBeGreaterThan(5);
  });

  it('names the two commands that set everything up', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    expect(readme).toContain('```sh\nnpm ci && npm run demo\n```');
    expect(readme).toContain('```sh\nnpm ci && npm test\n```');
    expect(scripts).toMatchObject({ demo: 'node dev/demo.ts', test: expect.stringContaining('vitest run') });
  });

  it.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/decisions.md', 'docs/deploy.md'])(
    'and %s link to files that are there',
    async (name) => {
      const text = await readFile(join(ROOT, name), 'utf8');
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
      for (const link of links) await expect(access(join(ROOT, name, '..', link)), link).resolves.toBeUndefined();
    },
  );

  it('has the version of the latest change', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const changes = await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8');
    expect(VERSION).toBe(version);
    expect(/^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$/m.exec(changes)?.[1]).toBe(version);
  });

  it('gives a reason for every dependency', async () => {
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: object;
      devDependencies: object;
    };
    const decisions = await readFile(join(ROOT, 'docs', 'decisions.md'), 'utf8');
    const rows = decisions.split('\n').filter((line) => line.startsWith('|'));
    const without = Object.keys({ ...dependencies, ...devDependencies }).filter(
      (name) => !rows.some((row) => row.split('|')[1]?.includes(`\`${name}\``)),
    );
    expect(without).toEqual([]);
  });
});

describe('a step of the demo', () => {
  const dev = { name: 'dev', idToken: tokenWith({ email: 'dev@example.com' }) };
  const auditor = { name: 'auditor', idToken: tokenWith({ email: 'auditor@example.com' }) };

  function tokenWith(claims: object): string {
    return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  }

  function demoWith(records: readonly object[], sessions: readonly SeenSession[] = []): Demo {
    const get = () => Promise.resolve({ status: 200, body: { records } });
    return {
      local: {} as Demo['local'],
      api: { get, post: get },
      transcript: new Transcript(new PassThrough().resume()),
      signal: new AbortController().signal,
      people: new Map([dev, auditor].map((person) => [person.name, person])),
      held: new Map(),
      sessions: [...sessions],
    };
  }

  const answer = {
    SessionId: '01M81R16Z64WPE3KB6KGSSQ2DM',
    SourceIdentity: 'dev@example.com',
    DurationSeconds: 3600,
    // As of now, not of when this file was loaded: on a busy machine that may be minutes ago.
    get Expiration() {
      return new Date(Date.now() + 3_600_000).toISOString();
    },
  };

  it('takes the credentials that were promised', () => {
    const demo = demoWith([]);
    issued(demo, { status: 200, body: answer }, { to: dev, role: 'prod/ReadOnly', seconds: 3600 });
    expect(demo.sessions).toEqual([{ sessionId: answer.SessionId, outcome: 'issued', username: 'dev@example.com' }]);
  });

  it.each([
    ['another status', 403, answer],
    ["somebody else's name", 200, { ...answer, SourceIdentity: 'sre@example.com' }],
    ['a longer duration', 200, { ...answer, DurationSeconds: 7200 }],
    ['an expiry that is not the duration', 200, { ...answer, Expiration: '2099-01-01T00:00:00.000Z' }],
  ])('fails on credentials with %s', (_, status, body) => {
    const expected = { to: dev, role: 'prod/ReadOnly', seconds: 3600 };
    expect(() => issued(demoWith([]), { status, body }, expected)).toThrow(StepFailed);
  });

  it.each([
    ['another status', 200, { code: 'access_denied', missing: [{ kind: 'grant' }] }],
    ['another code', 403, { code: 'rate_limited' }],
    ['another thing missing', 403, { code: 'access_denied', missing: [{ kind: 'reason' }] }],
    ['nothing said to be missing', 403, { code: 'access_denied' }],
  ])('fails on a refusal with %s', (_, status, body) => {
    const expected = { status: 403, code: 'access_denied', missing: ['grant'], to: dev };
    expect(() => refused(demoWith([]), { status, body }, expected)).toThrow(StepFailed);
  });

  const sessionId = answer.SessionId;
  const caller = { username: 'dev@example.com' };
  const session: SeenSession = { sessionId, outcome: 'issued', username: 'dev@example.com' };
  const intent = { sessionId, phase: 'intent', action: 'credentials', caller };
  const outcome = { sessionId, phase: 'outcome', outcome: 'issued', action: 'credentials', caller };
  const reading = {
    sessionId: '01M81R16Z64WPE3KB6KGSSQ2DN',
    phase: 'outcome',
    outcome: 'allowed',
    action: 'audit',
    caller: { username: 'auditor@example.com' },
  };

  it('takes an audit log that is whole', async () => {
    await auditorReadsTrail(demoWith([intent, outcome, reading], [session]));
  });

  it.each([
    ['an intent', [outcome, reading]],
    ['an outcome', [intent, reading]],
    ['a session', [reading]],
    ['the reading itself', [intent, outcome]],
  ])('fails on an audit log without %s', async (_, records) => {
    await expect(auditorReadsTrail(demoWith(records, [session]))).rejects.toThrow(StepFailed);
  });

  it.each([
    ['another outcome', [intent, { ...outcome, outcome: 'unresolved' }, reading]],
    ['another caller', [intent, { ...outcome, caller: { username: 'sre@example.com' } }, reading]],
    ['a session nobody asked for', [intent, outcome, { ...outcome, sessionId: '01M81R16Z64WPE3KB6KGSSQ2DX' }, reading]],
  ])('fails on an audit log with %s', async (_, records) => {
    await expect(auditorReadsTrail(demoWith(records, [session]))).rejects.toThrow(StepFailed);
  });
});

describe('the transcript', () => {
  function transcript(): { readonly to: Transcript; readonly lines: string[] } {
    const lines: string[] = [];
    const stream = new PassThrough().on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
    return { to: new Transcript(stream), lines };
  }

  it('hides what it was told to keep, and every JWT, even in the text of an error', async () => {
    const { to, lines } = transcript();
    to.secrets.keep('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
    to.broke(new Error('refused wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'), 'Bearer eyJhbGciOiJub25lIn0.e30.c2ln');
    await setImmediate();
    expect(lines.join('')).toContain('not shown');
    expectNone(lines.join(''));
    expect(lines.join('')).toContain('refused (not shown)');
  });

  it('hides them in what was expected and what came', async () => {
    const { to, lines } = transcript();
    to.failed(new StepFailed('a thing', 'eyJhbGciOiJub25lIn0.e30.c2ln', { token: 'eyJhbGciOiJub25lIn0.e30.c2ln' }));
    await setImmediate();
    expect(lines.join('')).toContain('not shown');
    expectNone(lines.join(''));
  });

  it('keeps nothing for an empty secret', () => {
    const keeper = new SecretKeeper();
    keeper.keep('');
    expect(keeper.hide('as it was')).toBe('as it was');
  });

  it('shows an access key id by its kind and four characters', () => {
    expect(maskAccessKeyId('ASIAIOSFODNN7EXAMPLE')).toBe('ASIAIOSF…');
  });

  function expectNone(text: string): void {
    for (const pattern of SECRETS) expect(text).not.toMatch(pattern);
  }
});
