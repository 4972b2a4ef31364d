import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerApi } from './demo/api.ts';
import type { Demo } from './demo/context.ts';
import { StepFailed } from './demo/expect.ts';
import { STEPS } from './demo/steps.ts';
import { Transcript } from './demo/transcript.ts';
import { type Stack, startStack } from './stack.ts';

/**
 * `npm run demo`: the main job, once, over real HTTP on this machine. The stack gets free ports and a directory of
 * its own, so that it runs beside `npm start`; both are gone afterwards.
 *
 * Exit codes: 0 every step showed what it claims, 1 one did not or the stack did not start, 128 and the signal's
 * number when it was stopped by one.
 */

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

async function main(): Promise<number> {
  const transcript = new Transcript(process.stdout);
  const interrupted = new AbortController();
  let signalled: number | undefined;
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      signalled ??= code;
      interrupted.abort();
    });
  }
  const { signal } = interrupted;
  const directory = await mkdtemp(join(tmpdir(), 'daypass-demo-'));
  let stack: Stack | undefined;
  try {
    stack = await startStack({ ports: 'free', directory, inMemory: true, signal, progress: tell });
    await walk(stack, transcript, signal);
    return 0;
  } catch (error) {
    if (signalled !== undefined) return signalled;
    if (error instanceof StepFailed) transcript.failed(error);
    else transcript.broke(error, stack?.gateway.output());
    return 1;
  } finally {
    await stack?.stop();
    await rm(directory, { recursive: true, force: true });
    if (signalled !== undefined) process.stderr.write('daypass: stopped\n');
  }
}

async function walk(stack: Stack, transcript: Transcript, signal: AbortSignal): Promise<void> {
  const { broker, issuer, aws } = stack.local;
  transcript.title('Daypass: a corporate sign-in in, short-lived AWS credentials out, a record kept');
  transcript.fields({ broker, 'sign-in': issuer, AWS: `${aws}  (a strict stand-in; nothing leaves this machine)` });
  const demo: Demo = {
    local: stack.local,
    api: new BrokerApi(broker, transcript, signal),
    transcript,
    signal,
    people: new Map(),
    held: new Map(),
    sessions: [],
  };
  for (const step of STEPS) {
    signal.throwIfAborted();
    await step(demo);
  }
  transcript.done(`All ${STEPS.length} steps showed what they claim.`);
  transcript.line('Next: npm start keeps the stack up, for the aws command, your SDK and curl.');
}

function tell(line: string): void {
  process.stderr.write(`daypass: ${line} …\n`);
}

process.exitCode = await main();
