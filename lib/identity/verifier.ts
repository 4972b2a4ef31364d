import type { Caller } from './caller.ts';

/** Turns a token into a caller, or throws a `Fault` with a token or key code. */
export interface Verifier {
  /**
   * @param token the compact JWS as it came in, without `Bearer `
   * @param now epoch milliseconds
   */
  verify(token: string, now: number): Promise<Caller>;
}
