/** A unified diff of two texts that differ in one run of lines, with three lines around it. Empty when equal. */
export function diff(before: string, after: string, file: string): string {
  if (before === after) return '';
  const left = lines(before);
  const right = lines(after);
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head++;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head && left.at(-1 - tail) === right.at(-1 - tail)) tail++;
  const from = Math.max(0, head - 3);
  const context = left.slice(from, head);
  const removed = left.slice(head, left.length - tail);
  const added = right.slice(head, right.length - tail);
  const trailing = left.slice(left.length - tail, left.length - tail + 3);
  const count = (middle: readonly string[]): string => {
    const size = context.length + middle.length + trailing.length;
    return `${size === 0 ? from : from + 1},${size}`;
  };
  return [
    `--- ${file}`,
    `+++ ${file}`,
    `@@ -${count(removed)} +${count(added)} @@`,
    ...context.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...trailing.map((line) => ` ${line}`),
    '',
  ].join('\n');
}

/** Lines without their newline; a last line that has none says so, as `diff` does. */
function lines(text: string): string[] {
  if (text === '') return [];
  const all = text.split('\n');
  if (all.at(-1) === '') return all.slice(0, -1);
  return [...all.slice(0, -1), `${all.at(-1)}\n\\ No newline at end of file`];
}
