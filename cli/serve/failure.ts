import { type ExitKind, Failure } from '../failure.ts';
import { type Answer, refusal } from './answer.ts';

/** The broker's own statuses, as far as the kind of a failure tells them. SDKs ask again after 500 and above. */
const STATUS: Readonly<Record<ExitKind, number>> = {
  refused: 403,
  usage: 400,
  signIn: 401,
  unavailable: 503,
  local: 500,
};

/** A failure as an SDK shows it: its code, and one text that says what to do. */
export function failureAnswer(thrown: unknown): Answer {
  if (!Failure.is(thrown)) return refusal(500, 'InternalFailure', 'daypass serve failed; its own output says why');
  const { kind, message, lines, hint, code } = thrown;
  const text = [message, ...lines, ...(hint === undefined ? [] : [`hint: ${hint}`])].join('; ');
  return refusal(STATUS[kind], code ?? kind, text);
}
