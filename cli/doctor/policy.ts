import { counted } from '../text.ts';
import type { Check } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** Does the access policy on this machine compile? */
export function policyCheck({ policy, policyFile }: Surroundings): Check {
  const check = 'policy';
  return {
    name: check,
    async run() {
      const found = await policy;
      if (found === undefined) {
        const hint = 'name it with --policy FILE to have its issuers and roles looked at';
        return [{ check, status: 'skipped', message: `there is no ${policyFile} here`, hint }];
      }
      const { issuers, roles, grants } = found;
      const counts = [
        counted(issuers.length, 'issuer'),
        counted(roles.length, 'role'),
        counted(grants.length, 'grant'),
      ];
      return [{ check, status: 'ok', message: `${policyFile}: ${counts.join(', ')}` }];
    },
  };
}
