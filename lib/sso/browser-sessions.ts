import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import type { Verifier } from '../identity/verifier.ts';
import type { Table } from '../store/dynamodb.ts';
import { browserSessionKey } from '../store/table.ts';
import { callerMembers, callerOf, newSecret, stored } from './stored.ts';

/** Longest browser session, seconds, whatever the identity provider's tokens last. */
const MAX_SESSION_SECONDS = 12 * 3600;

/**
 * Browser sessions. One holds the caller as verified at sign-in, the whole token's claims but never the token, and
 * ends when the token would have: a browser knows nothing older than a caller of the API may bring.
 */
export interface BrowserSessions {
  /**
   * @param signIn session id of the sign-in's record
   * @param now epoch milliseconds
   * @returns the cookie's secret, and when the session ends, epoch seconds
   * @throws Fault `store_unavailable`
   */
  create(caller: Caller, signIn: string, now: number): Promise<{ readonly secret: string; readonly expiresAt: number }>;
  /** @throws Fault `sign_in_required`, `store_unavailable` */
  find(secret: string, now: number): Promise<Caller>;
  /** Whoever has the secret is signed out from here on. @throws Fault `store_unavailable` */
  end(secret: string): Promise<void>;
}

const SESSION = 'the browser session';

export function browserSessions(table: Table): BrowserSessions {
  return {
    async create(caller, signIn, now) {
      const secret = newSecret();
      const expiresAt = Math.min(caller.expiresAt, Math.floor(now / 1000) + MAX_SESSION_SECONDS);
      const item = { ...callerMembers({ ...caller, signIn }), expiresAt };
      await stored(SESSION, () => table.create({ ...browserSessionKey(secret), ...item }));
      return { secret, expiresAt };
    },
    async find(secret, now) {
      const item = await stored(SESSION, () => table.get(browserSessionKey(secret)));
      if (item === undefined) throw new Fault('sign_in_required', 'the session is not known, or was ended');
      // DynamoDB deletes what has expired up to two days late.
      if (!(Number(item['expiresAt']) * 1000 > now)) throw new Fault('sign_in_required', 'the session has ended');
      return callerOf(item, Number(item['expiresAt']));
    },
    async end(secret) {
      await stored(SESSION, () => table.take(browserSessionKey(secret)));
    },
  };
}

/** The one path's verifier for requests of a browser: what is verified is the session's secret. */
export function sessionVerifier(sessions: BrowserSessions): Verifier {
  return { verify: (secret, now) => sessions.find(secret, now) };
}
