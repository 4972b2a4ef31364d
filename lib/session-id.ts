import { randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SESSION_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const RANDOM_BYTES = 10;

/** Session tag that carries the session id. The prefix `daypass:` is refused in the access policy. */
export const SESSION_ID_TAG = 'daypass:session-id';

/** The longest RoleSessionName STS takes. */
const ROLE_SESSION_NAME_LENGTH = 64;

/**
 * A new session id: a ULID, 26 characters, 48 bits of time and 80 of randomness. It sorts by time and tells
 * its time, so the audit record's key follows from it; and every character of it is legal wherever AWS shows it.
 *
 * @param now epoch milliseconds
 * @see https://github.com/ulid/spec
 */
export function newSessionId(now: number): string {
  return encodeTime(now) + encodeRandom(randomBytes(RANDOM_BYTES));
}

export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text);
}

/** Epoch milliseconds at which the session id was made. */
export function sessionTime(sessionId: string): number {
  let time = 0;
  for (const character of sessionId.slice(0, 10)) time = time * 32 + CROCKFORD.indexOf(character);
  return time;
}

/** One of `shards` (a power of two, 32 at most): the last character is random, five bits uniformly spread. */
export function sessionShard(sessionId: string, shards: number): number {
  return CROCKFORD.indexOf(sessionId.slice(-1)) % shards;
}

/** The lowest session id of a millisecond: for ranges over sort keys. */
export function firstSessionIdAt(time: number): string {
  return encodeTime(time) + '0'.repeat(16);
}

/**
 * The STS RoleSessionName: `<session id>-<username>`, or the session id alone when both would not fit. A name
 * is never cut: two long usernames with a common beginning must not look alike. The session id always comes
 * first and has a fixed width, so a CloudTrail line leads back to the record.
 */
export function roleSessionName(sessionId: string, username: string): string {
  const name = `${sessionId}-${username}`;
  return name.length <= ROLE_SESSION_NAME_LENGTH ? name : sessionId;
}

/** Stands for the id of a session that there is not yet. */
export const SESSION_ID_PLACEHOLDER = '{sessionId}';

/** `roleSessionName` while there is no session yet: `{sessionId}-<username>`, or `{sessionId}` alone. */
export function roleSessionNamePattern(username: string): string {
  const stand = '0'.repeat(26);
  return SESSION_ID_PLACEHOLDER + roleSessionName(stand, username).slice(stand.length);
}

/** The session id in a RoleSessionName made here; undefined for any other name. */
export function sessionIdOf(name: string): string | undefined {
  const sessionId = name.slice(0, 26);
  return isSessionId(sessionId) && (name.length === 26 || name[26] === '-') ? sessionId : undefined;
}

function encodeTime(time: number): string {
  let text = '';
  for (let left = time, index = 0; index < 10; index += 1) {
    text = CROCKFORD[left % 32] + text;
    left = Math.floor(left / 32);
  }
  return text;
}

function encodeRandom(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += CROCKFORD[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return text;
}
