import type { Glob } from '../iam/glob.ts';
import { type CallerTest, type CompiledGrant, callerMatches } from './compiled-grant.ts';
import type { Facts } from './facts.ts';
import { mergeAscending } from './merge.ts';
import { PrefixTrie } from './prefix-trie.ts';

/**
 * The grants of one target and effect, found without looking at each.
 *
 * Every grant is filed under one of its caller claims, the one that singles it out best: under each exact value,
 * under the literal start or end of each glob. A caller's values then lead to the few grants that can match. A
 * short list is simply read through, which costs less and leaves a full trace.
 */
export interface Candidates {
  /** In file order, each grant once. Lazy: what is not asked for is not searched. */
  find(facts: Facts): Iterable<Candidate>;
}

export interface Candidate {
  readonly compiled: CompiledGrant;
  readonly order: number;
  /** The claims still to be tested; the one that led here has matched. */
  readonly tests: readonly CallerTest[];
}

const NONE: readonly never[] = [];

/** Up to here reading all is faster than looking up each of a caller's values. */
const SHORT_LIST = 8;

/** @param grants in file order */
export function candidatesAmong(grants: readonly CompiledGrant[]): Candidates {
  if (grants.length <= SHORT_LIST) {
    const all = grants.map((compiled) => ({ compiled, order: compiled.order, tests: compiled.callers }));
    return { find: () => all };
  }
  const usage = countPatterns(grants);
  const always: Candidate[] = [];
  const byClaim = new Map<string, ValueIndex>();
  for (const compiled of grants) {
    const anchor = pickAnchor(compiled, usage);
    const tests = compiled.callers.length < 2 ? NONE : compiled.callers.filter((test) => test !== anchor);
    const candidate = { compiled, order: compiled.order, tests };
    if (anchor === undefined) always.push(candidate);
    else entry(byClaim, anchor.claim, () => new ValueIndex()).add(anchor, candidate);
  }
  return {
    find(facts) {
      const lists: (readonly Candidate[])[] = always.length > 0 ? [always] : [];
      for (const [claim, values] of byClaim) values.collect(facts.claim(claim) ?? [], lists);
      return mergeAscending(lists);
    },
  };
}

/** The first test that does not hold, or undefined when the grant is meant for this caller. */
export function unmatchedTest(candidate: Candidate, facts: Facts): CallerTest | undefined {
  return candidate.tests.find((test) => !callerMatches(test, facts));
}

const FINGERPRINTS = 4096;

/** Some characters of a value, mixed: cheaper than the hash that a fresh string needs to be looked up. */
function fingerprint(value: string): number {
  const last = value.length - 1;
  const mixed = value.length + value.charCodeAt(0) * 7 + value.charCodeAt(last) * 31 + value.charCodeAt(last - 1) * 311;
  return mixed & (FINGERPRINTS - 1);
}

/** Grants filed under the values of one claim. */
class ValueIndex {
  readonly #exact = new Map<string, Candidate[]>();
  /** By fingerprint: whether an exact value may be this one. Most of a caller's values stop here. */
  readonly #mayBeExact = new Uint8Array(FINGERPRINTS);
  readonly #globs = new Map<string, FiledGlob>();
  readonly #starts = new PrefixTrie<FiledGlob>();
  readonly #ends = new PrefixTrie<FiledGlob>(true);
  readonly #others: FiledGlob[] = [];
  #hasStarts = false;
  #hasEnds = false;

  add(test: CallerTest, candidate: Candidate): void {
    for (const literal of test.literals) {
      this.#mayBeExact[fingerprint(literal)] = 1;
      const candidates = entry<string, Candidate[]>(this.#exact, literal, () => []);
      // The same pattern twice in one grant.
      if (candidates.at(-1) !== candidate) candidates.push(candidate);
    }
    for (const glob of test.globs) {
      const filed = entry(this.#globs, glob.pattern, () => this.#file(glob));
      if (filed.candidates.at(-1) !== candidate) filed.candidates.push(candidate);
    }
  }

  /** Adds the lists of every pattern that one of the values matches. */
  collect(values: readonly string[], lists: (readonly Candidate[])[]): void {
    const exactPatterns = this.#exact;
    if (exactPatterns.size > 0) {
      for (const value of values) {
        if (this.#mayBeExact[fingerprint(value)] === 0) continue;
        const exact = exactPatterns.get(value);
        if (exact !== undefined) lists.push(exact);
      }
    }
    if (this.#globs.size === 0) return;
    const hits = new Set<FiledGlob>();
    const take = (filed: FiledGlob, value: string): void => {
      if (!hits.has(filed) && filed.glob.matches(value)) hits.add(filed);
    };
    for (const value of values) {
      if (this.#hasStarts) for (const filed of this.#starts.find(value) ?? []) take(filed, value);
      if (this.#hasEnds) for (const filed of this.#ends.find(value) ?? []) take(filed, value);
      for (const filed of this.#others) take(filed, value);
    }
    for (const filed of hits) lists.push(filed.candidates);
  }

  #file(glob: Glob): FiledGlob {
    const filed: FiledGlob = { glob, candidates: [] };
    if (glob.prefix === '' && glob.suffix === '') {
      this.#others.push(filed);
    } else if (glob.prefix.length >= glob.suffix.length) {
      this.#starts.add(glob.prefix, filed);
      this.#hasStarts = true;
    } else {
      this.#ends.add(glob.suffix, filed);
      this.#hasEnds = true;
    }
    return filed;
  }
}

interface FiledGlob {
  readonly glob: Glob;
  readonly candidates: Candidate[];
}

/** Claim → pattern → how many grants use it. */
type Usage = ReadonlyMap<string, ReadonlyMap<string, number>>;

function countPatterns(grants: readonly CompiledGrant[]): Usage {
  const usage = new Map<string, Map<string, number>>();
  for (const { callers } of grants) {
    for (const { claim, literals, globs } of callers) {
      const counts = entry(usage, claim, () => new Map<string, number>());
      for (const literal of literals) counts.set(literal, (counts.get(literal) ?? 0) + 1);
      for (const { pattern } of globs) counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
    }
  }
  return usage;
}

/** The claim under which the fewest other grants would be found with this one. */
function pickAnchor({ callers }: CompiledGrant, usage: Usage): CallerTest | undefined {
  if (callers.length < 2) return callers[0];
  let best: CallerTest | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const test of callers) {
    const counts = usage.get(test.claim);
    let cost = 0;
    for (const literal of test.literals) cost += counts?.get(literal) ?? 0;
    // A glob without a literal start or end has to be tried on every value.
    for (const { pattern, prefix, suffix } of test.globs) {
      cost += (counts?.get(pattern) ?? 0) + (prefix === '' && suffix === '' ? 1_000 : 2);
    }
    if (cost < bestCost) {
      best = test;
      bestCost = cost;
    }
  }
  return best;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
