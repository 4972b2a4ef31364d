import type { CredentialsAnswer } from '../../lib/http/contract.ts';
import { type CredentialsKey, credentialsPath } from './home.ts';
import { readPrivate } from './private-file.ts';

/** One cached session, as it stands in the file. */
export interface CachedCredentials {
  readonly version: 1;
  readonly key: CredentialsKey;
  readonly reason?: string | undefined;
  readonly ticket?: string | undefined;
  readonly answer: CredentialsAnswer;
}

/** Milliseconds. boto asks again for every call below 15 minutes, so what is served lives longer than that. */
const REFRESH_AHEAD = 900_000;

/** Milliseconds. Below this, credentials are not worth handing to a program that has yet to start. */
const USABLE = 60_000;

/**
 * - `fresh`: serve it
 * - `ageing`: ask the broker for new ones; serve it only when the broker cannot be reached
 * - `ended`: as good as gone
 */
export type Freshness = 'fresh' | 'ageing' | 'ended';

/**
 * Fresh while more than 15 minutes remain or, for sessions of less than an hour, more than a quarter.
 *
 * @param now epoch milliseconds
 */
export function freshness(answer: CredentialsAnswer, now: number): Freshness {
  const remaining = Date.parse(answer.Expiration) - now;
  if (remaining > Math.min(REFRESH_AHEAD, (answer.DurationSeconds * 1000) / 4)) return 'fresh';
  return remaining > USABLE ? 'ageing' : 'ended';
}

/**
 * What is cached for the key, or undefined: no file, or `onDamage` was called because the file holds something
 * else. The names in the file are compared with the key, so a renamed file serves nobody else's session.
 */
export function readCached(home: string, key: CredentialsKey, onDamage: () => void): CachedCredentials | undefined {
  const text = readPrivate(credentialsPath(home, key));
  if (text === undefined) return undefined;
  const cached = parseCached(text);
  if (cached !== undefined && sameKey(cached.key, key)) return cached;
  onDamage();
  return undefined;
}

function parseCached(text: string): CachedCredentials | undefined {
  try {
    const cached = JSON.parse(text) as CachedCredentials;
    const answer = cached.answer;
    const texts = [answer.AccessKeyId, answer.SecretAccessKey, answer.SessionToken, answer.Expiration];
    const whole = cached.version === 1 && texts.every((member) => typeof member === 'string' && member !== '');
    return whole && answer.DurationSeconds > 0 && Date.parse(answer.Expiration) > 0 ? cached : undefined;
  } catch {
    return undefined;
  }
}

function sameKey(left: CredentialsKey | undefined, right: CredentialsKey): boolean {
  return (
    left?.broker === right.broker &&
    left.role === right.role &&
    left.durationSeconds === right.durationSeconds &&
    left.issuer === right.issuer &&
    left.subject === right.subject
  );
}

/**
 * The `credential_process` document, one line.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function credentialProcessDocument(answer: CredentialsAnswer): string {
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId } = answer;
  const { SessionId, RoleArn, SourceIdentity } = answer;
  const standard = { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId };
  return `${JSON.stringify({ ...standard, SessionId, RoleArn, SourceIdentity })}\n`;
}
