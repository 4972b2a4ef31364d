import { createHash } from 'node:crypto';
import { isSessionId, sessionShard, sessionTime } from '../session-id.ts';

/**
 * Every key of the one table. Nothing else in the product knows how a key is spelled.
 *
 * ```
 * pk                              sk                                    besides
 * audit#2026-11-22#07             01KAN…#intent                         record, callerKey, roleKey, accountKey, unsealed or leaf
 * audit#2026-11-22#07             01KAN…#outcome                        the same, accessKeyId
 * ledger#head                     head                                  version, head
 * ledger#reconciler               until                                 version, until (epoch ms)
 * policy#<digest>                 change                                record, of the event that it is new
 * rate#<sha256 of issuer, subject>  minute#29922841                     used, expiresAt
 * token#<sha256 of issuer, jti>   used                                  expiresAt
 * signin#<sha256 of secret>       browser                               caller, signIn, expiresAt
 * attempt#<sha256 of state>       sign-in                               what the sign-in was begun with, expiresAt
 * key#registrations               key                                   key, of the signature of clients' registrations
 * tool#<sha256 of its id>         session                               version, caller, hashes of its tokens, expiresAt
 * code#<sha256 of code>           authorization                         version, caller, what it is good for, expiresAt
 * device#<sha256 of device code>  request                               version, what is asked for, caller, expiresAt
 * usercode#<sha256 of user code>  device                                device, expiresAt
 * preferences#<sha256 of issuer, subject>  roles                        favourites, recents, version
 *
 * index            partition key                          sort key
 * byCaller         callerKey    dev@example.com           sk
 * byRole           roleKey      prod/Admin#2026-11#3      sk
 * byAccount        accountKey   prod#2026-11#3            sk
 * byAccessKeyId    accessKeyId  ASIA…                     sk
 * byUnsealed       unsealed     unsealed#3                sk      (keys only, and only of records that wait for the ledger)
 * ```
 *
 * A record's partition is its day and one of 16 shards, so the log of a day is 16 queries and no partition
 * takes more than a sixteenth of the writes. Day and shard come from the session id (its time and its last
 * character), so a session is read by its id without an index. A role or an account can be hot: their index
 * keys are spread over four shards a month, because a throttled index throttles the table's writes.
 */
export const AUDIT_SHARDS = 16;
export const INDEX_SHARDS = 4;

export const INDEXES = {
  caller: { name: 'byCaller', key: 'callerKey' },
  role: { name: 'byRole', key: 'roleKey' },
  account: { name: 'byAccount', key: 'accountKey' },
  accessKeyId: { name: 'byAccessKeyId', key: 'accessKeyId' },
  unsealed: { name: 'byUnsealed', key: 'unsealed' },
} as const;

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** `2026-11-22` in UTC. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** `2026-11` in UTC. */
export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7);
}

export function auditPartition(day: string, shard: number): string {
  return `audit#${day}#${String(shard).padStart(2, '0')}`;
}

export function auditKey(sessionId: string, phase: 'intent' | 'outcome'): Key {
  const pk = auditPartition(dayOf(sessionTime(sessionId)), sessionShard(sessionId, AUDIT_SHARDS));
  return { pk, sk: `${sessionId}#${phase}` };
}

/** Where a record that no tree holds yet can be found. It has this attribute until it is sealed, and `leaf` from then on. */
export function unsealedKey(shard: number): string {
  return `unsealed#${shard}`;
}

export function unsealedKeyOf(sessionId: string): string {
  return unsealedKey(sessionShard(sessionId, INDEX_SHARDS));
}

/** Session and phase of a record's sort key. */
export function sessionAndPhase(sk: string): { readonly sessionId: string; readonly phase: 'intent' | 'outcome' } {
  return { sessionId: sk.slice(0, 26), phase: sk.slice(27) as 'intent' | 'outcome' };
}

/** The one item that decides how far the ledger's tree has grown. */
export const LEDGER_HEAD_KEY: Key = { pk: 'ledger#head', sk: 'head' };

/** Up to when sessions without an outcome have been looked for. */
export const RECONCILER_KEY: Key = { pk: 'ledger#reconciler', sk: 'until' };

/** Whether a text is the sort key of a record, `<session id>#intent` or `…#outcome`. */
export function isRecordSortKey(text: string): boolean {
  return isSessionId(text.slice(0, 26)) && ['#intent', '#outcome'].includes(text.slice(26));
}

/** The key of the role and account indexes. */
export function spreadKey(name: string, month: string, shard: number): string {
  return `${name}#${month}#${shard}`;
}

export function spreadKeyOf(name: string, sessionId: string): string {
  return spreadKey(name, monthOf(sessionTime(sessionId)), sessionShard(sessionId, INDEX_SHARDS));
}

/** One counter per caller and minute. Hashed, so that no claim's content can shape a key. */
export function rateKey(issuer: string, subject: string, now: number): Key {
  return { pk: `rate#${digest(issuer, subject)}`, sk: `minute#${Math.floor(now / 60_000)}` };
}

/** One item per single-use token, by issuer and `jti`: the raw token has many spellings and keys nothing. */
export function usedTokenKey(issuer: string, jti: string): Key {
  return { pk: `token#${digest(issuer, jti)}`, sk: 'used' };
}

/** A browser's session, by the secret in its cookie; the secret itself is kept nowhere. */
export function browserSessionKey(secret: string): Key {
  return { pk: `signin#${digest(secret)}`, sk: 'browser' };
}

/** A sign-in that was begun and is not finished, by its `state`. */
export function signInAttemptKey(state: string): Key {
  return { pk: `attempt#${digest(state)}`, sk: 'sign-in' };
}

/** The key that signs clients' registrations: made by whichever function needs it first. */
export const REGISTRATION_KEY: Key = { pk: 'key#registrations', sk: 'key' };

/** A tool that is signed in, by the id in its tokens. */
export function toolSessionKey(id: string): Key {
  return { pk: `tool#${digest(id)}`, sk: 'session' };
}

/** An authorization code. */
export function authorizationCodeKey(code: string): Key {
  return { pk: `code#${digest(code)}`, sk: 'authorization' };
}

/** A device that waits to be signed in, by `deviceHash` of its code. */
export function deviceRequestKey(deviceHash: string): Key {
  return { pk: `device#${deviceHash}`, sk: 'request' };
}

export function deviceHash(deviceCode: string): string {
  return digest(deviceCode);
}

/** What a person types to approve a device. Short, so its hash hides it from a glance and no more; it lives ten minutes. */
export function userCodeKey(userCode: string): Key {
  return { pk: `usercode#${digest(userCode)}`, sk: 'device' };
}

/** One counter per guesser (or of all of them) and ten minutes. */
export function userCodeGuessesKey(guesser: string, now: number): Key {
  return { pk: `rate#${digest('user codes', guesser)}`, sk: `guesses#${Math.floor(now / 600_000)}` };
}

/** What a person likes to have at hand in the portal. */
export function preferencesKey(issuer: string, subject: string): Key {
  return { pk: `preferences#${digest(issuer, subject)}`, sk: 'roles' };
}

/** An access policy that was seen: its event. */
export function policyKey(policyDigest: string): Key {
  return { pk: `policy#${policyDigest}`, sk: 'change' };
}

function digest(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  // Length first: ('ab', 'c') and ('a', 'bc') are different keys.
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('hex');
}
