import { describe, expect, it, test } from 'vitest';
import { planChecks } from '../../../lib/access/testing/plan.ts';
import { readPolicyTests } from '../../../lib/access/testing/read.ts';
import { NOW } from '../policies.ts';
import { INDEX, problemsOf, testFile } from './tests.ts';

const GOOD = 'caller: { groups: [engineering], team: x }\nrole: prod/ReadOnly\nexpect: allow';
const replaced = (from: string, to: string) => testFile(GOOD.replace(from, to));

describe('a test file', () => {
  it('that is right is read', () => {
    expect(problemsOf(testFile(GOOD))).toEqual([]);
  });

  test.each<[string, string, string[]]>([
    ['nothing', '', ['1:1 file_empty']],
    ['a list', '- a\n', ['1:1 value_invalid']],
    ['no cases', 'policy: access.yml\n', ['1:1 key_missing']],
    ['an empty list of cases', 'cases: []\n', ['1:8 value_invalid']],
    ['no YAML', 'cases: [', ['1:9 yaml_syntax']],
    ['two documents', `${testFile(GOOD)}---\ncases: []\n`, ['6:1 yaml_several_documents']],
    ['an alias', testFile(GOOD.replace('{ groups: [engineering], team: x }', '*someone')), ['3:13 yaml_alias']],
    ['a key twice', testFile(`${GOOD}\nexpect: deny`), ['6:5 yaml_duplicate_key']],
    ['an unknown key of its own', `${testFile(GOOD)}policies: x\n`, ['6:1 key_unknown']],
    ['an unknown key of a case', testFile(`${GOOD}\nreasn: x`), ['6:5 key_unknown']],
    ['a caller that is no mapping', replaced('{ groups: [engineering], team: x }', 'dana'), ['3:13 value_invalid']],
    ['a role that is a number', replaced('prod/ReadOnly', '7'), ['4:11 value_invalid']],
    ['an expectation of another kind', replaced('allow', 'maybe'), ['5:13 value_invalid']],
    ['no expectation', testFile(GOOD.replace('\nexpect: allow', '')), ['2:5 key_missing']],
    ['a case without a name', 'cases:\n  - expect: allow\n    caller: {}\n    role: prod/Admin\n', ['2:5 key_missing']],
    ['an empty name', testFile(`name: ""\n${GOOD}`), ['2:11 value_invalid']],
    ['a name twice', testFile(`name: a\n${GOOD}`, `name: a\n${GOOD}`), ['6:11 case_duplicate']],
    ['no caller', testFile(GOOD.replace(/^caller.*\n/, '')), ['2:5 key_missing']],
    ['two callers', testFile(`${GOOD}\nclaims: x.json`), ['6:5 key_meaningless']],
    ['no target', testFile(GOOD.replace(/\nrole.*/, '')), ['2:5 key_missing']],
    ['two targets', testFile(`${GOOD}\npermission: audit:read`), ['6:5 key_meaningless']],
    [
      'a permission that does not exist',
      replaced('role: prod/ReadOnly', 'permission: audit:write'),
      ['4:17 value_invalid'],
    ],
    [
      'a session of a permission',
      testFile(`${GOOD.replace('role: prod/ReadOnly', 'permission: audit:read')}\nduration: 1h`),
      ['6:5 key_meaningless'],
    ],
    ['what is missing where access is expected', testFile(`${GOOD}\nmissing: x`), ['6:5 key_meaningless']],
    [
      'a duration where a denial is expected',
      testFile(`${GOOD.replace('allow', 'deny')}\nduration: 1h`),
      ['6:5 key_meaningless'],
    ],
    [
      'tags where a denial is expected',
      testFile(`${GOOD.replace('allow', 'deny')}\ntags: {}`),
      ['6:5 key_meaningless'],
    ],
    [
      'a source identity where a denial is expected',
      testFile(`${GOOD.replace('allow', 'deny')}\nsourceIdentity: ada`),
      ['6:5 key_meaningless'],
    ],
    [
      'a sign-in twice',
      testFile(`${GOOD.replace('team: x', 'auth_time: 1')}\nsignedInAgo: 5m`),
      ['6:5 key_meaningless'],
    ],
    ['a sign-in that is no duration', testFile(`${GOOD}\nsignedInAgo: soon`), ['6:18 value_invalid']],
    ['a duration that STS does not take', testFile(`${GOOD}\nrequestedDuration: 5m`), ['6:24 duration_out_of_range']],
    ['a day as a time', `now: 2026-01-31\n${testFile(GOOD)}`, ['1:6 value_invalid']],
    ['a time without a zone', testFile(`${GOOD}\nnow: 2026-01-31T09:00:00`), ['6:10 value_invalid']],
    ['an address that is none', testFile(`${GOOD}\nsourceIp: 203.0.113`), ['6:15 value_invalid']],
    ['a range as an address', testFile(`${GOOD}\nsourceIp: 203.0.113.0/24`), ['6:15 value_invalid']],
    ['a tag that is no text', testFile(`${GOOD}\ntags: { team: 1 }`), ['6:19 value_invalid']],
  ])('with %s is refused, at its place', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  test.each<[string, string, string[]]>([
    ['an unknown role', replaced('prod/ReadOnly', 'prod/ReadOny'), ['4:11 role_unknown']],
    [
      'an unknown role that is to be denied',
      replaced('prod/ReadOnly', 'prod/ReadOny').replace('allow', 'deny'),
      ['4:11 role_unknown'],
    ],
    ['a pattern that no role matches', replaced('prod/ReadOnly', '[prod/*, "test/*"]'), ['4:20 role_unknown']],
    ['an unknown issuer', testFile(`${GOOD}\nissuer: crop`), ['6:13 issuer_unknown']],
    ['a grant that does not exist', testFile(`${GOOD}\nbecause: engineers-reed`), ['6:14 grant_unknown']],
    ['a deny as the grant that allows', testFile(`${GOOD}\nbecause: no-contractors`), ['6:14 grant_unknown']],
    ['claims that cannot be read', testFile(GOOD.replace(/caller:.*/, 'claims: x.json')), ['3:13 claims_unreadable']],
  ])('with %s is refused for this policy', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('of which one case is wrong is not run at all', () => {
    const { tests } = readPolicyTests(testFile(GOOD, GOOD.replace('prod/ReadOnly', 'prod/Nothing')), 'x.test.yml');
    if (tests === undefined) throw new Error('not read');
    const plan = planChecks(tests, INDEX, { now: NOW, claimsOf: () => ({ claims: {} }) });
    expect(plan.checks).toEqual([]);
  });

  it('suggests what was meant', () => {
    const { diagnostics } = readPolicyTests(testFile(`${GOOD}\nreasn: x`), 'x.test.yml');
    expect(diagnostics).toMatchObject([{ file: 'x.test.yml', path: 'cases[0].reasn', hint: 'did you mean reason?' }]);
  });

  it('may not be larger than a policy, nor nested too deeply to be read', () => {
    expect(problemsOf(`# ${'x'.repeat(10 * 1024 * 1024)}\n`)).toEqual(['1:1 file_too_large']);
    expect(problemsOf(`cases: ${'['.repeat(100_000)}`)).toEqual(['1:1 yaml_too_deep']);
  });

  it('with a key of another nature is refused', () => {
    expect(problemsOf(testFile(GOOD.replace('team: x', '__proto__: { groups: [sre] }')))).toEqual([
      '3:38 yaml_key_forbidden',
    ]);
  });
});
