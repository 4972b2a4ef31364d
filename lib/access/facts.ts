import type { ConditionContext } from '../iam/condition.ts';
import { claimValues } from './claims.ts';
import type { AccessRequest } from './decision.ts';

/** What is known besides the target: who asks, when, from where, for what. */
export type Circumstances = Omit<AccessRequest, 'target'>;

/**
 * The keys a condition may use besides `claim:<name>`. All but claims have one value. A key whose fact is not
 * known (no reason given, an issuer that does not say when the person signed in) is absent, as IAM has it.
 */
export const CONTEXT_KEYS = [
  'session:authAgeSeconds',
  'session:issuer',
  'session:username',
  'request:durationSeconds',
  'request:reason',
  'request:ticket',
  'aws:SourceIp',
  'aws:UserAgent',
  'aws:CurrentTime',
  'aws:EpochTime',
] as const;

type ContextKey = (typeof CONTEXT_KEYS)[number];

const CANONICAL = new Map<string, ContextKey>(CONTEXT_KEYS.map((key) => [key.toLowerCase(), key]));
const CLAIM = 'claim:';

/** A sign-in in the future by more than this is a wrong unit or a wrong clock; its age is then unknown. */
const MAX_CLOCK_DIFFERENCE_SECONDS = 300;

/**
 * The one spelling of a condition key: IAM compares key names without case, but a claim's name is the issuer's
 * and `Groups` is another claim than `groups`.
 *
 * @returns undefined when there is no such key
 */
export function canonicalKey(key: string): string | undefined {
  if (key.slice(0, CLAIM.length).toLowerCase() === CLAIM) {
    return key.length > CLAIM.length ? CLAIM + key.slice(CLAIM.length) : undefined;
  }
  return CANONICAL.get(key.toLowerCase());
}

/** A request as grants look at it: claims by name, and the condition context. Claims are read once. */
export interface Facts {
  readonly circumstances: Circumstances;
  readonly claim: (name: string) => readonly string[] | undefined;
  /** Takes canonical keys. */
  readonly context: ConditionContext;
}

export function factsOf(circumstances: Circumstances): Facts {
  const read = new Map<string, readonly string[] | undefined>();
  const claim = (name: string): readonly string[] | undefined => {
    const known = read.get(name);
    if (known !== undefined || read.has(name)) return known;
    const values = claimValues(circumstances.caller.claims, name);
    read.set(name, values);
    return values;
  };
  const context: ConditionContext = (key) => {
    if (key.startsWith(CLAIM)) return claim(key.slice(CLAIM.length));
    const value = fact(key as ContextKey, circumstances);
    return value === undefined ? undefined : [String(value)];
  };
  return { circumstances, claim, context };
}

function fact(key: ContextKey, circumstances: Circumstances): string | number | undefined {
  const { caller, now } = circumstances;
  switch (key) {
    case 'session:authAgeSeconds':
      return authAgeSeconds(caller.authenticatedAt, now);
    case 'session:issuer':
      return caller.issuer;
    case 'session:username':
      return caller.username;
    case 'request:durationSeconds':
      return circumstances.durationSeconds;
    case 'request:reason':
      return circumstances.reason;
    case 'request:ticket':
      return circumstances.ticket;
    case 'aws:SourceIp':
      return circumstances.sourceIp;
    case 'aws:UserAgent':
      return circumstances.userAgent;
    case 'aws:CurrentTime':
      return new Date(now).toISOString();
    case 'aws:EpochTime':
      return Math.floor(now / 1000);
  }
}

function authAgeSeconds(authenticatedAt: number | undefined, now: number): number | undefined {
  if (authenticatedAt === undefined) return undefined;
  const age = Math.floor(now / 1000 - authenticatedAt);
  return age < -MAX_CLOCK_DIFFERENCE_SECONDS ? undefined : Math.max(0, age);
}
