import type { AccessPolicy } from '../../access/policy.ts';
import { sessionTime } from '../../session-id.ts';
import type { AuditRecord } from '../record.ts';
import { instantOf, keepLatest, valueAt } from './keyed.ts';
import type { GrantUse } from './report.ts';

/** Which grants gave something. A grant is known by its name, which records hold. */
export class GrantCount {
  readonly #used = new Map<string, { sessions: number; last: number }>();
  readonly #before = new Map<string, number>();

  add({ grant, sessionId }: AuditRecord): void {
    if (grant === undefined) return;
    const use = valueAt(this.#used, grant, () => ({ sessions: 0, last: 0 }));
    use.sessions += 1;
    use.last = Math.max(use.last, sessionTime(sessionId));
  }

  /** What a grant gave before the period. */
  addBefore({ grant, sessionId }: AuditRecord): void {
    if (grant !== undefined) keepLatest(this.#before, grant, sessionTime(sessionId));
  }

  /**
   * Held against the policy that has all grants. A deny gives nothing, so it is never a candidate.
   *
   * @param usedRoles roles of which there was a session
   */
  use(policy: AccessPolicy, usedRoles: ReadonlySet<string>): GrantUse {
    const names = new Set(policy.grants.map(({ name }) => name));
    const used = [...this.#used].sort(([, one], [, other]) => other.sessions - one.sessions);
    return {
      policyDigest: policy.digest,
      used: used.map(([grant, { sessions, last }]) => ({ grant, sessions, last: instantOf(last) })),
      unused: policy.grants
        .filter(({ name, effect }) => effect === 'allow' && !this.#used.has(name))
        .map(({ name, roles, permissions }) => {
          const lastBefore = this.#before.get(name);
          return {
            grant: name,
            roles,
            permissions,
            ...(lastBefore !== undefined && { lastBefore: instantOf(lastBefore) }),
          };
        }),
      unusedRoles: policy.roles.map(({ id }) => id).filter((role) => !usedRoles.has(role)),
      gone: used.map(([grant]) => grant).filter((grant) => !names.has(grant)),
    };
  }
}
