import type { AccessPolicy, Role } from '../../lib/access/policy.ts';
import { nearest } from '../../lib/nearest.ts';
import { Failure } from '../failure.ts';

/** The role of that id in the access policy. @throws Failure `refused` with the nearest name */
export function roleIn(policy: AccessPolicy, id: string): Role {
  const role = policy.roles.find((candidate) => candidate.id === id);
  if (role !== undefined) return role;
  const near = nearest(
    id,
    policy.roles.map((candidate) => candidate.id),
  );
  throw new Failure('refused', `the access policy has no role ${id}`, {
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  });
}
