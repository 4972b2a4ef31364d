import { createHash } from 'node:crypto';
import type { AccessPolicy } from './policy.ts';

/** SHA-256 (hex) of the canonical JSON of everything in the policy but the digest itself. */
export function policyDigest(policy: Omit<AccessPolicy, 'digest'>): string {
  const { digest: _, ...rest } = policy as AccessPolicy;
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}

/** JSON with members sorted by name and no spaces; what is undefined is left out. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
