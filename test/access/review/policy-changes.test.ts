import { describe, expect, it, test } from 'vitest';
import { type Direction, overall } from '../../../lib/access/review/change.ts';
import { policyChanges } from '../../../lib/access/review/policy-changes.ts';
import { HEAD, policyOf } from '../policies.ts';

const READERS = '  - { name: readers, roles: [prod/ReadOnly], callers: { groups: [eng, "team-*"] } }\n';
const ADMIN = `  - name: admin
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition: { ForAnyValue:StringEquals: { claim:amr: [mfa] }, NumericLessThanEquals: { session:authAgeSeconds: 900 } }
    duration: 30m
    require: { reason: true }
`;
const DENY = '  - { name: no-contractors, effect: deny, roles: ["prod/*"], callers: { employment: [contractor] } }\n';
const ALL = READERS + ADMIN + DENY;

function changes(before: string, after: string, head = HEAD, newHead = head) {
  return policyChanges(policyOf(before, head), policyOf(after, newHead));
}

const edit = (from: string | RegExp, to: string) => {
  const after = ALL.replace(from, to);
  if (after === ALL) throw new Error(`nothing to replace: ${from}`);
  return after;
};

type Row = readonly [what: string, after: string, direction: Direction, subject: string, message: string];

const ROWS: readonly Row[] = [
  [
    'a grant more',
    `${ALL}  - { name: more, roles: [dev/Developer], callers: { groups: [x] } }\n`,
    'widens',
    'grant more',
    'is new: gives dev/Developer',
  ],
  ['a grant less', ALL.replace(READERS, ''), 'narrows', 'grant readers', 'is gone: it gave prod/ReadOnly'],
  [
    'a deny more',
    `${ALL}  - { name: no, effect: deny, roles: [dev/Developer], callers: { a: [b] } }\n`,
    'narrows',
    'deny no',
    'is new: takes dev/Developer',
  ],
  ['a deny less', ALL.replace(DENY, ''), 'widens', 'deny no-contractors', 'is gone: it took prod/ReadOnly, prod/Admin'],
  [
    'a role more in a grant',
    edit('roles: [prod/ReadOnly]', 'roles: [prod/ReadOnly, dev/Developer]'),
    'widens',
    'grant readers',
    'roles gain dev/Developer',
  ],
  ['a pattern more', edit('[sre]', '[sre, oncall]'), 'widens', 'grant admin', 'groups may also be oncall'],
  ['a pattern less', edit('[eng, "team-*"]', '[eng]'), 'narrows', 'grant readers', 'groups may no longer be team-*'],
  [
    'a pattern within one that is there',
    edit('[eng, "team-*"]', '[eng, "team-*", team-a]'),
    'neutral',
    'grant readers',
    'groups is written another way',
  ],
  [
    'a claim more to match',
    edit('{ groups: [sre] }', '{ groups: [sre], site: [berlin] }'),
    'narrows',
    'grant admin',
    'site must now be berlin',
  ],
  [
    'a claim less to match',
    edit('{ groups: [eng, "team-*"] }', 'everyone'),
    'widens',
    'grant readers',
    'groups is not looked at any more (was eng, team-*)',
  ],
  [
    'a condition less',
    edit(/ForAnyValue:StringEquals: { claim:amr: \[mfa\] }, /, ''),
    'widens',
    'grant admin',
    'condition ForAnyValue:StringEquals claim:amr: mfa is gone',
  ],
  [
    'a condition more',
    edit('authAgeSeconds: 900 } }', 'authAgeSeconds: 900 }, IpAddress: { aws:SourceIp: [10.0.0.0/8] } }'),
    'narrows',
    'grant admin',
    'new condition IpAddress aws:SourceIp: 10.0.0.0/8',
  ],
  [
    'a value more in a condition',
    edit('[mfa]', '[mfa, hwk]'),
    'widens',
    'grant admin',
    'condition ForAnyValue:StringEquals claim:amr: mfa is now mfa, hwk',
  ],
  [
    'a bound that is wider',
    edit('900', '1800'),
    'widens',
    'grant admin',
    'condition NumericLessThanEquals session:authAgeSeconds: 900 is now 1800',
  ],
  [
    'a bound that is tighter',
    edit('900', '300'),
    'narrows',
    'grant admin',
    'condition NumericLessThanEquals session:authAgeSeconds: 900 is now 300',
  ],
  [
    'a longer session',
    edit('30m', '1h'),
    'widens',
    'grant admin',
    'sessions of at most 3600 s instead of at most 1800 s',
  ],
  [
    'a shorter session',
    edit('30m', '15m'),
    'narrows',
    'grant admin',
    'sessions of at most 900 s instead of at most 1800 s',
  ],
  [
    'a reason not wanted any more',
    edit('    require: { reason: true }\n', ''),
    'widens',
    'grant admin',
    'a reason is no longer required',
  ],
  [
    'a ticket wanted',
    edit('{ reason: true }', '{ reason: true, ticket: true }'),
    'narrows',
    'grant admin',
    'a ticket is now required',
  ],
  [
    'a session policy',
    `${READERS.replace(' }\n', ', session: { policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } } }\n')}${ADMIN}${DENY}`,
    'narrows',
    'grant readers',
    'sessions get a session policy',
  ],
  [
    'tags',
    `${READERS.replace(' }\n', ', session: { tags: { team: a } } }\n')}${ADMIN}${DENY}`,
    'changes',
    'grant readers',
    'tags are {"team":"a"} instead of {}',
  ],
  [
    'a deny that reaches less',
    edit('["prod/*"]', '[prod/Admin]'),
    'widens',
    'deny no-contractors',
    'roles lose prod/ReadOnly',
  ],
  [
    'a deny with a condition',
    edit('[contractor] } }', '[contractor] }, condition: { Bool: { claim:email_verified: false } } }'),
    'widens',
    'deny no-contractors',
    'new condition Bool claim:email_verified: false',
  ],
  [
    'another name',
    edit('name: readers', 'name: everyone-reads'),
    'neutral',
    'grant everyone-reads',
    'was named readers',
  ],
];

describe('A change of an access policy', () => {
  test.each(ROWS)('%s', (_, after, direction, subject, message) => {
    const found = changes(ALL, after);
    expect(found.map((change) => [change.direction, change.subject, change.message])).toEqual([
      [direction, subject, message],
    ]);
    expect(overall(found)).toBe(direction);
  });

  it('that takes callers from a grant may hand them to a later one on the same role', () => {
    const second = '  - { name: second, roles: [prod/ReadOnly], callers: { groups: ["*"] } }\n';
    expect(changes(READERS + second, READERS.replace('[eng, "team-*"]', '[eng]') + second)).toMatchObject([
      { direction: 'changes', message: 'groups may no longer be team-*; second may decide instead' },
    ]);
    expect(changes(second + READERS, second + READERS.replace('[eng, "team-*"]', '[eng]'))).toMatchObject([
      { direction: 'narrows' },
    ]);
  });

  it('of the order of grants on the same role is not neutral, of others it is', () => {
    const second = '  - { name: second, roles: [prod/ReadOnly], callers: { groups: ["*"] } }\n';
    expect(changes(READERS + second, second + READERS)).toMatchObject([
      { subject: 'grant second', member: 'order', direction: 'changes', message: 'comes before readers now' },
    ]);
    expect(changes(READERS + ADMIN, ADMIN + READERS)).toEqual([]);
  });

  it.each<[string, string, string, Direction, string, string?]>([
    [
      'the role’s ARN',
      'role/Admin"',
      'role/Root"',
      'changes',
      'is arn:aws:iam::222222222222:role/Root, was arn:aws:iam::222222222222:role/Admin',
    ],
    ['a longer role', 'maxDuration: 30m', 'maxDuration: 1h', 'widens', 'lasts at most 3600 s, was 1800 s'],
    ['the external id', 'externalId: daypass-prod', 'externalId: other', 'changes', 'has another external id'],
    [
      'another issuer’s address',
      'https://idp.example.com',
      'https://idp.example.org',
      'changes',
      'url is https://idp.example.org, was https://idp.example.com',
    ],
    ['an audience more', 'audience: [daypass]', 'audience: [daypass, other]', 'widens', 'audience also other'],
    ['an algorithm less', 'algorithms: [RS256]', 'algorithms: [ES256]', 'widens', 'algorithms also ES256'],
    ['the username’s claim', 'username: email', 'username: sub', 'changes', 'username is sub, was email'],
    [
      'authorized parties without the one that made `azp` necessary',
      'audience: [daypass]',
      'audience: [daypass]\n    authorizedParties: [daypass]',
      'widens',
      'tokens that name no authorized party are taken',
      'audience: [daypass]\n    authorizedParties: [daypass, app]',
    ],
    ['single use', 'username: email', 'username: email\n    singleUse: true', 'narrows', 'singleUse is true'],
    [
      'a longer token',
      'username: email',
      'username: email\n    maxTokenLifetime: 48h',
      'widens',
      'maxTokenLifetimeSeconds is 172800, was 86400',
    ],
  ])('%s of the catalogue', (_, from, to, direction, message, was = from) => {
    const head = HEAD.replace(from, was);
    const newHead = HEAD.replace(from, to);
    expect(newHead).not.toBe(head);
    expect(changes(ALL, ALL, head, newHead)).toContainEqual(expect.objectContaining({ direction, message }));
  });

  it('brings a new role to whoever has a pattern that it falls under', () => {
    const newHead = HEAD.replace('grants:', '  prod/Extra: { arn: "arn:aws:iam::222222222222:role/Extra" }\ngrants:');
    const wide = '  - { name: wide, roles: ["prod/*"], callers: { groups: [a] } }\n';
    expect(
      changes(wide, wide, HEAD, newHead).map(({ direction, subject, message }) => [direction, subject, message]),
    ).toEqual([
      ['neutral', 'role prod/Extra', 'is new (arn:aws:iam::222222222222:role/Extra)'],
      ['widens', 'grant wide', 'roles gain prod/Extra'],
    ]);
  });
});
