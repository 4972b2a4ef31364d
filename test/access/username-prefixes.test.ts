import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import { formatDiagnostic } from '../../lib/access/diagnostic.ts';
import { Fault } from '../../lib/fault.ts';
import type { Issuer } from '../../lib/identity/issuer.ts';
import { readUsername } from '../../lib/identity/username.ts';

const ROLES = `accounts: { prod: { id: "111122223333" } }
roles: { prod/ReadOnly: { arn: "arn:aws:iam::111122223333:role/ReadOnly" } }
grants: [{ name: g, roles: [prod/ReadOnly], callers: { groups: [a] } }]
`;

/** Issuers `i0`, `i1` … from line 3 on, one a line; an empty prefix is left out. */
function compile(prefixes: readonly string[]) {
  const issuers = prefixes.map((prefix, index) => {
    const setting = prefix === '' ? '' : `, usernamePrefix: ${JSON.stringify(prefix)}`;
    return `  i${index}: { issuer: "https://i${index}.example.com", audience: a, algorithms: [RS256], username: login${setting} }\n`;
  });
  const { policy, diagnostics } = compilePolicy(`version: 1\nissuers:\n${issuers.join('')}${ROLES}`, 'p.yml');
  return { issuers: policy?.issuers, errors: diagnostics.filter(({ severity }) => severity === 'error') };
}

function issuersOf(...prefixes: string[]): readonly Issuer[] {
  const { issuers, errors } = compile(prefixes);
  if (issuers === undefined) throw new Error(JSON.stringify(errors));
  return issuers;
}

function outcome(login: string, issuer: Issuer | undefined): string {
  if (issuer === undefined) throw new Error('no such issuer');
  try {
    return readUsername({ login }, issuer);
  } catch (error) {
    return error instanceof Fault ? `refused: ${error.code}` : String(error);
  }
}

describe('issuers whose people could have the same username', () => {
  const PREFIX = 'give one of them a `usernamePrefix` that no username of the other starts with';
  const START = 'choose prefixes of which none is the start of another';

  test.each([
    ['no prefixes', ['', ''], '4:3', '"i0" and "i1"', 'neither has a `usernamePrefix`', PREFIX],
    ['equal prefixes', ['gh-', 'gh-'], '4:3', '"i0" and "i1"', 'both have the prefix "gh-"', START],
    ['a longer one second', ['gh', 'gh-'], '4:3', '"i0" and "i1"', 'prefix "gh-" starts with prefix "gh"', START],
    ['a longer one first', ['gh-', 'gh'], '4:3', '"i0" and "i1"', 'prefix "gh-" starts with prefix "gh"', START],
    ['others between', ['a', '', 'b', ''], '6:3', '"i1" and "i3"', 'neither has a `usernamePrefix`', PREFIX],
  ])('are refused: %s', (_, prefixes, at, names, problem, hint) => {
    const { issuers, errors } = compile(prefixes);
    expect(issuers).toBeUndefined();
    expect(errors.map(formatDiagnostic)).toEqual([
      `p.yml:${at}: error: issuers ${names} can give two people the same username: ${problem} [usernames_overlap]\n  hint: ${hint}`,
    ]);
  });

  it('are each named once, with the first that they meet', () => {
    const { errors } = compile(['', '', 'x', '', 'x-']);
    expect(errors.map(({ line, path, code }) => `${line} ${path} ${code}`)).toEqual([
      '4 issuers.i1 usernames_overlap',
      '6 issuers.i3 usernames_overlap',
      '7 issuers.i4 usernames_overlap',
    ]);
  });

  test.each([[['']], [['gh-']], [['', 'gh-']], [['gh-', '']], [['gh-', 'GH-', 'gl-', '']], [['a'.repeat(32), 'b']]])(
    'are not %j',
    (prefixes) => expect(compile(prefixes).errors).toEqual([]),
  );
});

describe('an issuer compiled among others', () => {
  it('has its own prefix, and the others’ as reserved', () => {
    expect(
      issuersOf('gh-', '', 'gl-').map(({ usernamePrefix, reservedPrefixes }) => [usernamePrefix, reservedPrefixes]),
    ).toEqual([
      ['gh-', ['gl-']],
      ['', ['gh-', 'gl-']],
      ['gl-', ['gh-']],
    ]);
  });
});

describe('a username', () => {
  const [people, pipelines] = issuersOf('', 'gh-');

  test.each([
    ['octocat', 'gh-octocat'],
    // Too short for STS by itself.
    ['x', 'gh-x'],
    ['gh-octocat', 'gh-gh-octocat'],
    ['a'.repeat(61), `gh-${'a'.repeat(61)}`],
    ['ada@example.com', 'gh-ada@example.com'],
  ])('of an issuer with a prefix: %s is %s', (login, username) => expect(outcome(login, pipelines)).toBe(username));

  test.each([
    ['an empty claim', ''],
    ['65 characters with the prefix', 'a'.repeat(62)],
    ['what STS cannot hold', 'dependabot[bot]'],
    ['two @', 'a@b@example.com'],
  ])('is refused behind a prefix too: %s', (_, login) => {
    expect(outcome(login, pipelines)).toBe('refused: identity_not_representable');
  });

  test.each(['gh-octocat', 'gh-', 'gh-ada@example.com'])('of the issuer without is refused: %s', (login) => {
    expect(outcome(login, people)).toBe('refused: identity_not_representable');
  });

  test.each(['gh', 'ghost', 'GH-octocat', 'ada.gh-'])('of the issuer without stays as it stands: %s', (login) => {
    expect(outcome(login, people)).toBe(login);
  });

  it('says in its refusal which prefix is another issuer’s', () => {
    if (people === undefined) throw new Error('no such issuer');
    expect(() => readUsername({ login: 'gh-octocat' }, people)).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/"gh-octocat".*"gh-"/) }),
    );
  });
});

describe('two people', () => {
  // Few letters, so that prefixes and values meet all the time.
  const letters = (minLength: number, maxLength: number) =>
    fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength, maxLength });
  const prefixes = fc.array(fc.oneof(fc.constant(''), letters(1, 3)), { minLength: 2, maxLength: 4 });
  const values = fc.array(letters(0, 5), { minLength: 1, maxLength: 8 });

  it('never have the same username, whatever issuers compile and whatever their claims are', () => {
    let compiled = 0;
    fc.assert(
      fc.property(prefixes, values, (chosen, logins) => {
        const { issuers } = compile(chosen);
        if (issuers === undefined) return;
        compiled += 1;
        const stems = [...logins, ...chosen.flatMap((prefix) => logins.map((login) => prefix + login))];
        const owners = new Map<string, string>();
        for (const issuer of issuers) {
          for (const login of new Set(stems)) {
            const username = outcome(login, issuer);
            if (username.startsWith('refused: ')) continue;
            const person = JSON.stringify([issuer.name, login]);
            expect([username, owners.get(username) ?? person]).toEqual([username, person]);
            owners.set(username, person);
          }
        }
      }),
      { numRuns: 1_500 },
    );
    expect(compiled).toBeGreaterThan(100);
  });

  it('could have the same username under every set of prefixes that is refused, and under no other', () => {
    const seen = { compiled: 0, refused: 0 };
    fc.assert(
      fc.property(prefixes, (chosen) => {
        const ends = ['aa', ...chosen.flatMap((prefix) => [1, 2].map((cut) => `${prefix.slice(cut)}aa`))];
        const names = (prefix: string) => ends.map((end) => prefix + end);
        const meet = chosen.some((one, index) =>
          chosen
            .slice(index + 1)
            // One without a prefix may stand beside those with one; its tokens are held against theirs.
            .filter((other) => (one === '') === (other === ''))
            .some((other) => names(one).some((name) => names(other).includes(name))),
        );
        const { issuers, errors } = compile(chosen);
        seen[issuers === undefined ? 'refused' : 'compiled'] += 1;
        expect(issuers === undefined).toBe(meet);
        expect(errors.every(({ code }) => code === 'usernames_overlap')).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(Math.min(seen.compiled, seen.refused)).toBeGreaterThan(100);
  });
});
