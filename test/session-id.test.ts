import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstSessionIdAt,
  isSessionId,
  newSessionId,
  roleSessionName,
  roleSessionNamePattern,
  sessionIdOf,
  sessionTime,
} from '../lib/session-id.ts';

/** Epoch milliseconds a ULID can hold. */
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
/** What STS takes as a SourceIdentity, and so what a username can be. */
const username = fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{2,64}$/);
const LEGAL_NAME = /^[A-Za-z0-9_+=,.@-]{2,64}$/;

describe('session ids', () => {
  test('are ULIDs that tell their time', () => {
    fc.assert(
      fc.property(time, (now) => {
        const id = newSessionId(now);
        expect(isSessionId(id)).toBe(true);
        expect(sessionTime(id)).toBe(now);
      }),
    );
  });

  test('sort by time', () => {
    fc.assert(
      fc.property(time, time, (one, two) => {
        fc.pre(one < two);
        expect(newSessionId(one) < newSessionId(two)).toBe(true);
        expect(firstSessionIdAt(two) > newSessionId(one)).toBe(true);
        expect(firstSessionIdAt(one) <= newSessionId(one)).toBe(true);
      }),
    );
  });

  test('made in one millisecond do not collide', () => {
    const ids = new Set(Array.from({ length: 100_000 }, () => newSessionId(1_800_000_000_000)));
    expect(ids.size).toBe(100_000);
  });

  test('use every character of the alphabet in every random place', () => {
    const seen = Array.from({ length: 16 }, () => new Set<string>());
    for (let round = 0; round < 5000; round += 1) {
      for (const [place, character] of [...newSessionId(0).slice(10)].entries()) seen[place]?.add(character);
    }
    expect(seen.map((characters) => characters.size)).toEqual(Array(16).fill(32));
  });

  test.each([
    '',
    '01ARZ3NDEKTSV4RRFFQ69G5FA',
    '81ARZ3NDEKTSV4RRFFQ69G5FAV',
    '01ARZ3NDEKTSV4RRFFQ69G5FAI',
    '01arz3ndektsv4rrffq69g5fav',
  ])('refuses %j as a session id', (text) => expect(isSessionId(text)).toBe(false));
});

describe('role session names', () => {
  test('are always legal and lead back to the session', () => {
    fc.assert(
      fc.property(time, username, (now, name) => {
        const id = newSessionId(now);
        const roleName = roleSessionName(id, name);
        expect(roleName).toMatch(LEGAL_NAME);
        expect(sessionIdOf(roleName)).toBe(id);
      }),
    );
  });

  test('never collide for two sessions, whatever the usernames', () => {
    fc.assert(
      fc.property(time, username, username, (now, one, two) => {
        expect(roleSessionName(newSessionId(now), one)).not.toBe(roleSessionName(newSessionId(now), two));
      }),
      { numRuns: 2000 },
    );
  });

  test('never hold a cut username: it is whole or not there', () => {
    fc.assert(
      fc.property(username, (name) => {
        const id = newSessionId(0);
        expect([`${id}-${name}`, id]).toContain(roleSessionName(id, name));
      }),
    );
  });

  test('are known before the session is, but for its id', () => {
    fc.assert(
      fc.property(username, (name) => {
        const id = newSessionId(0);
        expect(roleSessionNamePattern(name).replace('{sessionId}', id)).toBe(roleSessionName(id, name));
      }),
    );
  });

  test.each(['botocore-session-1795352427', 'dev@example.com', '01ARZ3NDEKTSV4RRFFQ69G5FAVx', ''])(
    'that Daypass did not make (%j) lead nowhere',
    (name) => expect(sessionIdOf(name)).toBeUndefined(),
  );
});
