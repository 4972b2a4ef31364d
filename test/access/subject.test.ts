import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import { Fault } from '../../lib/fault.ts';
import type { Issuer } from '../../lib/identity/issuer.ts';
import { supposedCaller } from '../../lib/identity/supposed-caller.ts';
import { readUsername } from '../../lib/identity/username.ts';
import type { JsonObject } from '../../lib/json.ts';

const REST = `accounts:
  prod: { id: "111122223333" }
roles:
  prod/ReadOnly: { arn: "arn:aws:iam::111122223333:role/ReadOnly" }
grants:
  - { name: readers, issuers: [ci], roles: [prod/ReadOnly], callers: { project: [shop] } }
`;

/** @param members of the issuer `ci`, one a line */
function compile(members: string, more = '') {
  const lines = members.split('\n').map((line) => `    ${line}\n`);
  const { policy, diagnostics } = compilePolicy(
    `version: 1\nissuers:\n  ci:\n    issuer: https://ci.example.com\n    audience: [daypass]\n    algorithms: [RS256]\n${lines.join('')}${more}${REST}`,
    'p.yml',
  );
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return { issuers: policy?.issuers, errors: errors.map(({ line, column, code }) => `${line}:${column} ${code}`) };
}

function issuerOf(subject: string, more = ''): Issuer {
  const { issuers, errors } = compile(`subject: ${JSON.stringify(subject)}`, more);
  const issuer = issuers?.find(({ name }) => name === 'ci');
  if (issuer === undefined) throw new Error(errors.join('\n'));
  return issuer;
}

function outcome(claims: JsonObject, issuer: Issuer): string {
  try {
    return readUsername(claims, issuer);
  } catch (error) {
    return error instanceof Fault ? `refused: ${error.code}` : String(error);
  }
}

describe('an issuer’s subject', () => {
  const GOOD = 'subject: "gh-${claim:repository_id}.${claim:run_id}"';

  it('compiles, and its beginning is the issuer’s prefix', () => {
    const { issuers, errors } = compile(GOOD);
    expect(errors).toEqual([]);
    expect(issuers?.[0]).toMatchObject({
      subject: 'gh-${claim:repository_id}.${claim:run_id}',
      usernamePrefix: 'gh-',
      reservedPrefixes: [],
    });
    expect(issuers?.[0]).not.toHaveProperty('username');
  });

  test.each([
    ['neither says who callers are', 'clockSkew: 30s', ['3:3 naming_missing']],
    ['both do', `username: sub\n${GOOD}`, ['8:5 naming_twice']],
    ['a prefix beside it', `${GOOD}\nusernamePrefix: gh-`, ['8:5 subject_with_prefix']],
    ['a login beside it', `${GOOD}\nlogin: { clientId: daypass }`, ['8:5 subject_for_people']],
    ['a portal beside it', `${GOOD}\nportal: { clientId: daypass }`, ['8:5 subject_for_people']],
    ['no claim', 'subject: pipeline', ['7:14 subject_without_claim']],
    ['an empty text', 'subject: ""', ['7:14 value_invalid']],
    ['no prefix', 'subject: "${claim:run_id}"', ['7:14 subject_without_prefix']],
    ['a prefix of an at sign', 'subject: "ci@${claim:run_id}"', ['7:14 subject_without_prefix']],
    ['a prefix of 33 characters', `subject: "${'p'.repeat(33)}\${claim:a}"`, ['7:14 subject_without_prefix']],
    ['a colon', 'subject: "gh-${claim:a}:${claim:b}"', ['7:14 subject_not_representable']],
    ['a slash', 'subject: "gh-${claim:a}/${claim:b}"', ['7:14 subject_not_representable']],
    [
      'a letter that looks like another',
      'subject: "gh-${claim:a}\u212a${claim:b}"',
      ['7:14 subject_not_representable'],
    ],
    ['two claims together', 'subject: "gh-${claim:a}${claim:b}"', ['7:14 subject_ambiguous']],
    [
      'a variable of IAM',
      'subject: "gh-${aws:username}-${claim:a}"',
      ['7:14 subject_without_prefix', '7:14 subject_not_representable'],
    ],
    ['a claim in other letters', 'subject: "gh-${Claim:a}"', ['7:14 template_invalid']],
    ['a claim that is not closed', 'subject: "gh-${claim:a"', ['7:14 template_invalid']],
    ['a claim without a name', 'subject: "gh-${claim:}"', ['7:14 template_invalid']],
    ['no room for claims', `subject: "gh-\${claim:a}.${'x'.repeat(60)}"`, ['7:14 subject_too_long']],
    ['an unknown platform', `${GOOD}\nplatform: gitub`, ['8:15 value_invalid']],
  ])('is refused: %s', (_, members, expected) => {
    expect(compile(members)).toEqual({ issuers: undefined, errors: expected });
  });

  it('keeps its workloads apart from people: their prefix is another, or their names are refused', () => {
    const people = (prefix: string) =>
      `  people:\n    issuer: https://idp.example.com\n    audience: [daypass]\n    algorithms: [RS256]\n    username: login\n${prefix}`;
    expect(compile(GOOD, people('    usernamePrefix: gh\n')).errors).toEqual(['8:3 usernames_overlap']);
    expect(compile(GOOD, people('    usernamePrefix: gh-7\n')).errors).toEqual(['8:3 usernames_overlap']);
    const { issuers } = compile(GOOD, people(''));
    const person = issuers?.find(({ name }) => name === 'people');
    if (person === undefined) throw new Error('no such issuer');
    expect(outcome({ login: 'gh-7654321.16' }, person)).toBe('refused: identity_not_representable');
    expect(outcome({ login: 'ada' }, person)).toBe('ada');
  });
});

describe('a workload’s name', () => {
  const github = issuerOf('gh-${claim:repository_id}.${claim:run_id}');
  const pod = issuerOf('k8s-${claim:kubernetes.io.namespace}.${claim:kubernetes.io.serviceaccount.name}');

  test.each<[Issuer, JsonObject, string]>([
    [github, { repository_id: '7654321', run_id: '16412345678' }, 'gh-7654321.16412345678'],
    // Nothing stands behind the last claim that it could be taken for.
    [github, { repository_id: '7', run_id: '1.2' }, 'gh-7.1.2'],
    [pod, { 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'deployer' } } }, 'k8s-shop.deployer'],
    [issuerOf('ci=${claim:a}=end'), { a: 'x' }, 'ci=x=end'],
  ])('is its claims as they stand (%#)', (issuer, claims, username) => expect(outcome(claims, issuer)).toBe(username));

  test.each<[string, JsonObject, string]>([
    ['a claim is missing', { repository_id: '7' }, 'claim_missing'],
    ['a claim is a number', { repository_id: 7, run_id: '1' }, 'claim_type_invalid'],
    ['a claim is a list', { repository_id: ['7'], run_id: '1' }, 'claim_type_invalid'],
    ['a claim is null', { repository_id: null, run_id: '1' }, 'claim_type_invalid'],
    ['a claim is empty', { repository_id: '', run_id: '1' }, 'identity_not_representable'],
    ['the last claim is empty', { repository_id: '7', run_id: '' }, 'identity_not_representable'],
    ['a claim holds what ends it', { repository_id: '7.1', run_id: '2' }, 'identity_not_representable'],
    ['a claim holds what STS does not take', { repository_id: 'org/shop', run_id: '1' }, 'identity_not_representable'],
    ['a claim holds a space', { repository_id: '7 ', run_id: '1' }, 'identity_not_representable'],
    [
      'a claim holds a letter of another script',
      { repository_id: '\u0437', run_id: '1' },
      'identity_not_representable',
    ],
    ['a claim holds a line end', { repository_id: '7', run_id: '1\n' }, 'identity_not_representable'],
    ['a claim is a template', { repository_id: '${claim:sub}', run_id: '1' }, 'identity_not_representable'],
    ['all is too long', { repository_id: '7', run_id: '1'.repeat(60) }, 'identity_not_representable'],
    ['there are two at signs', { repository_id: 'a@b', run_id: 'c@d' }, 'identity_not_representable'],
    ['the claim is of an object’s own kind', { run_id: '1' }, 'claim_missing'],
  ])('is refused, never rewritten: %s', (_, claims, code) => {
    expect(outcome(claims, github)).toBe(`refused: ${code}`);
  });

  it('that begins as another issuer’s names do is refused', () => {
    const more =
      '  other:\n    issuer: https://other.example.com\n    audience: [daypass]\n    algorithms: [RS256]\n    username: login\n    usernamePrefix: gl-\n';
    expect(outcome({ a: '1' }, issuerOf('gh-${claim:a}', more))).toBe('gh-1');
    expect(issuerOf('gh-${claim:a}', more).reservedPrefixes).toEqual(['gl-']);
  });
});

describe('two workloads', () => {
  // Few letters, so that texts and claims meet all the time.
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), minLength: 1, maxLength: 2 });
  const values = fc.record({ a: textsOrNone(), b: textsOrNone(), c: textsOrNone() });
  function textsOrNone() {
    return fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), minLength: 0, maxLength: 3 });
  }

  it('never have the same name, whatever the template and their claims are', () => {
    let met = 0;
    fc.assert(
      fc.property(texts, texts, texts, fc.array(values, { minLength: 2, maxLength: 30 }), (prefix, one, two, all) => {
        const issuer = issuerOf(`${prefix}\${claim:a}${one}\${claim:b}${two}\${claim:c}`);
        const owners = new Map<string, string>();
        for (const claims of all) {
          const username = outcome(claims, issuer);
          if (username.startsWith('refused: ')) continue;
          met += 1;
          const workload = JSON.stringify(claims);
          expect([username, owners.get(username) ?? workload]).toEqual([username, workload]);
          owners.set(username, workload);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(met).toBeGreaterThan(1_000);
  });
});

describe('a supposed workload', () => {
  const issuers = [issuerOf('gh-${claim:repository_id}.${claim:run_id}')];
  const now = Date.UTC(2026, 0, 31);

  it('has the name that its claims make', () => {
    expect(supposedCaller(issuers, { claims: { repository_id: '7', run_id: '1' }, now }).username).toBe('gh-7.1');
  });

  it('whose claims do not tell is somebody of the issuer', () => {
    expect(supposedCaller(issuers, { claims: { repository_id: '7' }, now }).username).toBe('gh-somebody');
  });
});
