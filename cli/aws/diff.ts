/** Lines around a change that are shown with it. */
const CONTEXT = 3;

/** Edits beyond this many are not looked for one by one: all between the first and the last of them is one change. */
const MAX_EDITS = 3_000;

/** A unified diff of two texts. Empty when equal. */
export function diff(before: string, after: string, file: string): string {
  if (before === after) return '';
  const steps = compare(lines(before), lines(after));
  return [`--- ${file}`, `+++ ${file}`, ...hunks(steps), ''].join('\n');
}

interface Step {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** Lines without their newline; a last line that has none says so, as `diff` does. */
function lines(text: string): string[] {
  if (text === '') return [];
  const all = text.split('\n');
  if (all.at(-1) === '') return all.slice(0, -1);
  return [...all.slice(0, -1), `${all.at(-1)}\n\\ No newline at end of file`];
}

function compare(left: readonly string[], right: readonly string[]): Step[] {
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head++;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head && left.at(-1 - tail) === right.at(-1 - tail)) tail++;
  const same = (line: string): Step => ({ sign: ' ', line });
  return [
    ...left.slice(0, head).map(same),
    ...middle(left.slice(head, left.length - tail), right.slice(head, right.length - tail)),
    ...left.slice(left.length - tail).map(same),
  ];
}

/**
 * The shortest script from one list of lines to the other.
 *
 * @see E. W. Myers, An O(ND) Difference Algorithm and Its Variations (1986), the greedy algorithm of §4
 */
function middle(left: readonly string[], right: readonly string[]): Step[] {
  const most = Math.min(left.length + right.length, MAX_EDITS);
  const offset = most + 1;
  let furthest = new Int32Array(2 * most + 3);
  /** For each number of edits how far each diagonal was reached before it. */
  const history: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    history.push(furthest);
    const next = Int32Array.from(furthest);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = startOn(furthest, diagonal, edits, offset);
      while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x++;
      next[diagonal + offset] = x;
      if (x >= left.length && x - diagonal >= right.length) return backwards(history, left, right, offset);
    }
    furthest = next;
  }
  return [...left.map((line): Step => ({ sign: '-', line })), ...right.map((line): Step => ({ sign: '+', line }))];
}

/** Whether a diagonal is entered with one more edit from above, by a line added, and not from the left, by one removed. */
function isAdded(furthest: Int32Array, diagonal: number, edits: number, offset: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && reached(furthest, diagonal - 1, offset) < reached(furthest, diagonal + 1, offset);
}

function startOn(furthest: Int32Array, diagonal: number, edits: number, offset: number): number {
  if (edits === 0) return 0;
  return isAdded(furthest, diagonal, edits, offset)
    ? reached(furthest, diagonal + 1, offset)
    : reached(furthest, diagonal - 1, offset) + 1;
}

function reached(furthest: Int32Array, diagonal: number, offset: number): number {
  return furthest[diagonal + offset] ?? 0;
}

function backwards(
  history: readonly Int32Array[],
  left: readonly string[],
  right: readonly string[],
  offset: number,
): Step[] {
  const steps: Step[] = [];
  let x = left.length;
  for (let edits = history.length - 1, diagonal = left.length - right.length; edits >= 0; edits--) {
    const furthest = history[edits] as Int32Array;
    const start = startOn(furthest, diagonal, edits, offset);
    while (x > start) steps.push({ sign: ' ', line: left[--x] ?? '' });
    if (edits === 0) break;
    if (isAdded(furthest, diagonal, edits, offset)) {
      steps.push({ sign: '+', line: right[x - diagonal - 1] ?? '' });
      diagonal++;
    } else {
      steps.push({ sign: '-', line: left[--x] ?? '' });
      diagonal--;
    }
  }
  return steps.reverse();
}

function hunks(steps: readonly Step[]): string[] {
  const shown: string[] = [];
  let at = 0;
  let oldLine = 1;
  let newLine = 1;
  while (at < steps.length) {
    const first = steps.findIndex(({ sign }, index) => index >= at && sign !== ' ');
    if (first < 0) break;
    const from = Math.max(at, first - CONTEXT);
    for (const { sign } of steps.slice(at, from)) {
      if (sign !== '+') oldLine++;
      if (sign !== '-') newLine++;
    }
    const to = endOfHunk(steps, first);
    const part = steps.slice(from, to);
    const removed = part.filter(({ sign }) => sign !== '+').length;
    const added = part.filter(({ sign }) => sign !== '-').length;
    shown.push(`@@ -${range(oldLine, removed)} +${range(newLine, added)} @@`);
    shown.push(...part.map(({ sign, line }) => sign + line));
    oldLine += removed;
    newLine += added;
    at = to;
  }
  return shown;
}

/** After the context of the last change that is close to the one before. */
function endOfHunk(steps: readonly Step[], first: number): number {
  let last = first;
  for (let index = first; index < steps.length && index - last <= 2 * CONTEXT; index++) {
    if (steps[index]?.sign !== ' ') last = index;
  }
  return Math.min(steps.length, last + 1 + CONTEXT);
}

function range(line: number, count: number): string {
  return `${count === 0 ? line - 1 : line},${count}`;
}
