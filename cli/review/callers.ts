import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { ReviewedCaller } from '../../lib/access/review/access-changes.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { Failure } from '../failure.ts';
import { readEntries } from '../json-entries.ts';
import { suppose } from '../policy/suppose.ts';
import { readText } from '../read-text.ts';
import { auditRecordOf, looksLikeRecord } from './audit-record-of.ts';

/** Options of every command that is about concrete people. */
export const CALLERS_OPTIONS = {
  callers: { value: 'PLACE', help: 'people: a folder of claims (*.json), a file of claims, or an audit export' },
} as const;

/** Something that names nobody, and why. */
export interface Unusable {
  readonly where: string;
  readonly message: string;
}

export interface Callers {
  readonly callers: readonly ReviewedCaller[];
  /** A review that leaves somebody out must say so. */
  readonly unusable: readonly Unusable[];
}

/**
 * People to review access for. A folder holds the claims of one in each `*.json`; a file holds a JSON object, an array
 * of them, or one per line. A line of an audit export (`daypass audit --json`) stands for its caller, with the claims
 * of their last record; nothing is verified.
 *
 * @param now epoch milliseconds
 * @throws Failure `local` when there is no such place
 */
export async function callersOf(place: string, policy: AccessPolicy, now: number): Promise<Callers> {
  const found = isFolder(place) ? fromFolder(place) : fromFile(place);
  const callers = new Map<string, ReviewedCaller>();
  const unusable: Unusable[] = [];
  for (const { where, value, name } of found) {
    if (!isJsonObject(value)) {
      unusable.push({ where, message: 'it is not a JSON object with claims' });
      continue;
    }
    try {
      const reviewed = await reviewedCaller(policy, value, name, now);
      if (reviewed !== undefined) callers.set(reviewed.name, reviewed);
    } catch (thrown) {
      if (!Failure.is(thrown)) throw thrown;
      unusable.push({ where, message: thrown.message });
    }
  }
  return { callers: [...callers.values()], unusable };
}

interface Found {
  readonly where: string;
  readonly value: Json | undefined;
  /** What to call them where their claims do not say. */
  readonly name: string;
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

function fromFolder(folder: string): Found[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (names.length === 0)
    throw new Failure('local', `${folder} holds no claims`, { hint: 'one JSON object in each *.json' });
  return names.sort().flatMap((name) => fromFile(join(folder, name)));
}

function fromFile(file: string): Found[] {
  const entries = readEntries(readText(file));
  const name = basename(file).replace(/\.jsonl?$/, '');
  return entries.map((entry, index) => {
    const own = entries.length === 1 ? name : `${name}#${index + 1}`;
    return { where: `${file}: ${entry.where}`, value: 'value' in entry ? entry.value : undefined, name: own };
  });
}

/** @returns undefined for a record of nobody, or without claims */
async function reviewedCaller(
  policy: AccessPolicy,
  value: JsonObject,
  name: string,
  now: number,
): Promise<ReviewedCaller | undefined> {
  if (!looksLikeRecord(value)) {
    const caller = await suppose(policy, { claims: value, now });
    return { name: caller.username === 'somebody' ? name : caller.username, caller: signedInNow(caller, now) };
  }
  const record = auditRecordOf(value);
  if (record === undefined) throw new Failure('refused', 'it is not a whole audit record');
  const { caller, claims } = record;
  if (caller === undefined || claims === undefined) return undefined;
  const { issuer, subject, username } = caller;
  const supposed = await suppose(policy, { claims: present(claims), issuer, now });
  return { name: username, caller: signedInNow({ ...supposed, username, subject }, now) };
}

/** A record says `null` of a claim that was not there. */
function present(claims: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(claims).filter(([name, value]) => value !== null && name !== 'exp' && name !== 'auth_time'),
  );
}

/** A review asks what somebody can have, not how long ago they happened to sign in. */
function signedInNow<C extends { readonly authenticatedAt: number | undefined }>(caller: C, now: number): C {
  return { ...caller, authenticatedAt: Math.floor(now / 1000) };
}
