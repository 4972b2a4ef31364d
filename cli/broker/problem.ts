import type { Problem } from '../../lib/http/contract.ts';
import { type ExitKind, Failure } from '../failure.ts';

/** Enough of an RFC 9457 problem document to show it. */
export function isProblem(answer: unknown): answer is Problem {
  if (typeof answer !== 'object' || answer === null) return false;
  const { title, code } = answer as Partial<Problem>;
  return typeof title === 'string' && typeof code === 'string';
}

/**
 * The broker's refusal in its own words: title, detail, what is missing, and the ids with which an operator
 * finds the audit record.
 */
export function failureFromProblem(problem: Problem, status: number, retryAfter: string | null): Failure {
  const detail = typeof problem.detail === 'string' && problem.detail !== '' ? `: ${problem.detail}` : '';
  const lines: string[] = [];
  for (const missing of list(problem.missing)) {
    // With one thing missing, the detail often says it already.
    if (!detail.includes(String(missing.message))) lines.push(`missing: ${String(missing.message)}`);
  }
  for (const error of list(problem.errors)) lines.push(`${String(error.path)}: ${String(error.message)}`);
  if (typeof problem.requestId === 'string') lines.push(`request: ${problem.requestId}`);
  if (typeof problem.sessionId === 'string') lines.push(`session: ${problem.sessionId}`);
  return new Failure(kindOf(status), `${problem.title}${detail} (${problem.code})`, {
    lines,
    hint:
      optionHint(list(problem.missing)) ??
      (typeof problem.hint === 'string' ? problem.hint : hintFor(problem, status, retryAfter)),
    code: problem.code,
    retryAfterSeconds: retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined,
  });
}

function list<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}

function kindOf(status: number): ExitKind {
  if (status === 401) return 'signIn';
  return status === 408 || status === 429 || status >= 500 ? 'unavailable' : 'refused';
}

/** What this command line can do about it; the broker does not know its options. */
export function optionHint(missing: readonly { readonly kind: string }[]): string | undefined {
  const kinds = new Set(missing.map(({ kind }) => kind));
  if (kinds.has('reason')) return 'say why with --reason TEXT';
  if (kinds.has('ticket')) return 'name the ticket with --ticket ID';
  return kinds.has('sign_in') ? '`daypass login --fresh` signs in anew' : undefined;
}

function hintFor(problem: Problem, status: number, retryAfter: string | null): string | undefined {
  if (status === 401) return '`daypass login` signs in again';
  if (retryAfter !== null && /^\d{1,6}$/.test(retryAfter)) return `try again in ${retryAfter} s`;
  return problem.code === 'access_denied' ? '`daypass roles` shows what is open to you' : undefined;
}
