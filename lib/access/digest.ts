import { createHash } from 'node:crypto';
import { canonicalJson } from '../json.ts';
import type { AccessPolicy } from './policy.ts';

/** SHA-256 (hex) of the canonical JSON of everything in the policy but the digest itself. */
export function policyDigest(policy: Omit<AccessPolicy, 'digest'>): string {
  const { digest: _, ...rest } = policy as AccessPolicy;
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}
