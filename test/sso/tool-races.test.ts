import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fault } from '../../lib/fault.ts';
import type { Caller } from '../../lib/identity/caller.ts';
import { authorizationCodes } from '../../lib/sso/authorization-codes.ts';
import { deviceRequests } from '../../lib/sso/device-requests.ts';
import { newToolSessionId, toolSessions } from '../../lib/sso/tool-sessions.ts';
import { toolSessionKey } from '../../lib/store/table.ts';
import { type TestTable, testTable } from '../support/table.ts';
import { pkce, REDIRECT } from '../support/tool.ts';

/** What is good once is used once, whoever asks, however many at the same time. */

let store: TestTable;
beforeAll(async () => {
  store = await testTable();
});
afterAll(() => store.close());

/** More behind `DAYPASS_ROUNDS`. */
const ROUNDS = Number(process.env['DAYPASS_ROUNDS'] ?? '25');
const LONG = { timeout: 900_000 };
const NOW = Date.now();
const END = Math.floor(NOW / 1000) + 28_800;

const CALLER: Caller = {
  issuer: 'corp',
  issuerUrl: 'https://idp.example.com',
  subject: 'somebody',
  username: 'somebody@example.com',
  claims: { groups: ['engineering'] },
  authenticatedAt: END - 28_800,
  issuedAt: END - 28_800,
  expiresAt: END,
  tokenSha256: '0'.repeat(64),
};
const CLIENT = { clientId: 'a-client' };
const GRANT = { caller: CALLER, ...CLIENT, refreshes: true, expiresAt: END };

const sixteen = <T>(work: () => Promise<T>) => Promise.allSettled(Array.from({ length: 16 }, work));

function won<T>(ends: readonly PromiseSettledResult<T>[], losersCode: string): T[] {
  for (const end of ends) {
    if (end.status === 'rejected') expect((end.reason as Fault).code).toBe(losersCode);
  }
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
}

describe(`In each of ${ROUNDS} rounds of 16`, () => {
  test('an authorization code gives one session, which its second use ends', LONG, async () => {
    const sessions = toolSessions(store.table);
    const codes = authorizationCodes(store.table, sessions);
    for (let round = 0; round < ROUNDS; round += 1) {
      const { verifier, challenge } = pkce();
      const authorization = {
        ...CLIENT,
        caller: CALLER,
        redirectUri: REDIRECT,
        codeChallenge: challenge,
        sessionEndsAt: END,
      };
      const code = await codes.issue(authorization, NOW);
      const redeem = async () => {
        const { use } = await codes.open({ ...CLIENT, code, redirectUri: REDIRECT, codeVerifier: verifier }, NOW);
        return sessions.create(await use(), GRANT, NOW);
      };
      const tokens = won(await sixteen(redeem), 'grant_invalid');
      expect(tokens.length).toBeLessThanOrEqual(1);
      // Fifteen second uses: whatever came of the first is over.
      for (const { accessToken } of tokens) {
        await expect(sessions.find(accessToken, NOW)).rejects.toMatchObject({ code: 'tool_session_ended' });
      }
    }
  });

  test('an authorization code is used up once', LONG, async () => {
    const codes = authorizationCodes(store.table, { revoke: async () => undefined });
    for (let round = 0; round < ROUNDS; round += 1) {
      const { verifier, challenge } = pkce();
      const authorization = {
        ...CLIENT,
        caller: CALLER,
        redirectUri: REDIRECT,
        codeChallenge: challenge,
        sessionEndsAt: END,
      };
      const code = await codes.issue(authorization, NOW);
      const request = { ...CLIENT, code, redirectUri: REDIRECT, codeVerifier: verifier };
      const ends = await sixteen(async () => (await codes.open(request, NOW)).use());
      expect(won(ends, 'grant_invalid')).toHaveLength(1);
    }
  });

  test('a device code is used up once', LONG, async () => {
    const devices = deviceRequests(store.table, { revoke: async () => undefined });
    for (let round = 0; round < ROUNDS; round += 1) {
      const request = { ...CLIENT, clientName: 'x', refreshes: true, sourceIp: undefined, userAgent: undefined };
      const { deviceCode, userCode } = await devices.begin(request, NOW);
      await devices.approve(userCode.replace('-', ''), { caller: CALLER, sessionEndsAt: END }, NOW);
      const ends = await sixteen(async () => {
        const device = await devices.ask(deviceCode, CLIENT.clientId, NOW);
        if (device.state === 'pending') throw new Fault('authorization_pending', '');
        return device.use();
      });
      expect(won(ends, 'grant_invalid')).toHaveLength(1);
    }
  });

  test('a device is approved or denied, and not both', LONG, async () => {
    const devices = deviceRequests(store.table, { revoke: async () => undefined });
    for (let round = 0; round < ROUNDS; round += 1) {
      const request = { ...CLIENT, clientName: 'x', refreshes: true, sourceIp: undefined, userAgent: undefined };
      const { userCode } = await devices.begin(request, NOW);
      const code = userCode.replace('-', '');
      let turn = 0;
      const ends = await sixteen(async () => {
        turn += 1;
        if (turn % 2 === 0) return devices.deny(code, NOW);
        return devices.approve(code, { caller: CALLER, sessionEndsAt: END }, NOW);
      });
      expect(won(ends, 'user_code_unknown')).toHaveLength(1);
    }
  });

  test('an approval is not lost to a device that asks meanwhile', LONG, async () => {
    const devices = deviceRequests(store.table, { revoke: async () => undefined });
    // Each of the sixteen has to wait for all the others: a fifth of the rounds takes as long as all of another.
    for (let round = 0; round < ROUNDS / 5; round += 1) {
      const request = { ...CLIENT, clientName: 'x', refreshes: true, sourceIp: undefined, userAgent: undefined };
      const { deviceCode, userCode } = await devices.begin(request, NOW);
      let turn = 0;
      const ends = await sixteen(async () => {
        turn += 1;
        if (turn !== 1 + (round % 16)) return devices.ask(deviceCode, CLIENT.clientId, NOW);
        return devices.approve(userCode.replace('-', ''), { caller: CALLER, sessionEndsAt: END }, NOW);
      });
      won(ends, 'slow_down');
      await expect(devices.ask(deviceCode, CLIENT.clientId, NOW)).resolves.toMatchObject({
        state: 'approved',
        caller: { subject: 'somebody' },
      });
    }
  });

  test('one guesser has five codes looked for', LONG, async () => {
    const devices = deviceRequests(store.table, { revoke: async () => undefined });
    for (let round = 0; round < ROUNDS; round += 1) {
      // Each in ten minutes of their own: all guessers together have a limit, too.
      const now = NOW + (round + 1) * 600_000;
      const ends = await sixteen(() => devices.find('BCDF-GHJK', { issuer: 'corp', subject: `guesser ${round}` }, now));
      const codes = ends.map((end) => (end.status === 'rejected' ? (end.reason as Fault).code : 'found'));
      expect(codes.filter((code) => code === 'user_code_unknown')).toHaveLength(5);
      expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(11);
    }
  });

  test('a refresh token has one successor, whoever asks for it', LONG, async () => {
    const sessions = toolSessions(store.table);
    for (let round = 0; round < ROUNDS; round += 1) {
      const first = await sessions.create(newToolSessionId(), GRANT, NOW);
      const refresh = async () => (await sessions.refresh(first.refreshToken ?? '', CLIENT, NOW)).rotate();
      const tokens = won(await sixteen(refresh), 'none');
      expect(tokens).toHaveLength(16);
      expect(new Set(tokens.map(({ refreshToken }) => refreshToken)).size).toBe(1);
      expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
      await expect(sessions.find(tokens[0]?.accessToken ?? '', NOW)).resolves.toMatchObject({ subject: 'somebody' });
      // One rotation: the item was written when it began, and once more.
      const id = /^dpa_(.{22})\./.exec(first.accessToken)?.[1] ?? '';
      expect((await store.table.get(toolSessionKey(id)))?.['version']).toBe(2);
    }
  });

  test('a session that is ended while it is refreshed stays ended', LONG, async () => {
    const sessions = toolSessions(store.table);
    for (let round = 0; round < ROUNDS; round += 1) {
      const first = await sessions.create(newToolSessionId(), GRANT, NOW);
      let turn = 0;
      const ends = await sixteen(async () => {
        turn += 1;
        if (turn === 8) return sessions.end(first.accessToken, NOW);
        return (await sessions.refresh(first.refreshToken ?? '', CLIENT, NOW)).rotate();
      });
      const tokens = won(ends, 'grant_invalid').filter((end) => end !== undefined);
      for (const { accessToken, refreshToken } of [first, ...tokens]) {
        await expect(sessions.find(accessToken, NOW)).rejects.toMatchObject({ code: 'tool_session_ended' });
        await expect(sessions.refresh(refreshToken ?? '', CLIENT, NOW)).rejects.toMatchObject({
          code: 'grant_invalid',
        });
      }
    }
  });
});
