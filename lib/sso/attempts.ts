import { createHmac } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Item, Table } from '../store/dynamodb.ts';
import { signInAttemptKey } from '../store/table.ts';
import { newSecret, stored } from './stored.ts';

/** Seconds that a person has between going to the identity provider and coming back. */
export const ATTEMPT_SECONDS = 600;

/** What a sign-in was begun for. */
export interface Purpose {
  /** Issuer's name in the access policy. */
  readonly issuer: string;
  /** Path of this origin to go to afterwards. */
  readonly returnTo: string;
  /** The sign-in has to be at most this many seconds old (OIDC Core §3.1.2.1). */
  readonly maxAgeSeconds?: number | undefined;
  /**
   * What the sign-in should be worth, separated by spaces (OIDC Core §3.1.2.1: a wish). What it was worth is for the
   * access policy to judge, by the `acr` claim.
   */
  readonly acrValues?: string | undefined;
}

/** What goes to the identity provider and back, or is compared with what comes back. */
export interface Challenge {
  /** RFC 6749 §10.12. */
  readonly state: string;
  /** OIDC Core §3.1.2.1. */
  readonly nonce: string;
  /** RFC 7636 §4.1. */
  readonly codeVerifier: string;
}

export interface BegunSignIn extends Purpose, Challenge {
  /** Epoch seconds. */
  readonly begunAt: number;
}

/**
 * Sign-ins that were begun and not finished. Each belongs to the browser whose cookie it was begun with, and can be
 * finished once. The table holds nothing that could be used: `state` only as a hash; nonce and code verifier not at
 * all, for both follow from the cookie's secret and `state`.
 */
export interface SignInAttempts {
  /**
   * @param secret the browser's cookie
   * @param now epoch milliseconds
   * @throws Fault `store_unavailable`
   */
  begin(secret: string, purpose: Purpose, now: number): Promise<Challenge>;
  /** @throws Fault `sign_in_failed`, `store_unavailable` */
  finish(secret: string, state: string, now: number): Promise<BegunSignIn>;
}

const ATTEMPT = 'the sign-in';

export function signInAttempts(table: Table): SignInAttempts {
  return {
    async begin(secret, purpose, now) {
      const challenge = challengeOf(secret, newSecret());
      const { issuer, returnTo, maxAgeSeconds, acrValues } = purpose;
      await stored(ATTEMPT, () =>
        table.create({
          ...signInAttemptKey(challenge.state),
          browser: derived(secret, 'browser', challenge.state),
          issuer,
          returnTo,
          ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
          ...(acrValues !== undefined && { acrValues }),
          expiresAt: Math.floor(now / 1000) + ATTEMPT_SECONDS,
        }),
      );
      return challenge;
    },
    async finish(secret, state, now) {
      // Another browser's attempt is left as it is: who learns a state cannot make that sign-in fail.
      const browser = derived(secret, 'browser', state);
      const item = await stored(ATTEMPT, () => table.take(signInAttemptKey(state), ['browser', browser]));
      if (item === undefined) {
        throw new Fault('sign_in_failed', 'no sign-in was begun with this state in this browser, or it was used');
      }
      if (!(Number(item['expiresAt']) * 1000 > now)) throw new Fault('sign_in_failed', 'the sign-in took too long');
      return {
        ...purposeOf(item),
        ...challengeOf(secret, state),
        begunAt: Number(item['expiresAt']) - ATTEMPT_SECONDS,
      };
    },
  };
}

function challengeOf(secret: string, state: string): Challenge {
  return { state, nonce: derived(secret, 'nonce', state), codeVerifier: derived(secret, 'code verifier', state) };
}

function derived(secret: string, purpose: string, state: string): string {
  return createHmac('sha256', secret).update(`${purpose}\n${state}`).digest('base64url');
}

function purposeOf(item: Item): Purpose {
  const { issuer, returnTo, maxAgeSeconds, acrValues } = item;
  return {
    issuer: String(issuer),
    returnTo: String(returnTo),
    maxAgeSeconds: maxAgeSeconds === undefined ? undefined : Number(maxAgeSeconds),
    acrValues: acrValues === undefined ? undefined : String(acrValues),
  };
}
