import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readLocalStack } from '../../dev/local-file.ts';
import type { Stack } from '../../dev/stack.ts';
import { startStack } from '../../dev/stack.ts';
import { idTokenFor } from '../../dev/token.ts';
import type { CredentialsAnswer } from '../../lib/http/contract.ts';
import { clientFor } from './aws/clients.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daypass-stack-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the whole stack', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ ports: 'free', directory, inMemory: true });
  });
  afterAll(() => stack.stop());

  async function credentials(user: string, role: string): Promise<Response> {
    const token = await idTokenFor({ ...stack.local, user });
    return fetch(`${stack.local.broker}/v1/credentials`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ role }),
    });
  }

  it('says where it is, to its owner only', async () => {
    expect(await readLocalStack(directory)).toEqual(stack.local);
    expect((await stat(join(directory, 'local.json'))).mode & 0o777).toBe(0o600);
    expect(stack.local.users).toEqual(['dev', 'sre', 'auditor', 'outsider']);
  });

  it('has every role of the access policy, trusting the broker alone', () => {
    for (const { arn, externalId } of stack.policy.roles) {
      const role = stack.aws.state.roles.byArn(arn);
      expect(role?.trustPolicy.text).toContain('arn:aws:iam::999999999999:role/daypass-broker');
      expect(role?.trustPolicy.text.includes('sts:ExternalId')).toBe(externalId !== undefined);
    }
  });

  it('turns a sign-in into credentials that work, by one AssumeRole of the broker', async () => {
    stack.aws.calls.clear();
    const role = stack.policy.roles.find(({ id }) => id === 'prod/ReadOnly');
    const answer = (await (await credentials('dev', 'prod/ReadOnly')).json()) as CredentialsAnswer;
    const sts = clientFor(STSClient, stack.aws, {
      accessKeyId: answer.AccessKeyId,
      secretAccessKey: answer.SecretAccessKey,
      sessionToken: answer.SessionToken,
    });
    const identity = await sts.send(new GetCallerIdentityCommand({}));
    expect(identity.Arn).toContain(`assumed-role/ReadOnly/`);
    expect(identity.Account).toBe(role?.accountId);
    expect(stack.aws.calls.list()).toMatchObject([
      {
        action: 'AssumeRole',
        outcome: 'ok',
        account: '999999999999',
        roleArn: role?.arn,
        sourceIdentity: 'dev@example.com',
      },
      { action: 'GetCallerIdentity', outcome: 'ok', accessKeyId: answer.AccessKeyId },
    ]);
  });

  it('gives nothing to who has no grant, without asking STS', async () => {
    stack.aws.calls.clear();
    expect((await credentials('outsider', 'prod/ReadOnly')).status).toBe(403);
    expect(stack.aws.calls.list()).toEqual([]);
  });

  it('gives nothing while its store is down, without asking STS', async () => {
    stack.aws.calls.clear();
    process.kill(stack.dynamodb.pid, 'SIGKILL');
    const response = await credentials('dev', 'prod/ReadOnly');
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('SecretAccessKey');
    expect(stack.aws.calls.list()).toEqual([]);
  });
});

/** Each brings a whole stack up, some seconds of work, on a machine that may be busy with other tests. */
describe('npm start', { timeout: 180_000 }, () => {
  const children: ChildProcess[] = [];
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'daypass-start-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  });

  interface Running {
    readonly child: ChildProcess;
    readonly exit: Promise<number | null>;
    output(): string;
  }

  /** In a directory of its own, so that its data is too. */
  function start(port: number, environment: NodeJS.ProcessEnv = {}): Running {
    const child = spawn(process.execPath, [join(ROOT, 'dev', 'start.ts')], {
      cwd: home,
      env: { ...process.env, DAYPASS_PORT: String(port), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        output += String(chunk);
      });
    const exit = once(child, 'exit').then(([code]) => code as number | null);
    return { child, exit, output: () => output };
  }

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  const answers = (url: string): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    );

  it('stays up until it is told to stop, and then leaves nothing behind', async () => {
    const running = start(28_300);
    await until(() => running.output().includes('Daypass is up'));
    const local = JSON.parse(await readFile(join(home, '.daypass', 'local.json'), 'utf8')) as {
      broker: string;
      aws: string;
    };
    expect(local).toMatchObject({ broker: 'http://127.0.0.1:28300', aws: 'http://127.0.0.1:28302' });
    expect((await fetch(`${local.broker}/v1/health`)).status).toBe(200);

    const token = spawn(process.execPath, [join(ROOT, 'dev', 'token.ts'), 'sre'], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(token);
    let printed = '';
    token.stdout?.on('data', (chunk) => {
      printed += String(chunk);
    });
    await once(token, 'close');
    expect(decodeJwt(printed)).toMatchObject({
      sub: 'sre',
      iss: 'http://127.0.0.1:28301',
      aud: 'daypass-cli',
      amr: ['pwd', 'mfa'],
    });
    expect(printed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);

    const second = start(28_300);
    expect(await second.exit).toBe(1);
    expect(second.output()).toContain('port 28300 is taken; set DAYPASS_PORT');

    running.child.kill('SIGINT');
    expect(await running.exit).toBe(0);
    expect(await answers(local.broker)).toBe(false);
    expect(await answers(local.aws)).toBe(false);
    await expect(readFile(join(home, '.daypass', 'local.json'))).rejects.toThrow();
  });

  it('takes its children along even when it is killed', async () => {
    const running = start(28_400);
    await until(() => running.output().includes('Daypass is up'));
    running.child.kill('SIGKILL');
    await running.exit;
    await until(
      async () => !(await answers('http://127.0.0.1:28400/v1/health')) && !(await answers('http://127.0.0.1:28403')),
    );
  });

  it('does not start on an access policy with a mistake, and says where it is', async () => {
    const file = join(home, 'access.yml');
    await writeFile(file, 'version: 1\nissuers: {}\nbogus: 1\n');
    const running = start(28_500, { DAYPASS_ACCESS_POLICY: file });
    expect(await running.exit).toBe(1);
    expect(running.output()).toContain('the access policy has errors');
    expect(running.output()).toMatch(/access\.yml:\d+/);
    expect(await answers('http://127.0.0.1:28501')).toBe(false);
  });
});
