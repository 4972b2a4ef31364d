import { Fault } from '../fault.ts';
import type { Issuer } from './issuer.ts';
import { createJwksSource, type Fetch } from './jwks-source.ts';
import type { VerificationKey } from './key-admission.ts';
import type { KeyIndex, KeySet } from './key-set.ts';

export interface RemoteKeySetOptions {
  readonly fetch: Fetch;
  /** For discovery and key set together, milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
  /** Age at which the set is read again, seconds. Default 600. */
  readonly maxAgeSeconds?: number;
  /** Age up to which a set serves while it cannot be read again, seconds. Default 86,400, which is also the most. */
  readonly maxStaleSeconds?: number;
  /** Told of every failed read, for a metric or an alarm; keys may still be served from the last good set. */
  readonly onFailure?: (issuer: string, fault: Fault) => void;
}

const DAY_SECONDS = 86_400;

/** Milliseconds between two reads that an unknown key id may cause. */
const UNKNOWN_KEY_PAUSE = 30_000;

/** Pause after a failed read, milliseconds: doubles with each further failure. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/**
 * An issuer's published keys, cached in this process.
 *
 * - The set is read when it is first needed and again when it is older than `maxAgeSeconds`; any number of
 *   callers share one read.
 * - When it cannot be read, the last good set serves for at most 24 hours; then nothing does.
 * - After a failure nobody tries again for a pause that doubles from one second to one minute.
 * - A key id that the set does not have causes at most one read per 30 seconds, whoever asks for however many:
 *   so a rotation is noticed at once, and a flood of made-up ids does not reach the identity provider.
 */
export function createRemoteKeySet(issuer: Issuer, options: RemoteKeySetOptions): KeySet {
  const source = createJwksSource(issuer, options.fetch, options.timeoutMs);
  const maxAge = (options.maxAgeSeconds ?? 600) * 1_000;
  const maxStale = Math.min(options.maxStaleSeconds ?? DAY_SECONDS, DAY_SECONDS) * 1_000;

  let current: { readonly index: KeyIndex; readonly readAt: number } | undefined;
  let failure: { readonly fault: Fault; readonly count: number; readonly retryAt: number } | undefined;
  let flight: Promise<void> | undefined;
  let unknownKeyReadAt = Number.NEGATIVE_INFINITY;

  async function read(now: number): Promise<void> {
    try {
      current = { index: await source.read(), readAt: now };
      failure = undefined;
    } catch (error) {
      const fault = Fault.from(error);
      const count = (failure?.count ?? 0) + 1;
      const pause = Math.min(FIRST_PAUSE * 2 ** (count - 1), LONGEST_PAUSE);
      failure = { fault, count, retryAt: now + Math.max(pause, (fault.retryAfterSeconds ?? 0) * 1_000) };
      options.onFailure?.(issuer.name, fault);
    } finally {
      flight = undefined;
    }
  }

  function isPausing(now: number): boolean {
    return failure !== undefined && now < failure.retryAt;
  }

  /** Joins the read under way or starts one, unless a failure is too fresh. True when something was tried. */
  async function refresh(now: number): Promise<boolean> {
    if (flight === undefined && isPausing(now)) return false;
    flight ??= read(now);
    await flight;
    return true;
  }

  function usable(now: number): KeyIndex {
    if (current !== undefined && now - current.readAt <= maxStale) return current.index;
    const { code, detail } = failure?.fault ?? ({ code: 'idp_unavailable', detail: 'the key set is too old' } as const);
    const seconds = Math.max(1, Math.ceil(((failure?.retryAt ?? now) - now) / 1_000));
    throw new Fault(code, detail, { cause: failure?.fault, retryAfterSeconds: seconds });
  }

  async function findAfresh(keyId: string, now: number): Promise<VerificationKey | undefined> {
    if (flight === undefined) {
      if (isPausing(now) || now - unknownKeyReadAt < UNKNOWN_KEY_PAUSE) return undefined;
      unknownKeyReadAt = now;
    }
    return (await refresh(now)) ? usable(now).find(keyId) : undefined;
  }

  return {
    async key(keyId, now) {
      const isFresh = current !== undefined && now - current.readAt < maxAge;
      const tried = !isFresh && (await refresh(now));
      // A set that was read for this very call need not be read for it again.
      const found = usable(now).find(keyId) ?? (tried ? undefined : await findAfresh(keyId, now));
      if (found !== undefined) return found;
      const stale = failure === undefined ? '' : `; the last attempt to read it failed (${failure.fault.code})`;
      throw new Fault('key_unknown', `issuer ${issuer.name} has no key of this id${stale}`);
    },
  };
}
