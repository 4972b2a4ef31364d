import { printable } from './text.ts';

/** Milliseconds between two looks of the line. */
const PACE = 100;

/** A line on standard error that says how far something is, on a terminal only, and goes away. */
export class Progress {
  #shownAt = 0;
  #isShown = false;

  show(text: string): void {
    if (!process.stderr.isTTY || Date.now() - this.#shownAt < PACE) return;
    this.#shownAt = Date.now();
    this.#isShown = true;
    process.stderr.write(`\r\u001b[K${printable(text)}`);
  }

  clear(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
    this.#isShown = false;
  }
}
