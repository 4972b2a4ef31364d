import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../dev/local-file.ts';
import { readLocalStack, removeLocalStack, writeLocalStack } from '../../dev/local-file.ts';

const STACK: LocalStack = {
  broker: 'http://127.0.0.1:4100',
  issuer: 'http://127.0.0.1:4101',
  clientId: 'daypass-cli',
  aws: 'http://127.0.0.1:4102',
  dynamodb: 'http://127.0.0.1:4103',
  region: 'eu-central-1',
  users: ['dev'],
  operator: { accessKeyId: 'AKIA', secretAccessKey: 's' },
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daypass-local-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('local.json', () => {
  it('is for its owner only, whole at any time, and leaves no drafts', async () => {
    await writeFile(join(directory, 'local.json'), 'old', { mode: 0o644 });
    await writeLocalStack(STACK, directory);
    expect((await stat(join(directory, 'local.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['local.json']);
    expect(await readLocalStack(directory)).toEqual(STACK);
  });

  it('is gone when the stack has stopped, and its absence says how to start one', async () => {
    await writeLocalStack(STACK, directory);
    await removeLocalStack(directory);
    await removeLocalStack(directory);
    await expect(readLocalStack(directory)).rejects.toThrow(/no running stack.*npm start/s);
  });
});
