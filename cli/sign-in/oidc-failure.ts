import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { errorCode, Failure } from '../failure.ts';
import type { LoginIssuer } from '../store/sign-in.ts';

/** openid-client's errors as ours. Only `error` and `error_description` (RFC 6749 §5.2) are repeated, never a body. */
export async function asFailure<T>(issuer: LoginIssuer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (Failure.is(thrown)) throw thrown;
    if (thrown instanceof ResponseBodyError || thrown instanceof AuthorizationResponseError) {
      const description = thrown.error_description === undefined ? '' : `: ${thrown.error_description}`;
      const server = thrown instanceof ResponseBodyError && thrown.status >= 500;
      throw new Failure(server ? 'unavailable' : 'signIn', `the identity provider says ${thrown.error}${description}`, {
        code: thrown.error,
        cause: thrown,
      });
    }
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    const name = thrown instanceof Error ? thrown.name : '';
    if (name === 'TimeoutError' || name === 'AbortError' || errorCode(thrown) === 'OAUTH_TIMEOUT') {
      throw new Failure('signIn', 'nobody finished the sign-in in time', { cause: thrown });
    }
    // fetch() reports every failure to connect as a TypeError whose cause has a system error code.
    const system = errorCode(cause) ?? '';
    if (thrown instanceof TypeError && !system.startsWith('OAUTH') && !system.startsWith('ERR_INVALID')) {
      throw new Failure('unavailable', `no connection to ${issuer.issuer} (${system || 'network error'})`, {
        cause: thrown,
      });
    }
    if (cause instanceof Response && cause.status >= 500) {
      throw new Failure('unavailable', `the identity provider ${issuer.issuer} answered ${cause.status}`, {
        cause: thrown,
      });
    }
    const why = thrown instanceof Error ? thrown.message : 'unknown error';
    throw new Failure('signIn', `the identity provider’s answer was not accepted: ${why}`, { cause: thrown });
  }
}
