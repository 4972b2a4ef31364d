import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { ReviewedCaller } from '../../lib/access/review/access-changes.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import type { Caller } from '../../lib/identity/caller.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Input } from '../command.ts';
import { Failure } from '../failure.ts';
import { readEntries } from '../json-entries.ts';
import { detail, say } from '../output.ts';
import { suppose } from '../policy/suppose.ts';
import { readText } from '../read-text.ts';
import { auditRecordOn, jsonOn, looksLikeRecord } from './audit-record-of.ts';
import { linesOf } from './lines.ts';

/** Options of every command that is about concrete people. */
export const CALLERS_OPTIONS = {
  callers: { value: 'PLACE', help: 'people: a folder of claims (*.json), a file of claims, or an audit export' },
} as const;

export const CIRCUMSTANCES_OPTIONS = {
  'source-ip': { value: 'ADDRESS', help: 'the network address that these people come from' },
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

/** The policies that people are looked at by: the one in force and the proposed one, or the same twice. */
export interface Policies {
  readonly before: AccessPolicy;
  readonly after: AccessPolicy;
}

/**
 * People to review access for. A folder holds the claims of one in each `*.json`; a file holds a JSON object, an array
 * of them, or one per line; of an audit export (`daypass audit --json`) each caller is taken with the claims of their
 * newest record that has some. Nothing is verified.
 *
 * @param now epoch milliseconds
 * @throws Failure `local` when there is no such place
 */
export async function callersOf(place: string, policies: Policies, now: number): Promise<Callers> {
  if (isFolder(place)) return fromClaims(fromFolder(place), policies, now);
  return (await isExport(place)) ? fromExport(place, policies, now) : fromClaims(fromFile(place), policies, now);
}

/** Says who is missing from an answer. @returns whether somebody is */
export function tellUnusable(unusable: readonly Unusable[]): boolean {
  if (unusable.length === 0) return false;
  say(`${unusable.length} of those named by --callers could not be read and are not in the answer:`);
  for (const { where, message } of unusable.slice(0, SHOWN_UNUSABLE)) detail(`${where}: ${message}`);
  if (unusable.length > SHOWN_UNUSABLE) detail(`… and ${unusable.length - SHOWN_UNUSABLE} more`);
  return true;
}

const SHOWN_UNUSABLE = 20;

/** @throws Failure `usage` for what is no address */
export async function sourceIpOf(input: Input): Promise<string | undefined> {
  const text = input.text('source-ip');
  const { parseIpAddress } = await import('../access-policy.ts');
  if (text === undefined || parseIpAddress(text) !== undefined) return text;
  throw new Failure('usage', `--source-ip ${text} is not an IP address`);
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

async function fromClaims(found: readonly Found[], policies: Policies, now: number): Promise<Callers> {
  const callers: (ReviewedCaller & { readonly own: string })[] = [];
  const unusable: Unusable[] = [];
  for (const { where, value, name } of found) {
    if (!isJsonObject(value)) {
      unusable.push({ where, message: 'it is not a JSON object with claims' });
      continue;
    }
    if (looksLikeRecord(value)) {
      unusable.push({ where, message: 'it is an audit record: an export is a file of its own, one record per line' });
      continue;
    }
    const seen = await underBoth(policies, (policy) => suppose(policy, { claims: issued(value, policies), now }), now);
    if (Failure.is(seen)) unusable.push({ where, message: seen.message });
    else callers.push({ name: usernameOf(seen, policies) ?? name, own: name, ...seen });
  }
  // One person with other claims on another day is worth comparing; of the same name nobody could tell them apart.
  const counts = new Map<string, number>();
  for (const { name } of callers) counts.set(name, (counts.get(name) ?? 0) + 1);
  return {
    callers: callers.map(({ own, ...caller }) =>
      counts.get(caller.name) === 1 ? caller : { ...caller, name: `${caller.name} (${own})` },
    ),
    unusable,
  };
}

type Seen = Pick<ReviewedCaller, 'before' | 'after'>;

/** The caller as each policy sees them; one that refuses their token gives them nothing. */
async function underBoth(
  { before, after }: Policies,
  see: (policy: AccessPolicy) => Promise<Caller>,
  now: number,
): Promise<Seen | Failure> {
  const seen: (Caller | Failure)[] = [];
  for (const policy of before === after ? [after] : [before, after]) {
    seen.push(
      await see(policy).catch((thrown: unknown) => {
        if (Failure.is(thrown)) return thrown;
        throw thrown;
      }),
    );
  }
  const [old, proposed = old] = seen.map((one) => (Failure.is(one) ? one : signedInNow(one, now)));
  if (Failure.is(proposed) && Failure.is(old)) return proposed;
  return { before: Failure.is(old) ? undefined : old, after: Failure.is(proposed) ? undefined : proposed };
}

/** A review asks what somebody can have, not how long ago they happened to sign in. */
function signedInNow(caller: Caller, now: number): Caller {
  return { ...caller, authenticatedAt: Math.floor(now / 1000) };
}

/** Claims without `iss` are the only issuer's; where one policy has only one, they are that one's for the other too. */
function issued(claims: JsonObject, { before, after }: Policies): JsonObject {
  if (Object.hasOwn(claims, 'iss') || before.issuers.length === after.issuers.length) return claims;
  const [only] = before.issuers.length === 1 ? before.issuers : after.issuers.length === 1 ? after.issuers : [];
  return only === undefined ? claims : { ...claims, iss: only.url };
}

/** Undefined when their claims do not tell it. */
function usernameOf({ before, after }: Seen, policies: Policies): string | undefined {
  const caller = after ?? before;
  const issuer = policies[after === undefined ? 'before' : 'after'].issuers.find(({ name }) => name === caller?.issuer);
  return caller?.username === `${issuer?.usernamePrefix}somebody` ? undefined : caller?.username;
}

async function isExport(file: string): Promise<boolean> {
  for await (const { text } of linesOf(file)) {
    const value = jsonOn(text);
    return isJsonObject(value) && looksLikeRecord(value);
  }
  return false;
}

/** One line at a time: of an export of any size, no more than one record of each caller is kept. */
async function fromExport(file: string, policies: Policies, now: number): Promise<Callers> {
  const newest = new Map<string, AuditRecord>();
  const others: number[] = [];
  for await (const { text, number } of linesOf(file)) {
    const record = auditRecordOn(text);
    if (record === undefined) others.push(number);
    if (record?.caller === undefined) continue;
    const key = JSON.stringify([record.caller.issuer, record.caller.username]);
    const known = newest.get(key);
    if (known === undefined || isBetter(record, known)) newest.set(key, record);
  }
  const unusable: Unusable[] = [];
  if (others.length > 0) {
    const lines = `${others.slice(0, SHOWN_UNUSABLE).join(', ')}${others.length > SHOWN_UNUSABLE ? ' …' : ''}`;
    unusable.push({ where: `${file}: line ${lines}`, message: 'it is not a whole audit record' });
  }
  const callers: ReviewedCaller[] = [];
  for (const { caller, claims } of newest.values()) {
    const { issuer = '', username = '', subject = '' } = caller ?? {};
    const where = `${file}: ${username}`;
    if (claims === undefined) {
      unusable.push({ where, message: 'no record of theirs holds claims' });
      continue;
    }
    const see = async (policy: AccessPolicy): Promise<Caller> => ({
      ...(await suppose(policy, { claims: present(claims), issuer, now })),
      username,
      subject,
    });
    const seen = await underBoth(policies, see, now);
    if (Failure.is(seen)) unusable.push({ where, message: seen.message });
    else callers.push({ name: username, ...seen, known: new Set(Object.keys(claims)) });
  }
  return { callers, unusable };
}

/** One with claims goes before one without; else the newer one does. */
function isBetter(record: AuditRecord, known: AuditRecord): boolean {
  if ((record.claims === undefined) !== (known.claims === undefined)) return known.claims === undefined;
  return Date.parse(record.time) > Date.parse(known.time);
}

/** A record says `null` of a claim that was not there. */
function present(claims: JsonObject): JsonObject {
  const times = ['exp', 'auth_time'];
  return Object.fromEntries(Object.entries(claims).filter(([name, value]) => value !== null && !times.includes(name)));
}
