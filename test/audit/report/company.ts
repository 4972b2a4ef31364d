import type { AuditRecord } from '../../../lib/audit/record.ts';
import { firstSessionIdAt } from '../../../lib/session-id.ts';

/** A made-up company's audit log: the same one each time, as it has no chance in it but its own. */
export interface Company {
  readonly since: number;
  readonly days: number;
  readonly sessions: number;
}

const DAY = 86_400_000;

const TEAMS = ['payments', 'search', 'platform', 'data', 'mobile'];
const FIRST = [
  'ada',
  'ben',
  'chen',
  'dana',
  'elif',
  'femi',
  'gita',
  'hugo',
  'ines',
  'jun',
  'kofi',
  'lena',
  'marek',
  'noor',
];
const LAST = ['weber', 'okafor', 'lindqvist', 'sato', 'moreau', 'novak'];

const ROLES = [
  { role: 'dev/Developer', grant: 'engineering', account: 'dev', accountId: '111111111111', share: 46, length: 3600 },
  {
    role: 'staging/Developer',
    grant: 'engineering-staging',
    account: 'staging',
    accountId: '222222222222',
    share: 20,
    length: 3600,
  },
  {
    role: 'prod/ReadOnly',
    grant: 'everyone-reads',
    account: 'prod',
    accountId: '333333333333',
    share: 22,
    length: 3600,
  },
  { role: 'data/Analyst', grant: 'analysts', account: 'data', accountId: '444444444444', share: 8, length: 14_400 },
  { role: 'prod/Deploy', grant: 'deploys', account: 'prod', accountId: '333333333333', share: 3, length: 1800 },
  { role: 'prod/Admin', grant: 'sre-admin', account: 'prod', accountId: '333333333333', share: 1, length: 1800 },
] as const;

const REASONS = [
  'INC-2041: queue is stuck',
  'rotate the search index',
  'look at the invoice job',
  'restore a row',
  'disk full on db-3',
];

/** Oldest first; a session's two records stand together. */
export function* companyRecords({ since, days, sessions }: Company): Generator<AuditRecord> {
  const random = generator(7);
  const people = FIRST.flatMap((first, index) =>
    LAST.map((last, at) => ({ name: `${first}.${last}`, team: (index * 5 + at) % TEAMS.length })),
  );
  const times = Array.from({ length: sessions }, () => workingTime(random, since, days)).sort(
    (one, other) => one - other,
  );
  for (const [index, time] of times.entries()) {
    // Few people do most of the work, and some come later.
    const reach = Math.ceil(people.length * (0.75 + 0.25 * ((time - since) / (days * DAY))));
    const person = people[Math.floor(random() ** 2 * reach)] ?? { name: 'ada.weber', team: 0 };
    const username = `${person.name}@example.com`;
    const role = roleFor(random() * 100, person.team);
    const base = {
      schema: 1,
      sessionId:
        firstSessionIdAt(time).slice(0, 16) +
        index.toString(32).toUpperCase().replace(/[IL]/g, '1').replace(/O/g, '0').replace(/U/g, 'V').padStart(10, '0'),
      requestId: `request-${index}`,
      time: new Date(time).toISOString(),
      action: 'credentials',
      caller: { issuer: 'corp', subject: `subject-${person.name}`, username },
      tokenSha256: '5d'.repeat(32),
      policyDigest: 'c0ffee'.padEnd(64, '0'),
      sourceIp: `203.0.113.${index % 200}`,
      userAgent: 'daypass/0.1.0 (linux; x64) node/24.21.0',
      role: role.role,
      account: role.account,
    } as const;
    const refused = refusal(random(), role.role, person.name);
    if (refused !== undefined) {
      yield { ...base, phase: 'outcome', ...refused };
      continue;
    }
    const session = {
      ...base,
      accountId: role.accountId,
      roleArn: `arn:aws:iam::${role.accountId}:role/${role.role.split('/')[1]}`,
      grant: role.grant,
      durationSeconds: random() < 0.9 ? role.length : Math.max(900, role.length / 2),
      durationLimitedBy: 'grant',
      roleSessionName: `${base.sessionId}-${username}`,
      sourceIdentity: username,
      ...(role.role.startsWith('prod/') &&
        role.role !== 'prod/ReadOnly' && {
          reason: REASONS[index % REASONS.length] ?? '',
          ticket: `OPS-${1000 + (index % 700)}`,
        }),
    } as const;
    yield { ...session, phase: 'intent' };
    // Once in a while a function dies in between.
    if (index % 1700 === 1600) continue;
    yield {
      ...session,
      phase: 'outcome',
      outcome: index % 1300 === 900 ? 'unresolved' : 'issued',
      accessKeyId: `ASIA${String(index).padStart(16, '0')}`,
      expiration: new Date(time + session.durationSeconds * 1000).toISOString(),
      stsRequestId: `sts-${index}`,
    };
  }
}

function roleFor(draw: number, team: number) {
  let left = draw;
  for (const role of ROLES) {
    left -= role.share;
    if (left <= 0 && (role.role !== 'data/Analyst' || team === 3)) return role;
  }
  return ROLES[0];
}

function refusal(draw: number, role: string, name: string): Partial<AuditRecord> | undefined {
  if (name === 'kofi.sato' && draw < 0.5)
    return { outcome: 'denied', denial: 'condition_unmet', code: 'access_denied', role: 'prod/Admin', account: 'prod' };
  if (role === 'prod/Admin' && draw < 0.4)
    return { outcome: 'denied', denial: 'requirement_unmet', code: 'access_denied' };
  if (draw < 0.02) return { outcome: 'denied', denial: 'no_grant', code: 'access_denied' };
  if (draw < 0.035) return { outcome: 'refused', code: 'token_expired' };
  if (draw < 0.04) return { outcome: 'failed', code: 'sts_throttled' };
  return undefined;
}

/** More in the middle of a working day, little at night, fewer at weekends, none on some days. */
function workingTime(random: () => number, since: number, days: number): number {
  for (;;) {
    const day = since + Math.floor(random() * days) * DAY;
    const weekday = (Math.floor(day / DAY) + 3) % 7;
    if (weekday > 4 && random() > 0.12) continue;
    const hour = (random() + random() + random()) / 3;
    const spread = random() < 0.93 ? 6 + hour * 13 : random() * 24;
    return Math.floor(day + spread * 3_600_000);
  }
}

/** Numbers from 0 to 1, by a linear congruential generator (Numerical Recipes). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
