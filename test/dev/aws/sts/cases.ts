import { STSServiceException } from '@aws-sdk/client-sts';
import type { Attempt } from './attempt.ts';

/** A call that AWS refuses, and its twin: the smallest change that makes it right. */
export interface Case {
  readonly about: string;
  readonly refused: Attempt;
  readonly accepted: Attempt;
  /** AWS's own, as on the wire. */
  readonly code: string;
  /** Default 400. */
  readonly status?: number;
  readonly says?: RegExp;
}

export interface Refusal {
  readonly code: string;
  readonly status: number | undefined;
  readonly message: string;
}

/** @throws Error when the call was accepted or failed otherwise than by a refusal */
export async function refusalOf(attempt: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof STSServiceException)) throw new Error(`accepted, or failed otherwise: ${String(error)}`);
  // The SDK's class names end in Exception; what was on the wire is in `Code`.
  const { Code } = error as { Code?: string };
  return { code: Code ?? error.name, status: error.$metadata.httpStatusCode, message: error.message };
}
