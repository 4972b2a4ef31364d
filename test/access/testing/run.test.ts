import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decide } from '../../../lib/access/decide.ts';
import { indexPolicy } from '../../../lib/access/policy-index.ts';
import { coverageOf } from '../../../lib/access/testing/coverage.ts';
import { runCheck } from '../../../lib/access/testing/run.ts';
import { supposedCaller } from '../../../lib/identity/supposed-caller.ts';
import { caller, compiled, NOW } from '../policies.ts';
import { claims, grants } from '../random-policies.ts';
import { checksOf, INDEX, run, testFile } from './tests.ts';

const ENGINEER = 'caller: { groups: [engineering], team: payments }';
const SRE = 'caller: { groups: [sre], amr: [pwd, mfa] }\nsignedInAgo: 5m';
const ADMIN = `${SRE}\nrole: prod/Admin\nreason: disk full`;
const reads = (more: string) => testFile(`${ENGINEER}\nrole: prod/ReadOnly\nexpect: allow\n${more}`);
const denied = (more: string, who = ENGINEER) => testFile(`${who}\nrole: prod/Admin\nexpect: deny\n${more}`);

describe('a check', () => {
  test.each<[string, string]>([
    ['the effect alone', reads('')],
    ['the grant', reads('because: engineers-read')],
    ['the duration', reads('duration: 1h')],
    ['a shorter one that was asked for', reads('requestedDuration: 30m\nduration: 1800s')],
    ['the tags, in any order', reads('tags: { team: payments }')],
    ['who it is', reads('sourceIdentity: somebody')],
    ['a denial', denied('')],
    ['the reason of a denial', denied('because: no_grant')],
    ['what is missing', denied('because: grants look at groups')],
    [
      'the deny',
      testFile(
        `${ENGINEER.replace('team', 'employment: contractor, team')}\nrole: prod/ReadOnly\nexpect: deny\nbecause: no-contractors`,
      ),
    ],
    [
      'every part of what is missing',
      denied('missing: [amr must include mfa, a reason is required]', 'caller: { groups: [sre] }'),
    ],
    [
      'a role that does not exist, when that is meant',
      testFile(`${ENGINEER}\nrole: prod/Root\nexpect: deny\nbecause: role_unknown`),
    ],
    [
      'a refusal, when it is named',
      testFile('caller: { email: "a b" }\nrole: prod/Admin\nexpect: deny\nbecause: identity_not_representable'),
    ],
    [
      'a permission',
      testFile('caller: { groups: [security] }\npermission: audit:read\nexpect: allow\nbecause: auditors'),
    ],
    ['circumstances', testFile(`${ADMIN}\nexpect: allow\nbecause: sre-admin\nduration: 20m`)],
    ['a sign-in that says when it was', denied('because: at most 900 seconds old', SRE.replace('5m', '16m'))],
    [
      'another time of the case',
      testFile(`${ADMIN}\nnow: 2025-12-31T23:59:59Z\nexpect: deny\nbecause: aws:CurrentTime`),
    ],
    [
      'another time of the file',
      `now: 2025-12-31T23:59:59Z\n${testFile(`${ADMIN}\nexpect: deny\nbecause: aws:CurrentTime`)}`,
    ],
  ])('passes on %s', (_, text) => {
    expect(run(text)).toMatchObject([{ passed: true, mismatches: [], explanation: [] }]);
  });

  test.each<[string, string, string | RegExp]>([
    ['the effect', reads('').replace('allow', 'deny'), 'expected deny, got allow by engineers-read for 3600 seconds'],
    ['the denial', denied('').replace('deny', 'allow'), 'expected allow, got deny: no_grant'],
    ['the grant', reads('because: sre-admin'), 'grant: expected sre-admin, got engineers-read'],
    ['the duration', reads('duration: 30m'), 'duration: expected 1800 seconds, got 3600 seconds, limited by the role'],
    ['a tag', reads('tags: { team: search }'), 'tags: expected {"team":"search"}, got {"team":"payments"}'],
    ['a tag too many', reads('tags: {}'), 'tags: expected {}, got {"team":"payments"}'],
    ['who it is', reads('sourceIdentity: ada'), 'sourceIdentity: expected ada, got somebody'],
    ['the reason', denied('because: condition_unmet'), 'expected deny because condition_unmet, got deny: no_grant'],
    ['the deny', denied('because: no-contractors'), 'expected deny because no-contractors, got deny: no_grant'],
    ['what is missing', denied('missing: mfa'), /^missing: expected “mfa”, got “no grant gives you/],
    [
      'a refusal that is not named',
      testFile('caller: { email: "a b" }\nrole: prod/Admin\nexpect: deny'),
      'expected deny, got refused: identity_not_representable',
    ],
    [
      'another refusal',
      testFile('caller: { email: "a b" }\nrole: prod/Admin\nexpect: deny\nbecause: claim_missing'),
      'expected deny because claim_missing, got refused: identity_not_representable',
    ],
    [
      'a refusal where access is expected',
      testFile('caller: { email: "a b" }\nrole: prod/Admin\nexpect: allow'),
      'expected allow, got refused: identity_not_representable',
    ],
  ])('fails on %s, and says why', (_, text, mismatch) => {
    const [result] = run(text);
    expect(result).toMatchObject({ passed: false, position: { line: 2, column: 11 } });
    expect(result?.mismatches).toEqual([expect.stringMatching(mismatch instanceof RegExp ? mismatch : '')]);
    if (typeof mismatch === 'string') expect(result?.mismatches).toEqual([mismatch]);
    expect(result?.explanation.length).toBeGreaterThan(0);
  });

  it('is made of each role that a case names, by name or pattern, once', () => {
    const text = testFile(`name: all\n${ENGINEER}\nrole: [prod/*, prod/Admin, dev/Developer]\nexpect: allow`);
    expect(run(text).map(({ name, passed }) => [name, passed])).toEqual([
      ['all [prod/ReadOnly]', true],
      ['all [prod/Admin]', false],
      ['all [dev/Developer]', true],
    ]);
  });

  it('reads the claims of a case from the file that it names', () => {
    const text = testFile('claims: them.json\nsignedInAgo: 1m\nrole: prod/ReadOnly\nexpect: allow');
    const asked: string[] = [];
    const [check] = checksOf(text, {
      claimsOf: (file) => {
        asked.push(file);
        return { claims: { groups: ['engineering'], team: 'x', problem: 'none' } };
      },
    });
    expect(asked).toEqual(['them.json']);
    expect(check?.claims).toEqual({ groups: ['engineering'], team: 'x', problem: 'none', auth_time: NOW / 1000 - 60 });
  });

  it('agrees with the decision, over random policies and callers', () => {
    fc.assert(
      fc.property(
        grants(12),
        claims,
        fc.constantFrom('prod/A', 'prod/B'),
        fc.boolean(),
        (all, { groups = [], ...rest }, role, reason) => {
          // The verifier takes groups as a list only.
          const held = { ...rest, groups: [groups].flat() };
          const index = indexPolicy(compiled(['prod/A', 'prod/B'], all));
          const circumstances = { now: NOW, ...(reason && { reason: 'because' }) };
          const target = { kind: 'role', role } as const;
          const decision = decide(index, { caller: caller(held), target, ...circumstances });
          const check = (effect: 'allow' | 'deny', because?: string) =>
            runCheck(
              index,
              {
                name: 'one',
                position: { line: 1, column: 1 },
                claims: held,
                issuer: 'corp',
                target,
                circumstances,
                expectation: { effect, because, missing: [] },
              },
              supposedCaller,
            );
          const because = decision.effect === 'allow' ? decision.grant : decision.reason;
          expect(check(decision.effect, because).passed).toBe(true);
          expect(check(decision.effect === 'allow' ? 'deny' : 'allow').passed).toBe(false);
          expect(check(decision.effect, 'something else').passed).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('coverage', () => {
  it('is of the grants that gave something, and the denies that took something', () => {
    const text = testFile(
      `${ENGINEER}\nrole: [prod/ReadOnly, dev/Developer]\nexpect: allow`,
      `${ENGINEER.replace('team', 'employment: contractor, team')}\nrole: prod/ReadOnly\nexpect: deny`,
      `${SRE}\nrole: prod/Admin\nexpect: deny`,
    );
    expect(coverageOf(INDEX.policy, run(text))).toEqual({
      covered: 2,
      percent: 50,
      grants: [
        { grant: 'engineers-read', effect: 'allow', decided: 2 },
        { grant: 'sre-admin', effect: 'allow', decided: 0 },
        { grant: 'auditors', effect: 'allow', decided: 0 },
        { grant: 'no-contractors', effect: 'deny', decided: 1 },
      ],
    });
  });

  it('is a hundred only when it is all, and of nothing', () => {
    const results = Array.from({ length: 199 }, (_, n) => ({ decidedBy: `g${n}` })) as never[];
    const policy = (count: number) =>
      compiled(
        ['prod/A'],
        Array.from({ length: count }, (_, n) => ({ name: `g${n}`, effect: 'allow' }) as never),
      );
    expect(coverageOf(policy(200), results).percent).toBe(99);
    expect(coverageOf(policy(0), results).percent).toBe(100);
  });
});
