import { Failure } from '../failure.ts';
import type { Check, Finding } from './finding.ts';

/** Milliseconds. */
const TIMEOUT = 20_000;

/**
 * Runs the checks, some at a time, and tells what each found in the order of the list, as soon as it and all before it
 * are done. No check can throw or hang: what it throws is a failed finding, what it does not say in time is one too.
 *
 * @param width how many run at once
 */
export async function runChecks(
  checks: readonly Check[],
  width: number,
  tell: (findings: readonly Finding[]) => void,
  progress: (done: number, all: number) => void = () => undefined,
): Promise<void> {
  const found: (readonly Finding[] | undefined)[] = checks.map(() => undefined);
  let next = 0;
  let told = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < checks.length; index = next++) {
      found[index] = await findingsOf(checks[index] as Check);
      progress(++done, checks.length);
      for (let ready = found[told]; ready !== undefined; ready = found[told]) {
        told++;
        tell(ready);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, checks.length) }, work));
}

async function findingsOf(check: Check): Promise<readonly Finding[]> {
  const { name, subject, timeout = TIMEOUT } = check;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    const message = `nothing was heard within ${timeout / 1000} seconds`;
    timer = setTimeout(() => resolve([{ check: name, subject, status: 'failed', message }]), timeout);
  });
  try {
    return await Promise.race([check.run(), late]);
  } catch (thrown) {
    return [asFinding(name, subject, thrown)];
  } finally {
    clearTimeout(timer);
  }
}

/** A failure in its own words. Of any other error only the name is shown: its text could hold anything. */
export function asFinding(check: string, subject: string | undefined, thrown: unknown): Finding {
  if (Failure.is(thrown)) {
    const { message, hint, lines } = thrown;
    return { check, subject, status: 'failed', message, hint, details: lines };
  }
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return {
    check,
    subject,
    status: 'failed',
    message: `the check itself went wrong (${name})`,
    hint: 'please report it',
  };
}
