import { describe, expect, it, test } from 'vitest';
import { accessChanges, unknownClaims } from '../../../lib/access/review/access-changes.ts';
import { isGateClosed } from '../../../lib/access/review/gate.ts';
import { standingsOf } from '../../../lib/access/review/standings.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { caller, indexOf, NOW } from '../policies.ts';

const READERS = '  - { name: readers, roles: [prod/ReadOnly], callers: { groups: [eng] } }\n';
const OFFICE = `  - name: office
    effect: deny
    roles: ["prod/*"]
    callers: everyone
    condition: { NotIpAddress: { aws:SourceIp: 10.0.0.0/8 } }
`;
const MFA = ', condition: { ForAnyValue:StringEquals: { claim:amr: [mfa] } } }\n';

function told(before: string, after: string, claims: JsonObject = { groups: ['eng'] }, sourceIp?: string) {
  const who = caller(claims);
  const people = [{ name: 'ada', before: who, after: who }];
  return accessChanges(indexOf(before), indexOf(after), people, { now: NOW, sourceIp }).map(
    ({ target, kind, message }) => `${target} ${kind}: ${message}`,
  );
}

const session = (more: string) => READERS.replace(' }\n', `, ${more} }\n`);
const POLICY = 'session: { policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }';
const TAGS = 'session: { tags: { team: a } }';

describe('What a change of the policy does for somebody', () => {
  test.each<[string, string, string, string[]]>([
    ['a grant for them', '', READERS, ['prod/ReadOnly gains: gains it (for 3600 s)']],
    ['no grant for them any more', READERS, '', ['prod/ReadOnly loses: loses it (for 3600 s)']],
    ['nothing', READERS, READERS, []],
    ['a longer session', session('duration: 15m'), READERS, ['prod/ReadOnly longer: for 3600 s instead of 900 s']],
    ['a reason', READERS, session('require: { reason: true }'), ['prod/ReadOnly harder: only with a reason']],
    [
      'a ticket less',
      session('require: { reason: true, ticket: true }'),
      session('require: { reason: true }'),
      ['prod/ReadOnly easier: without a ticket'],
    ],
    [
      'no session policy',
      session(POLICY),
      READERS,
      ['prod/ReadOnly freer: without a session policy: all that the role may do'],
    ],
    ['a session policy', READERS, session(POLICY), ['prod/ReadOnly limited: with a session policy']],
    ['tags', READERS, session(TAGS), ['prod/ReadOnly other: with another session policy or other tags']],
    [
      'MFA',
      READERS,
      READERS.replace(' }\n', MFA),
      ['prod/ReadOnly loses: loses it (for 3600 s); must hold: some amr is mfa'],
    ],
    [
      'a grant that they only need MFA for',
      '',
      READERS.replace(' }\n', MFA),
      ['prod/ReadOnly nears: is close to it now; must hold: some amr is mfa'],
    ],
    [
      'a grant less that they only needed MFA for',
      READERS.replace(' }\n', MFA),
      '',
      ['prod/ReadOnly recedes: is not close to it any more'],
    ],
    [
      'a permission',
      '',
      '  - { name: auditors, permissions: [audit:read], callers: { groups: [eng] } }\n',
      ['audit:read gains: gains it'],
    ],
  ])('with %s', (_, before, after, expected) => {
    const rest = '  - { name: others, roles: [dev/Developer], callers: { groups: [none] } }\n';
    expect(told(before + rest, after + rest)).toEqual(expected);
  });

  it('is seen behind a deny that applies only as things are', () => {
    const wider = READERS.replace('[eng]', '[eng, sre]');
    expect(told(READERS + OFFICE, wider + OFFICE, { groups: ['sre'] })).toEqual([
      'prod/ReadOnly nears: is close to it now; must not hold: the source address is not in 10.0.0.0/8 (or there is none) (deny office)',
    ]);
    expect(told(READERS + OFFICE, wider + OFFICE, { groups: ['sre'] }, '10.0.0.1')).toEqual([
      'prod/ReadOnly gains: gains it (for 3600 s)',
    ]);
  });

  it('is nothing where one policy refuses their token', () => {
    const who = caller({ groups: ['eng'] });
    const index = indexOf(READERS);
    const changes = (before: typeof who | undefined, after: typeof who | undefined) =>
      accessChanges(index, index, [{ name: 'ada', before, after }], { now: NOW }).map(({ kind }) => kind);
    expect(changes(undefined, who)).toEqual(['gains']);
    expect(changes(who, undefined)).toEqual(['loses']);
  });
});

describe('Claims that are not known of somebody', () => {
  it('are counted, also those that only the proposed policy looks at', () => {
    const deny = '  - { name: no, effect: deny, roles: ["prod/*"], callers: { employment: [contractor] } }\n';
    const who = caller({ groups: ['eng'] });
    const people = [
      { name: 'recorded', before: who, after: who, known: new Set(['groups']) },
      { name: 'whole', before: who, after: who },
    ];
    const [before, after] = [indexOf(READERS), indexOf(READERS + deny)];
    expect(unknownClaims(before, after, people)).toEqual([{ claim: 'employment', callers: 1 }]);
    expect(unknownClaims(before, before, people)).toEqual([]);
  });
});

describe('A gate', () => {
  const change = (kind: 'nears' | 'other' | 'loses') => [{ caller: 'x', target: 'y', kind, message: '' }];
  test.each([
    ['widens', 'widens', [], [], true],
    ['widens', 'changes', [], [], false],
    ['changes', 'changes', [], [], true],
    ['changes', 'narrows', [], [], false],
    ['widens', 'narrows', change('nears'), [], true],
    ['widens', 'changes', change('other'), [], false],
    ['changes', 'narrows', change('loses'), [], false],
    ['changes', 'narrows', [], [{ claim: 'x', callers: 1 }], true],
    ['widens', 'narrows', [], [{ claim: 'x', callers: 1 }], false],
  ] as const)('for %s, of what %s, with %j and %j', (failOn, verdict, people, unknown, closed) => {
    expect(isGateClosed(failOn, verdict, people, unknown)).toBe(closed);
  });
});

describe('Who stands where', () => {
  it('is told of every target at once: who has it, and who lacks what', () => {
    const index = indexOf(
      `${READERS}  - { name: admin, roles: [prod/Admin], callers: { groups: [eng] }${MFA.slice(0)}`,
    );
    const people = [
      { name: 'ada', before: undefined, after: caller({ groups: ['eng'] }) },
      { name: 'bob', before: undefined, after: caller({ groups: ['x'] }) },
      { name: 'nobody', before: undefined, after: undefined },
    ];
    expect(standingsOf(index, ['prod/ReadOnly', 'prod/Admin', 'dev/Developer'], people, { now: NOW })).toEqual([
      {
        standings: [{ name: 'ada', has: true, grant: 'readers', seconds: 3600, requires: [], missing: [] }],
        others: 2,
      },
      {
        standings: [
          {
            name: 'ada',
            has: false,
            grant: 'admin',
            seconds: 1800,
            requires: [],
            missing: ['must hold: some amr is mfa'],
          },
        ],
        others: 2,
      },
      { standings: [], others: 3 },
    ]);
  });
});
