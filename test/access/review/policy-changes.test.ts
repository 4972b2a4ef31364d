import { describe, expect, it, test } from 'vitest';
import type { Grant } from '../../../lib/access/policy.ts';
import { byTarget, type Direction, overall } from '../../../lib/access/review/change.ts';
import { policyChanges } from '../../../lib/access/review/policy-changes.ts';
import { compiled, grant, HEAD, policyOf } from '../policies.ts';

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
    edit(/30m(?=\n {4}require)/, '1h'),
    'neutral',
    'grant admin',
    'sessions of at most 3600 s instead of at most 1800 s',
  ],
  [
    'a shorter session that the role allowed no longer',
    edit(/ {4}duration: 30m\n/, ''),
    'neutral',
    'grant admin',
    'sessions of any length that the role allows instead of at most 1800 s',
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
    const first = READERS.replace(' }\n', ', duration: 15m }\n');
    const less = (text: string) => text.replace('[eng, "team-*"]', '[eng]');
    expect(changes(first + second, less(first) + second)).toMatchObject([
      {
        direction: 'changes',
        message: 'groups may no longer be team-*; second may decide instead, and gives more',
      },
    ]);
    // It gives no more; it decided before; it wants no reason, so whoever had it could leave theirs out.
    for (const [before, after] of [
      [READERS + second, less(READERS) + second],
      [second + first, second + less(first)],
      [`${first.replace(' }\n', ', require: { reason: true } }\n')}${second}`, second],
    ] as const) {
      expect(changes(before, after)).toMatchObject([{ direction: 'narrows' }]);
    }
  });

  it.each([
    ['a session policy less', ', session: { policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] } }\n'],
    ['other tags', ', session: { tags: { team: a } } }\n'],
  ])('that hands callers to a grant with %s is not taken for a narrower one', (_, terms) => {
    const second = '  - { name: second, roles: [prod/ReadOnly], callers: { groups: ["*"] } }\n';
    const first = READERS.replace(' }\n', terms);
    expect(changes(first + second, second)).toMatchObject([{ direction: 'changes' }]);
  });

  it('of the order of grants on the same role is not neutral, of others it is', () => {
    const second = '  - { name: second, roles: [prod/ReadOnly], callers: { groups: ["*"] } }\n';
    const short = READERS.replace(' }\n', ', duration: 15m }\n');
    expect(changes(short + second, second + short)).toMatchObject([
      { subject: 'grant second', member: 'order', direction: 'changes', message: 'comes before readers now' },
    ]);
    expect(changes(second + short, short + second)).toMatchObject([
      { subject: 'grant readers', member: 'order', direction: 'narrows', message: 'comes before second now' },
    ]);
    expect(changes(READERS + second, second + READERS)).toEqual([]);
    expect(changes(READERS + ADMIN, ADMIN + READERS)).toEqual([]);
  });

  it.each<[string, string, string, Direction, string, string?]>([
    [
      'the role’s ARN',
      'role/Admin"',
      'role/Root"',
      'widens',
      'is arn:aws:iam::222222222222:role/Root, was arn:aws:iam::222222222222:role/Admin',
    ],
    ['a longer role', 'maxDuration: 30m', 'maxDuration: 1h', 'widens', 'lasts at most 3600 s, was 1800 s'],
    ['the external id', 'externalId: daypass-prod', 'externalId: other', 'changes', 'has another external id'],
    [
      'another issuer’s address',
      'https://idp.example.com',
      'https://idp.example.org',
      'widens',
      'url is https://idp.example.org, was https://idp.example.com',
    ],
    [
      'other keys of an issuer',
      'username: email',
      'username: email\n    jwksUri: https://keys.example.net/',
      'widens',
      'jwksUri is https://keys.example.net/, was not set',
    ],
    ['a role longer than AWS lets a session be', '2h', '4h', 'neutral', 'lasts at most 14400 s, was 7200 s'],
    ['a new account', 'accounts:\n', 'accounts:\n  new: { id: "333333333333" }\n', 'neutral', 'is new (333333333333)'],
    ['an account’s label', 'label: Production', 'label: Live', 'neutral', 'is labelled Live'],
    ['an audience more', 'audience: [daypass]', 'audience: [daypass, other]', 'widens', 'audience also other'],
    ['an algorithm less', 'algorithms: [RS256]', 'algorithms: [ES256]', 'widens', 'algorithms also ES256'],
    ['the username’s claim', 'username: email', 'username: sub', 'changes', 'username is sub, was email'],
    [
      'the subject',
      'username: email',
      'subject: "ci-${claim:job}"',
      'changes',
      'subject is ci-${claim:job}, was ci-${claim:run}',
      'subject: "ci-${claim:run}"',
    ],
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

  it('that makes a session longer, or no longer than the role anyhow', () => {
    const lasting = (time: string) => READERS.replace(' }\n', `, duration: ${time} }\n`);
    expect(changes(lasting('15m'), lasting('30m'))).toMatchObject([{ direction: 'widens' }]);
    expect(changes(lasting('30m'), lasting('15m'))).toMatchObject([{ direction: 'narrows' }]);
    expect(changes(lasting('1h'), READERS)).toMatchObject([{ direction: 'neutral' }]);
  });

  it.each([
    ['another', '"s3:Put*"'],
    ['the same with more', '"s3:Get*", "s3:*"'],
  ])('that writes %s session policy is taken for wider: what it allows is not looked at', (_, action) => {
    const limited = (actions: string) =>
      READERS.replace(
        ' }\n',
        `, session: { policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: [${actions}], Resource: "*" }] } } }\n`,
      );
    expect(changes(limited('"s3:Get*"'), limited(action))).toMatchObject([{ direction: 'widens' }]);
    expect(changes(limited('"s3:Get*"'), READERS)).toMatchObject([{ direction: 'widens' }]);
  });

  it('that takes a role out of the catalogue widens nothing, whatever deny named it', () => {
    const head = HEAD.replace(/ {2}prod\/Admin: .*\n/, '');
    const found = policyChanges(policyOf(ALL), policyOf(READERS + DENY, head));
    expect(found.map(({ direction, subject }) => [direction, subject])).toEqual([
      ['narrows', 'role prod/Admin'],
      ['narrows', 'grant admin'],
    ]);
  });

  it('is told by role too: whom it is about, and nothing of the roles it is not about', () => {
    const after = edit('roles: [prod/ReadOnly]', 'roles: [prod/ReadOnly, dev/Developer]');
    expect(byTarget(changes(ALL, after))).toMatchObject([
      { target: 'dev/Developer', direction: 'widens', changes: [{ who: 'groups: eng | team-*' }] },
    ]);
  });

  it('of every one of ten thousand grants on one role is told in one go', () => {
    const before = compiled(['prod/A'], many('t'));
    const after = compiled(['prod/A'], many('u').reverse());
    const found = policyChanges(before, after);
    expect(found.filter(({ member }) => member === 'callers.groups')).toHaveLength(20_000);
    expect(found.filter(({ member }) => member === 'order').length).toBeGreaterThan(9_000);
    expect(overall(found)).toBe('widens');
    expect(Math.max(...found.map(({ message }) => message.length))).toBeLessThan(1_000);
  });

  it('of thousands of patterns is told without comparing each with each', () => {
    const wild = (start: string) => Array.from({ length: 5_000 }, (_, place) => `${start}-${place}-*`);
    const one = (patterns: string[]) =>
      compiled(['prod/A'], [grant({ name: 'g', roles: ['prod/A'], callers: { groups: patterns } })]);
    expect(policyChanges(one(wild('a')), one(wild('b'))).map(({ direction }) => direction)).toEqual([
      'widens',
      'narrows',
    ]);
  });
});

/** Each with tags of its own, so that no two give the same. */
function many(prefix: string): Grant[] {
  return Array.from({ length: 10_000 }, (_, place) =>
    grant({
      name: `g${place}`,
      roles: ['prod/A'],
      callers: { groups: [`${prefix}-${place}`] },
      session: { tags: { team: `${place}` }, transitiveTagKeys: [], policyArns: [] },
    }),
  );
}
