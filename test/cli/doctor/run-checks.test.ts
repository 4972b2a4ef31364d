import { describe, expect, it } from 'vitest';
import type { Check, Finding } from '../../../cli/doctor/finding.ts';
import { runChecks } from '../../../cli/doctor/run-checks.ts';
import { Failure } from '../../../cli/failure.ts';

function check(name: string, run: Check['run'], timeout?: number): Check {
  return { name, run, ...(timeout !== undefined && { timeout }) };
}
const ok = (name: string): Finding => ({ check: name, status: 'ok', message: 'fine' });

async function run(checks: readonly Check[], width = 4): Promise<Finding[]> {
  const told: Finding[] = [];
  await runChecks(checks, width, (findings) => told.push(...findings));
  return told;
}

describe('checks', () => {
  it('are told in their order, whichever ends first', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const told = await run([
      check('slow', async () => {
        await gate;
        return [ok('slow')];
      }),
      check('fast', async () => {
        release();
        return [ok('fast')];
      }),
    ]);
    expect(told.map((finding) => finding.check)).toEqual(['slow', 'fast']);
  });

  it('run no more at once than is said', async () => {
    let now = 0;
    let most = 0;
    const work = async (): Promise<Finding[]> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return [];
    };
    await run(
      Array.from({ length: 20 }, (_, index) => check(String(index), work)),
      3,
    );
    expect(most).toBe(3);
  });

  it('that hang are a failed finding, and the others go on', async () => {
    const told = await run(
      [check('hangs', () => new Promise(() => undefined), 20), check('next', async () => [ok('next')])],
      1,
    );
    expect(told).toMatchObject([
      { check: 'hangs', status: 'failed' },
      { check: 'next', status: 'ok' },
    ]);
  });

  it('that throw are a failed finding: a failure in its words, anything else by its name alone', async () => {
    const told = await run([
      check('refused', async () => {
        throw new Failure('refused', 'no', { hint: 'ask', lines: ['why'] });
      }),
      check('broken', async () => {
        throw new TypeError('secret token abc');
      }),
      check('sync', () => {
        throw new Failure('local', 'at once');
      }),
    ]);
    expect(told).toEqual([
      { check: 'refused', subject: undefined, status: 'failed', message: 'no', hint: 'ask', details: ['why'] },
      expect.objectContaining({ check: 'broken', message: 'the check itself went wrong (TypeError)' }),
      expect.objectContaining({ check: 'sync', message: 'at once' }),
    ]);
  });
});
