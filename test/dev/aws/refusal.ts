export interface Refused {
  /** As on the wire. */
  readonly code: string;
  readonly status: number | undefined;
  readonly message: string;
}

/** @throws Error when the attempt was accepted or failed otherwise than by AWS's refusal */
export async function refusal(attempt: Promise<unknown>): Promise<Refused> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { Code?: string; $metadata?: { httpStatusCode?: number } },
  );
  if (error?.$metadata === undefined) throw new Error(`accepted, or failed otherwise: ${String(error)}`);
  // The SDK's class names end in Exception; what was on the wire is in `Code`.
  return { code: error.Code ?? error.name, status: error.$metadata.httpStatusCode, message: error.message };
}
