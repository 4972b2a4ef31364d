import { createHmac, randomBytes } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import type { Verifier } from '../identity/verifier.ts';
import type { Item, Table } from '../store/dynamodb.ts';
import { toolSessionKey } from '../store/table.ts';
import { callerMembers, callerOf, hashOf, newSecret, stored, swap } from './stored.ts';

/** What a tool is signed in with. */
export interface ToolGrant {
  /** As verified when the person approved. */
  readonly caller: Caller;
  /** The only client that may refresh. */
  readonly clientId: string;
  /** Whether it may refresh. Without, its one access token lasts as long as the session. */
  readonly refreshes: boolean;
  /** Epoch seconds: the session ends then, whatever is refreshed. */
  readonly expiresAt: number;
  /** Role id, where the session is for one alone. */
  readonly role?: string | undefined;
  /** The key that whoever refreshes has to have (RFC 9449 §5), by its RFC 7638 thumbprint. */
  readonly keyThumbprint?: string | undefined;
}

/** Who refreshes. */
export type Refresher = Pick<ToolGrant, 'clientId' | 'keyThumbprint'>;

/** Tokens of a tool: bearer secrets, kept nowhere. */
export interface ToolTokens {
  readonly accessToken: string;
  /** Epoch seconds. */
  readonly accessExpiresAt: number;
  readonly refreshToken: string | undefined;
}

/** A refresh token that is good, and not used up yet. */
export interface Refresh {
  readonly caller: Caller;
  readonly role: string | undefined;
  /** Uses it up, and gives what comes in its place. @throws Fault `grant_invalid`, `store_unavailable` */
  rotate(): Promise<ToolTokens>;
}

/**
 * Tools that are signed in. One item is one sign-in with all the tokens that ever come of it (RFC 9700 calls them a
 * family), of which it holds nothing but hashes.
 *
 * A refresh token is good once. Several processes share one, and none waits for the others: within a minute of its use
 * it gives the same successor again, which follows from it and the item's salt. After that minute whoever has it is
 * either a thief or was robbed, and the session is over (RFC 9700 §4.14.2).
 */
export interface ToolSessions {
  /**
   * Signs a tool in.
   *
   * @param id of the session to be: its code knows it from the beginning, so that a second use of the code can end it
   * @param now epoch milliseconds
   * @throws Fault `grant_invalid` when the session was ended before it began, `store_unavailable`
   */
  create(id: string, grant: ToolGrant, now: number): Promise<ToolTokens>;
  /** Whom the tool acts for. @throws Fault `tool_session_ended`, `store_unavailable` */
  find(accessToken: string, now: number): Promise<Caller>;
  /** @throws Fault `grant_invalid` (after which the session is over, if it was a second use), `store_unavailable` */
  refresh(refreshToken: string, refresher: Refresher, now: number): Promise<Refresh>;
  /** The same, but of a token that may have expired. @throws Fault `tool_session_ended`, `store_unavailable` */
  recognise(accessToken: string): Promise<Caller>;
  /** The session of an access token is over, with all its tokens. @throws Fault `store_unavailable` */
  end(accessToken: string, now: number): Promise<void>;
  /** The same by its id; also of one that has not begun. @throws Fault `store_unavailable` */
  revoke(id: string, now: number): Promise<void>;
}

/** Seconds. AWS's clients refresh with up to 15 minutes left. */
const ACCESS_SECONDS = 3600;

/** Milliseconds in which a used refresh token gives its successor again. */
export const REUSE_GRACE_MS = 60_000;

/** Seconds for which an ended session is remembered as such, where it had no end of its own. */
const TOMBSTONE_SECONDS = 3600;

/** Rounds in which others may have changed the item in between. */
const ROUNDS = 20;

/** Id and secret of a token. The beginning lets scanners find a token that went astray. */
const TOKEN = /^dp([ar])_([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

const SESSION = 'the tool’s session';

export function newToolSessionId(): string {
  return randomBytes(16).toString('base64url');
}

export function toolSessions(table: Table): ToolSessions {
  const read = (id: string) => stored(SESSION, () => table.get(toolSessionKey(id)));

  async function change(id: string, changed: (item: Item | undefined) => Item | undefined): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const item = await read(id);
      const next = changed(item);
      if (next === undefined) return;
      const version = Number(item?.['version'] ?? 0);
      if (await swap(table, SESSION, { ...next, ...toolSessionKey(id), version: version + 1 }, version)) return;
    }
    throw new Fault('store_unavailable', 'the session changes too fast to be ended');
  }

  const end = (id: string, now: number) =>
    change(id, (item) => {
      if (item?.['ended'] !== undefined) return undefined;
      const expiresAt = Math.max(Number(item?.['expiresAt'] ?? 0), Math.floor(now / 1000) + TOMBSTONE_SECONDS);
      return { ended: 1, expiresAt };
    });

  return {
    async create(id, { caller, clientId, refreshes, expiresAt, role, keyThumbprint }, now) {
      const [access, refresh] = [newSecret(), newSecret()];
      const accessExpiresAt = refreshes ? accessEnd(now, expiresAt) : expiresAt;
      const item = {
        ...toolSessionKey(id),
        version: 1,
        ...callerMembers(caller),
        client: hashOf(clientId),
        ...(role !== undefined && { role }),
        ...(keyThumbprint !== undefined && { keyThumbprint }),
        access: hashOf(access),
        accessExpiresAt,
        ...(refreshes && { refresh: hashOf(refresh) }),
        expiresAt,
      };
      if (!(await swap(table, SESSION, item, 0)))
        throw new Fault('grant_invalid', 'the session was ended before it began');
      return {
        accessToken: token('a', id, access),
        accessExpiresAt,
        refreshToken: refreshes ? token('r', id, refresh) : undefined,
      };
    },

    find: (accessToken, now) => known(accessToken, now),
    recognise: (accessToken) => known(accessToken, 0),

    async refresh(refreshToken, refresher, now) {
      const { id, secret } = parts('r', refreshToken) ?? {};
      if (id === undefined || secret === undefined) throw new Fault('grant_invalid', 'not a refresh token of ours');
      const first = await good(id, secret, refresher, now);
      return {
        caller: callerOf(first, Number(first['expiresAt'])),
        role: first['role'] === undefined ? undefined : String(first['role']),
        async rotate() {
          for (let round = 0, item = first; round < ROUNDS; round += 1, item = await good(id, secret, refresher, now)) {
            if (item['refresh'] !== hashOf(secret)) {
              const expiresAt = Number(item['accessExpiresAt']);
              return successor(id, secret, String(item['salt']), expiresAt);
            }
            const salt = newSecret();
            const version = Number(item['version']);
            const next = successor(id, secret, salt, accessEnd(now, Number(item['expiresAt'])));
            const { access, accessExpiresAt, refresh, ...rest } = item;
            const rotated = {
              ...rest,
              ...toolSessionKey(id),
              version: version + 1,
              access: hashOf(secretOf(next.accessToken)),
              accessExpiresAt: next.accessExpiresAt,
              previousAccess: access ?? '',
              previousAccessExpiresAt: accessExpiresAt ?? 0,
              refresh: hashOf(secretOf(next.refreshToken ?? '')),
              previousRefresh: refresh ?? '',
              rotatedAt: now,
              salt,
            };
            if (await swap(table, SESSION, rotated, version)) return next;
          }
          throw new Fault('store_unavailable', 'the session changes too fast to be refreshed');
        },
      };
    },

    async end(accessToken, now) {
      const { id } = parts('a', accessToken) ?? {};
      if (id !== undefined) await end(id, now);
    },
    revoke: end,
  };

  /** @param goodAt epoch milliseconds */
  async function known(accessToken: string, goodAt: number): Promise<Caller> {
    const { id, secret } = parts('a', accessToken) ?? {};
    const item = id === undefined ? undefined : await read(id);
    const isKnown = item !== undefined && secret !== undefined && isGood(item, hashOf(secret), goodAt);
    if (!isKnown) throw new Fault('tool_session_ended', 'no live session of this access token');
    return callerOf(item, Number(item['expiresAt']));
  }

  /** The session of a refresh token that is good, or was until a moment ago. */
  async function good(id: string, secret: string, refresher: Refresher, now: number): Promise<Item> {
    const item = await read(id);
    if (item === undefined || item['ended'] !== undefined || item['refresh'] === undefined) {
      throw new Fault('grant_invalid', 'the session of this refresh token is not there, or was ended');
    }
    if (!(Number(item['expiresAt']) * 1000 > now)) throw new Fault('grant_invalid', 'the session has ended');
    if (item['client'] !== hashOf(refresher.clientId)) {
      throw new Fault('grant_invalid', 'the session is of another client');
    }
    // Without the key a refresh token is worth nothing, and tells nothing about who sent it.
    if (item['keyThumbprint'] !== refresher.keyThumbprint) {
      throw new Fault('grant_invalid', 'the session is bound to another key');
    }
    const hash = hashOf(secret);
    if (item['refresh'] === hash) return item;
    const sinceMs = now - Number(item['rotatedAt'] ?? 0);
    if (item['previousRefresh'] === hash && sinceMs <= REUSE_GRACE_MS) return item;
    // Only who had a token of this session knows its id, so this is an old one of it.
    await end(id, now);
    throw new Fault('grant_invalid', 'the refresh token was used before: its session is over');
  }
}

/** The one path's verifier for tools: what is verified is the access token. */
export function toolVerifier(sessions: ToolSessions): Verifier {
  return { verify: (accessToken, now) => sessions.find(accessToken, now) };
}

function token(kind: 'a' | 'r', id: string, secret: string): string {
  return `dp${kind}_${id}.${secret}`;
}

function parts(kind: 'a' | 'r', text: string): { readonly id: string; readonly secret: string } | undefined {
  const [, given, id, secret] = TOKEN.exec(text) ?? [];
  return given === kind && id !== undefined && secret !== undefined ? { id, secret } : undefined;
}

function secretOf(text: string): string {
  return text.slice(text.indexOf('.') + 1);
}

/** What comes in a refresh token's place: the same whoever works it out, and nothing to who has the salt alone. */
function successor(id: string, secret: string, salt: string, accessExpiresAt: number): ToolTokens {
  const derived = (purpose: string) => createHmac('sha256', secret).update(`${purpose}\n${salt}`).digest('base64url');
  return {
    accessToken: token('a', id, derived('access')),
    accessExpiresAt,
    refreshToken: token('r', id, derived('refresh')),
  };
}

function accessEnd(now: number, sessionEnd: number): number {
  return Math.min(Math.floor(now / 1000) + ACCESS_SECONDS, sessionEnd);
}

/** Other processes go on with the token from before the last refresh until it expires by itself. */
function isGood(item: Item, hash: string, now: number): boolean {
  if (item['ended'] !== undefined) return false;
  if (item['access'] === hash) return Number(item['accessExpiresAt']) * 1000 > now;
  return item['previousAccess'] === hash && Number(item['previousAccessExpiresAt']) * 1000 > now;
}
