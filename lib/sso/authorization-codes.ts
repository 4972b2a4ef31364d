import { createHash, timingSafeEqual } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import type { Table } from '../store/dynamodb.ts';
import { authorizationCodeKey } from '../store/table.ts';
import { callerMembers, callerOf, hashOf, newSecret, stored, swap } from './stored.ts';
import { newToolSessionId, type ToolSessions } from './tool-sessions.ts';

/** What a code is good for. */
export interface Authorization {
  readonly caller: Caller;
  readonly clientId: string;
  /** As the client gave it, port included. */
  readonly redirectUri: string;
  /** RFC 7636 §4.2, S256. */
  readonly codeChallenge: string;
  /** Epoch seconds: when the session that comes of it ends. */
  readonly sessionEndsAt: number;
  /** Role id, where the code is for one alone. */
  readonly role?: string | undefined;
  /** Seconds for which it is good. Default 60; more where a person carries it over. */
  readonly goodForSeconds?: number | undefined;
}

/** What a client redeems a code with. */
export interface Redemption {
  readonly code: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

/** A code that is good, and not used up yet. */
export interface Redeemable {
  readonly caller: Caller;
  readonly sessionEndsAt: number;
  readonly role: string | undefined;
  /** Uses it up. @returns id of the session to begin. @throws Fault `grant_invalid`, `store_unavailable` */
  use(): Promise<string>;
}

/**
 * Authorization codes: good once, for a minute, for the client, address and verifier that they were asked for with. A
 * second use ends what came of the first (RFC 6749 §4.1.2).
 */
export interface AuthorizationCodes {
  /** @param now epoch milliseconds. @throws Fault `store_unavailable` */
  issue(authorization: Authorization, now: number): Promise<string>;
  /** @throws Fault `grant_invalid`, `store_unavailable` */
  open(redemption: Redemption, now: number): Promise<Redeemable>;
}

const CODE_SECONDS = 60;

/** Seconds for which a used code is known as such. */
const REMEMBERED_SECONDS = 3600;

const CODE = 'the authorization code';

export function authorizationCodes(table: Table, sessions: Pick<ToolSessions, 'revoke'>): AuthorizationCodes {
  return {
    async issue(authorization, now) {
      const { caller, clientId, redirectUri, codeChallenge, sessionEndsAt, role } = authorization;
      const code = newSecret();
      const seconds = Math.floor(now / 1000);
      const item = {
        ...authorizationCodeKey(code),
        version: 1,
        ...callerMembers(caller),
        client: hashOf(clientId),
        redirectUri,
        codeChallenge,
        sessionEndsAt,
        ...(role !== undefined && { role }),
        session: newToolSessionId(),
        goodUntil: seconds + (authorization.goodForSeconds ?? CODE_SECONDS),
        expiresAt: seconds + REMEMBERED_SECONDS,
      };
      await stored(CODE, () => table.create(item));
      return code;
    },

    async open({ code, clientId, redirectUri, codeVerifier }, now) {
      const key = authorizationCodeKey(code);
      const item = await stored(CODE, () => table.get(key));
      if (item === undefined) throw new Fault('grant_invalid', 'the code is not known');
      const session = String(item['session']);
      const again = async (): Promise<never> => {
        await sessions.revoke(session, now);
        throw new Fault('grant_invalid', 'the code was used before: what came of it is over');
      };
      const use = async (): Promise<boolean> =>
        swap(table, CODE, { ...key, version: 2, session, expiresAt: Number(item['expiresAt']) }, 1);
      if (item['version'] !== 1) return again();
      const problem = problemWith();
      if (problem !== undefined) {
        // Whoever has it cannot try a second time.
        if (!(await use())) return again();
        throw new Fault('grant_invalid', problem);
      }
      return {
        caller: callerOf(item, Number(item['sessionEndsAt'])),
        sessionEndsAt: Number(item['sessionEndsAt']),
        role: item['role'] === undefined ? undefined : String(item['role']),
        use: async () => ((await use()) ? session : again()),
      };

      function problemWith(): string | undefined {
        if (!(Number(item?.['goodUntil']) * 1000 > now)) return 'the code has expired';
        if (item?.['client'] !== hashOf(clientId)) return 'the code is of another client';
        if (item['redirectUri'] !== redirectUri) return 'the code was sent to another address';
        return isChallenged(codeVerifier, String(item['codeChallenge'])) ? undefined : 'the code verifier is wrong';
      }
    },
  };
}

/** RFC 7636 §4.6. */
function isChallenged(verifier: string, challenge: string): boolean {
  const [left, right] = [createHash('sha256').update(verifier).digest(), Buffer.from(challenge, 'base64url')];
  return left.length === right.length && timingSafeEqual(left, right);
}
