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
  /** For one attempt, from the socket's readiness to the end of the answer. */
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

/** The service's error name, as AWS spells it (`AccessDenied`, `ThrottlingException`), or the runtime's. */
export function awsErrorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
