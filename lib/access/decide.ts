import { Fault } from '../fault.ts';
import { MIN_SESSION_SECONDS } from '../iam/limits.ts';
import type {
  AccessRequest,
  Decision,
  DenialReason,
  Denied,
  Missing,
  PermissionAllowed,
  RoleAllowed,
  Trace,
  TraceStep,
} from './decision.ts';
import { type Circumstances, type Facts, factsOf } from './facts.ts';
import { DENIED, distinct, missingGrant } from './missing.ts';
import { PERMISSIONS, type Permission, type Role } from './policy.ts';
import type { PolicyIndex, TargetIndex } from './policy-index.ts';
import { stepOf, type Weighed, weighCallers, weighSession, weighTerms } from './weigh.ts';

export { type RoleStanding, rolesFor } from './standing.ts';

/**
 * Whether the caller may have the role or permission, and why.
 *
 * A matching deny wins over every grant. Otherwise the first grant in file order that fully holds decides, and sets
 * the session's limits. Nothing in the request can widen what that grant gives.
 *
 * Pure: the same index and request give the same decision.
 *
 * @throws Fault `request_invalid` when the asked duration is no whole number of at least 900 seconds
 */
export function decide(index: PolicyIndex, request: AccessRequest): Decision {
  checkDuration(request.durationSeconds);
  const { target } = request;
  const name = target.kind === 'role' ? target.role : target.permission;
  const steps = new TraceBuilder(name);
  if (target.kind === 'role') {
    const found = index.roles.get(target.role);
    if (found === undefined) return steps.denied('role_unknown', [missingGrant(quoted(name), index.claims)]);
    return decideTarget(index, found, request, steps, found.role);
  }
  const found = index.permissions.get(target.permission);
  if (found === undefined) return steps.denied('no_grant', [missingGrant(quoted(name), index.claims)]);
  return decideTarget(index, found, request, steps, target.permission);
}

/** The broker's own permissions that the caller has, in the order of `PERMISSIONS`. */
export function permissionsFor(index: PolicyIndex, circumstances: Circumstances): Permission[] {
  return PERMISSIONS.filter((permission) => {
    const target = { kind: 'permission', permission } as const;
    return decide(index, { ...circumstances, target }).effect === 'allow';
  });
}

function decideTarget(
  index: PolicyIndex,
  target: TargetIndex,
  request: AccessRequest,
  steps: TraceBuilder,
  wanted: Role | Permission,
): Decision {
  const facts = factsOf(request);
  // A caller of an issuer that this policy does not know has no grant, whatever their claims say.
  if (!index.issuers.has(request.caller.issuer))
    return steps.denied('no_grant', [missingGrant(quoted(steps.target), index.claims)]);
  for (const candidate of target.deny.find(facts)) {
    const weighed = weighCandidate(candidate, facts);
    steps.add(candidate.order, stepOf(candidate.compiled, weighed));
    if (weighed.outcome !== 'matched') continue;
    // Who could not have it anyway learns nothing from a deny, not even that the role exists.
    const told = isMeant(target, facts) ? DENIED : missingGrant(quoted(steps.target), index.claims);
    return steps.denied('explicit_deny', [told]);
  }
  const close = new Closest();
  for (const candidate of target.allow.find(facts)) {
    let weighed = weighCandidate(candidate, facts);
    const { compiled } = candidate;
    if (weighed.outcome === 'matched') {
      if (typeof wanted === 'string') {
        steps.add(candidate.order, stepOf(compiled, weighed));
        return permissionAllowed(wanted, compiled.grant.name, steps.end());
      }
      const session = weighSession(compiled, wanted, facts, index);
      if (!('outcome' in session)) {
        steps.add(candidate.order, stepOf(compiled, weighed));
        const { transitiveTagKeys } = compiled.grant.session;
        return roleAllowed({
          ...session,
          role: wanted,
          grant: compiled.grant.name,
          transitiveTagKeys,
          trace: steps.end(),
        });
      }
      weighed = session;
    }
    steps.add(candidate.order, stepOf(compiled, weighed));
    close.consider(weighed);
  }
  return steps.denied(close.reason, close.missing ?? [missingGrant(quoted(steps.target), index.claims)]);
}

/** Whether some allowing grant is for this caller, conditions aside. */
function isMeant(target: TargetIndex, facts: Facts): boolean {
  for (const candidate of target.allow.find(facts)) {
    if (weighCallers(candidate, facts).outcome === 'matched') return true;
  }
  return false;
}

function weighCandidate(candidate: Parameters<typeof weighCallers>[0], facts: Facts): Weighed {
  const weighed = weighCallers(candidate, facts);
  return weighed.outcome === 'matched' ? weighTerms(candidate.compiled, facts) : weighed;
}

/** Of all grants that did not hold: how far the best one came, and what is missing in those meant for the caller. */
class Closest {
  static readonly #ORDER: readonly DenialReason[] = [
    'no_grant',
    'condition_unmet',
    'requirement_unmet',
    'template_refused',
    'sign_in_too_short',
  ];
  #place = 0;
  #missing: Missing[] | undefined;

  consider(weighed: Weighed): void {
    if (!('missing' in weighed)) return;
    this.#place = Math.max(this.#place, Closest.#ORDER.indexOf(weighed.outcome));
    this.#missing ??= [];
    this.#missing.push(...weighed.missing);
  }

  get reason(): DenialReason {
    return Closest.#ORDER[this.#place] ?? 'no_grant';
  }

  get missing(): Missing[] | undefined {
    return this.#missing === undefined ? undefined : distinct(this.#missing);
  }
}

/** An audit record has a size (DynamoDB: 400 KB); what decided is always among the steps. */
const MAX_STEPS = 100;

class TraceBuilder {
  readonly target: string;
  readonly #steps: { readonly order: number; readonly step: TraceStep }[] = [];
  #omitted = 0;

  constructor(target: string) {
    this.target = target;
  }

  add(order: number, step: TraceStep): void {
    if (this.#steps.length === MAX_STEPS) {
      this.#steps.pop();
      this.#omitted++;
    }
    this.#steps.push({ order, step });
  }

  end(): Trace {
    const steps = this.#steps.sort((one, other) => one.order - other.order).map(({ step }) => step);
    return { target: this.target, steps, ...(this.#omitted > 0 && { omitted: this.#omitted }) };
  }

  denied(reason: DenialReason, missing: readonly Missing[]): Denied {
    return { effect: 'deny', reason, missing, trace: this.end() };
  }
}

function roleAllowed(parts: Omit<RoleAllowed, 'effect' | 'kind'>): RoleAllowed {
  return { effect: 'allow', kind: 'role', ...parts };
}

function permissionAllowed(permission: Permission, grant: string, trace: Trace): PermissionAllowed {
  return { effect: 'allow', kind: 'permission', permission, grant, trace };
}

function checkDuration(seconds: number | undefined): void {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= MIN_SESSION_SECONDS)) return;
  throw new Fault('request_invalid', `a session lasts a whole number of at least ${MIN_SESSION_SECONDS} seconds`);
}

function quoted(name: string): string {
  return `"${name}"`;
}
