import type { Input, OptionSpec } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { Failure } from '../failure.ts';

/** Options of every command that is about the sessions of a time. */
export const WINDOW_OPTIONS = {
  since: { value: 'TIME', help: 'sessions that began from this time on' },
  until: { value: 'TIME', help: 'sessions that began before this time' },
} as const satisfies Record<string, OptionSpec>;

/** Epoch milliseconds, the end exclusive; undefined where nothing was said. */
export interface Window {
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/**
 * `--since` and `--until`: RFC 3339, or how long ago.
 *
 * @param now epoch milliseconds
 * @throws Failure `usage`
 */
export function windowOf(input: Input, now: number): Window {
  const since = timeOf(input, 'since', now);
  const until = timeOf(input, 'until', now);
  if (since !== undefined && until !== undefined && since >= until) {
    throw new Failure('usage', '--since is not before --until');
  }
  return { since, until };
}

function timeOf(input: Input, name: 'since' | 'until', now: number): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  const time = ago === undefined ? Date.parse(text) : now - ago * 1000;
  if (Number.isFinite(time) && (ago !== undefined || /^\d{4}-\d\d-\d\d(T|$)/.test(text))) return time;
  throw new Failure('usage', `--${name} ${text} is no time`, { hint: 'such as 2026-01-31T12:00:00Z, 12h or 7d' });
}
