import { setTimeout as sleep } from 'node:timers/promises';

/** Ctrl-C, or an end that somebody else asked for, of a command that goes on until then. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #interrupted: Promise<typeof INTERRUPTED>;

  constructor() {
    this.#interrupted = new Promise((resolve) => {
      const stop = (): void => {
        this.#controller.abort();
        resolve(INTERRUPTED);
      };
      // Once: whoever asks again does not want to wait for us.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
    });
  }

  get isInterrupted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** What the work gives, or `INTERRUPTED` as soon as it is: nobody waits for the work then. */
  during<T>(work: Promise<T>): Promise<T | typeof INTERRUPTED> {
    return Promise.race([work, this.#interrupted]);
  }

  /** Ends early when it is interrupted. */
  async sleep(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#controller.signal }).catch(() => undefined);
  }
}

export const INTERRUPTED: unique symbol = Symbol('interrupted');
