import type { Json } from '../lib/json.ts';

/** One JSON value of a file, and what to call it in messages. */
export interface Entry {
  readonly value: Json;
  /** `entry 3`, and the line where each value has its own. */
  readonly where: string;
}

/** A place of the file that is not JSON. */
export interface Unreadable {
  readonly where: string;
  readonly message: string;
}

/**
 * The values of a file that holds one JSON value, an array of values, or one value per line (JSON Lines). Told apart
 * by what parses: a file that is JSON as a whole is that, else every line must be. A line that is not JSON does not
 * keep the others from being read.
 *
 * @see https://jsonlines.org/
 */
export function readEntries(text: string): (Entry | Unreadable)[] {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const whole = parse(body);
  if ('value' in whole) {
    const values = Array.isArray(whole.value) ? (whole.value as readonly Json[]) : [whole.value];
    return values.map((value, index) => ({ value, where: `entry ${index + 1}` }));
  }
  const lines = [...body.split('\n').entries()].filter(([, line]) => line.trim() !== '');
  const first = lines[0]?.[1].trimStart() ?? '';
  // One value over several lines, or an array: its first line is not JSON by itself, so lines would be noise.
  if (lines.length < 2 || first.startsWith('[') || !lines.some(([, line]) => 'value' in parse(line))) {
    return [{ where: 'the file', message: whole.message }];
  }
  return lines.map(([number, line], index) => {
    const where = `entry ${index + 1} (line ${number + 1})`;
    const parsed = parse(line);
    return 'value' in parsed ? { value: parsed.value, where } : { where, message: parsed.message };
  });
}

function parse(text: string): { readonly value: Json } | { readonly message: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (thrown) {
    return { message: thrown instanceof SyntaxError ? `not JSON: ${thrown.message}` : 'not JSON' };
  }
}
