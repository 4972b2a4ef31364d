import { isDeepStrictEqual } from 'node:util';

/** A step did not show what it claims. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly what: string;
  readonly expected: unknown;
  readonly came: unknown;

  constructor(what: string, expected: unknown, came: unknown) {
    super(what);
    this.what = what;
    this.expected = expected;
    this.came = came;
  }
}

/** @throws StepFailed when the two are not deeply equal */
export function expectEqual(what: string, came: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(came, expected)) throw new StepFailed(what, expected, came);
}

/** @throws StepFailed unless `holds`; `expected` says in words what should have been */
export function expectThat(holds: boolean, what: string, expected: string, came: unknown): asserts holds {
  if (!holds) throw new StepFailed(what, expected, came);
}
