import { claimAt } from '../claim-path.ts';
import { canonicalJson, type Json, type JsonObject } from '../json.ts';
import type { CompiledGrant } from './compiled-grant.ts';

const CLAIM = 'claim:';

/** Bytes of the claims that a record keeps; the largest are left out first. */
export const MAX_CLAIMS_BYTES = 8_192;

/** What decides when somebody signed in, and until when; kept with the claims, as conditions look at it. */
const TIMES = ['auth_time', 'exp'] as const;

/** Every claim that these grants look at: in callers, conditions, tags and session policies. Sorted. */
export function claimsLookedAt(grants: readonly CompiledGrant[]): string[] {
  const names = new Set<string>();
  for (const { callers, condition, tags, policy } of grants) {
    for (const { claim } of callers) names.add(claim);
    for (const { key } of condition.clauses) if (key.startsWith(CLAIM)) names.add(key.slice(CLAIM.length));
    for (const { template } of tags) for (const claim of template.claims) names.add(claim);
    for (const claim of policy?.claims ?? []) names.add(claim);
  }
  return [...names].sort();
}

/** Names of claims left out that a record holds; a policy may look at thousands. */
const MAX_OMITTED = 20;

/** The claims that a decision was made by, for its record: who had which group at that moment. */
export interface RecordedClaims {
  readonly claims: JsonObject;
  /** Names of those that a record has no room for, twenty at most. */
  readonly claimsOmitted?: readonly string[];
}

/** @param names of `claimsLookedAt` */
export function recordedClaims(claims: JsonObject, names: readonly string[]): RecordedClaims {
  // A claim that is looked at and absent is kept as null: it means something else than one that nobody looked at.
  const found = [...names, ...TIMES].map((name): [string, Json] => [name, looked(claimAt(claims, name))]);
  const omitted = new Set<string>();
  let size = found.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (size > MAX_CLAIMS_BYTES) {
    for (const entry of found.toSorted((one, other) => sizeOf(other) - sizeOf(one))) {
      if (size <= MAX_CLAIMS_BYTES) break;
      size -= sizeOf(entry);
      omitted.add(entry[0]);
    }
  }
  const kept = Object.fromEntries(found.filter(([name]) => !omitted.has(name)));
  return { claims: kept, ...(omitted.size > 0 && { claimsOmitted: [...omitted].sort().slice(0, MAX_OMITTED) }) };
}

/** What a policy sees of a claim: texts, numbers, booleans, and lists of them. The rest decides nothing. */
function looked(claim: Json | undefined): Json {
  if (Array.isArray(claim)) return (claim as readonly Json[]).filter(isScalar);
  return claim !== undefined && isScalar(claim) ? claim : null;
}

function isScalar(value: Json): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function sizeOf([name, value]: readonly [string, Json]): number {
  return Buffer.byteLength(name) + Buffer.byteLength(canonicalJson(value)) + 4;
}
