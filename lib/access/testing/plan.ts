import { compileGlob, hasWildcard } from '../../iam/glob.ts';
import type { JsonObject } from '../../json.ts';
import { nearest } from '../../nearest.ts';
import type { AccessTarget, DenialReason } from '../decision.ts';
import { type Diagnostic, type Path, type Position, Reporter, sortDiagnostics } from '../diagnostic.ts';
import type { PolicyIndex } from '../policy-index.ts';
import { durationSeconds, listOf } from '../schema.ts';
import { type PolicyTests, timeOf } from './read.ts';
import type { TestCaseSource } from './schema.ts';

/** One request that the policy is asked about, and what should come of it. */
export interface Check {
  /** The case's name; with the target where a case has several. */
  readonly name: string;
  readonly position: Position;
  readonly claims: JsonObject;
  readonly issuer: string | undefined;
  readonly target: AccessTarget;
  readonly circumstances: {
    readonly reason?: string | undefined;
    readonly ticket?: string | undefined;
    readonly durationSeconds?: number | undefined;
    readonly sourceIp?: string | undefined;
    readonly userAgent?: string | undefined;
    /** Epoch milliseconds. */
    readonly now: number;
  };
  readonly expectation: Expectation;
}

export interface Expectation {
  readonly effect: 'allow' | 'deny';
  readonly because?: string | undefined;
  readonly durationSeconds?: number | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly missing: readonly string[];
}

export interface PlanOptions {
  /** Epoch milliseconds, where neither the file nor the case says when it is. */
  readonly now: number;
  /** The claims in a file that a case names, or why there are none. */
  readonly claimsOf: (file: string) => { readonly claims: JsonObject } | { readonly problem: string };
}

const ROLE_UNKNOWN: DenialReason = 'role_unknown';

/** The checks of a test file against one policy. With an error among the diagnostics there are none. */
export function planChecks(
  { file, source, locate }: PolicyTests,
  index: PolicyIndex,
  options: PlanOptions,
): { readonly checks: readonly Check[]; readonly diagnostics: readonly Diagnostic[] } {
  const reporter = new Reporter(file, locate);
  const fileNow = source.now === undefined ? options.now : (timeOf(source.now) ?? options.now);
  const checks = source.cases.flatMap((one, place) => {
    const path = ['cases', place];
    const now = one.now === undefined ? fileNow : (timeOf(one.now) ?? fileNow);
    const claims = claimsFor(one, now, path, options, reporter);
    const targets = targetsOf(one, index, path, reporter);
    checkNamed(one, index, path, reporter);
    return targets.map(
      (target): Check => ({
        name: targets.length === 1 ? one.name : `${one.name} [${nameOf(target)}]`,
        position: locate([...path, 'name']),
        claims,
        issuer: one.issuer,
        target,
        circumstances: {
          reason: one.reason,
          ticket: one.ticket,
          durationSeconds: secondsOf(one.requestedDuration),
          sourceIp: one.sourceIp,
          userAgent: one.userAgent,
          now,
        },
        expectation: {
          effect: one.expect,
          because: one.because,
          durationSeconds: secondsOf(one.duration),
          tags: one.tags,
          sourceIdentity: one.sourceIdentity,
          missing: listOf(one.missing),
        },
      }),
    );
  });
  return { checks: reporter.failed ? [] : checks, diagnostics: sortDiagnostics(reporter.diagnostics) };
}

export function nameOf(target: AccessTarget): string {
  return target.kind === 'role' ? target.role : target.permission;
}

function secondsOf(written: string | number | undefined): number | undefined {
  return written === undefined ? undefined : durationSeconds(written);
}

function claimsFor(
  one: TestCaseSource,
  now: number,
  path: Path,
  { claimsOf }: PlanOptions,
  reporter: Reporter,
): JsonObject {
  const given = one.claims === undefined ? { claims: one.caller as JsonObject } : claimsOf(one.claims);
  if ('problem' in given) {
    reporter.error('claims_unreadable', [...path, 'claims'], given.problem);
    return {};
  }
  if (one.signedInAgo === undefined) return given.claims;
  return { ...given.claims, auth_time: Math.floor(now / 1000) - durationSeconds(one.signedInAgo) };
}

function targetsOf(one: TestCaseSource, index: PolicyIndex, path: Path, reporter: Reporter): AccessTarget[] {
  if (one.permission !== undefined) return [{ kind: 'permission', permission: one.permission }];
  const names = [...index.roles.keys()];
  const named = new Set<string>();
  for (const [place, pattern] of listOf(one.role).entries()) {
    const at = Array.isArray(one.role) ? [...path, 'role', place] : [...path, 'role'];
    const glob = compileGlob(pattern);
    const found = hasWildcard(pattern) ? names.filter(glob.matches) : names.filter((name) => name === pattern);
    for (const role of found) named.add(role);
    if (found.length > 0) continue;
    // A role that is misspelt is denied to everyone, which would pass for a denial that was meant.
    if (one.because === ROLE_UNKNOWN && !hasWildcard(pattern)) {
      named.add(pattern);
      continue;
    }
    const near = nearest(pattern, names);
    const message = hasWildcard(pattern) ? `no role matches "${pattern}"` : `unknown role "${pattern}"`;
    reporter.error('role_unknown', at, message, near === undefined ? undefined : `did you mean ${near}?`);
  }
  return [...named].map((role) => ({ kind: 'role', role }));
}

/** Names of the policy's own things, which a case must not misspell. */
function checkNamed(one: TestCaseSource, index: PolicyIndex, path: Path, reporter: Reporter): void {
  const { grants, issuers } = index.policy;
  if (one.issuer !== undefined && !index.issuers.has(one.issuer)) {
    const near = nearest(
      one.issuer,
      issuers.map(({ name }) => name),
    );
    const hint = near === undefined ? undefined : `did you mean ${near}?`;
    reporter.error('issuer_unknown', [...path, 'issuer'], `unknown issuer "${one.issuer}"`, hint);
  }
  if (one.expect !== 'allow' || one.because === undefined) return;
  const allowing = grants.filter(({ effect }) => effect === 'allow').map(({ name }) => name);
  if (allowing.includes(one.because)) return;
  const near = nearest(one.because, allowing);
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  reporter.error('grant_unknown', [...path, 'because'], `no grant that allows is named "${one.because}"`, hint);
}
