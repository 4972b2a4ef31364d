/**
 * What every AWS SDK client of the broker has in common. Clients are made in `compose.ts` and nowhere else:
 * they are given what is here, so that none of them falls back to the SDK's defaults (no request timeout,
 * global endpoints, a middleware stack built anew for each call).
 */
export interface AwsClientOptions<RequestHandler> {
  readonly region: string;
  /** Attempts in all; the SDK's standard mode waits with full jitter between them. */
  readonly maxAttempts: number;
  readonly connectionTimeoutMs: number;
  /** For one attempt, up to the head of the answer; the whole is bounded by the caller's abort signal. */
  readonly requestTimeoutMs: number;
  /** Instead of the SDK's HTTP handler, which the timeouts are for. */
  readonly requestHandler?: RequestHandler | undefined;
}

export function awsClientConfig<RequestHandler>(options: AwsClientOptions<RequestHandler>) {
  return {
    region: options.region,
    maxAttempts: options.maxAttempts,
    retryMode: 'standard' as const,
    // Building the middleware stack is a third of a call's CPU; a command's stack never changes here.
    cacheMiddleware: true,
    requestHandler: options.requestHandler ?? {
      connectionTimeout: options.connectionTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  };
}

/**
 * Runs a call that ends at the deadline, with all its attempts, even when an answer stalls half way.
 *
 * The timer is cleared when the call ends: `AbortSignal.timeout` would keep each call's memory until it fires.
 */
export async function withDeadline<T>(
  deadlineMs: number,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), deadlineMs);
  try {
    return await call({ abortSignal: abort.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** The service's error name, as AWS spells it (`AccessDenied`, `ThrottlingException`), or the runtime's. */
export function awsErrorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
