import fc from 'fast-check';
import type { Grant } from '../../lib/access/policy.ts';
import { grant } from './policies.ts';

/** Random grants on the roles `prod/A` and `prod/B`, and callers who may have them. */

const value = fc.constantFrom('a', 'b', 'team-a', 'team-b', 'team-', 'eu-team-a', 'x-admins', 'y-admins', 'ab', '');
const pattern = fc.oneof(
  value.filter((text) => text !== ''),
  fc.constantFrom('team-*', 'team-?', '*-admins', '*', '?', 't*a', '*team*', 'eu-*-a', '*a', 'a*'),
);
const claimName = fc.constantFrom('groups', 'team', 'constructor');

export function grants(most: number): fc.Arbitrary<Grant[]> {
  const one = fc.record({
    effect: fc.oneof(
      { weight: 6, arbitrary: fc.constant('allow' as const) },
      { weight: 1, arbitrary: fc.constant('deny' as const) },
    ),
    roles: fc.subarray(['prod/A', 'prod/B'], { minLength: 1 }),
    callers: fc.dictionary(claimName, fc.array(pattern, { minLength: 1, maxLength: 3 }), { maxKeys: 2 }),
    issuers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray(['corp', 'ci']) }),
    condition: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: value.map((wanted) => ({ StringEquals: { 'claim:team': [wanted] } })) },
    ),
    reason: fc.boolean(),
  });
  // Long lists too: short ones are read through, not looked up.
  return fc
    .array(one, { maxLength: most, size: 'max' })
    .map((all) =>
      all.map(({ reason, ...parts }, index) =>
        grant({ ...parts, name: `g${index}`, require: { reason: reason && parts.effect === 'allow', ticket: false } }),
      ),
    );
}

export const claims = fc.record(
  { groups: fc.oneof(value, fc.array(value, { maxLength: 6 })), team: value },
  { requiredKeys: [] },
);
