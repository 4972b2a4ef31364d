import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGroups } from '../../lib/identity/groups.ts';
import type { Json } from '../../lib/json.ts';
import { CORP } from '../support/tokens.ts';

describe('Groups', () => {
  it('may be ten thousand and not one more', () => {
    const groups = Array.from({ length: 10_000 }, (_, at) => `g${at}`);
    expect(() => checkGroups({ groups }, CORP)).not.toThrow();
    expect(() => checkGroups({ groups: [...groups, 'x'] }, CORP)).toThrow(
      /^claim_type_invalid: groups has more than 10000/,
    );
  });

  it('are an array of strings or refused, whatever else comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (groups) => {
        const check = () => checkGroups({ groups: groups as Json }, CORP);
        if (Array.isArray(groups) && groups.every((group) => typeof group === 'string')) expect(check).not.toThrow();
        else expect(check).toThrow(/^claim_type_invalid/);
      }),
    );
  });

  it.each(['__proto__', 'constructor', 'toString', '__proto__.groups', 'constructor.name'])(
    'are not found in the prototype when the policy names the claim %s',
    (path) => {
      expect(() => checkGroups({ sub: 'dev' }, { ...CORP, groups: path })).not.toThrow();
    },
  );
});
