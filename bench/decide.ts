import { decide } from '../lib/access/decide.ts';
import type { AccessPolicy, Grant, Role } from '../lib/access/policy.ts';
import { indexPolicy } from '../lib/access/policy-index.ts';
import type { Caller } from '../lib/identity/caller.ts';
import { type Figure, figure, median } from './figure.ts';
import { ACCESS_POLICY, compiled } from './policy.ts';

const ROUNDS = 41;
const DECISIONS = 500;

/**
 * One decision for a caller of 200 groups against 10,000 grants, and against 100. Grants are spread over 100
 * roles; every fifth matches by a pattern. The hardest shape stands beside it: all of them on one role, every
 * other one by a pattern of its own.
 */
export function decisions(): Figure[] {
  const large = time(10_000, { roles: 100, patternEvery: 5 });
  const small = time(100, { roles: 100, patternEvery: 5 });
  const oneRole = time(10_000, { roles: 1, patternEvery: 2 });
  return [
    figure('decide with 10,000 grants and 200 groups, median', large, 'µs', 20),
    figure('  the same, all on one role, half of them patterns', oneRole, 'µs', 20),
    figure('decide with 10,000 grants ÷ with 100', large / small, '×', 3),
  ];
}

interface Shape {
  readonly roles: number;
  readonly patternEvery: number;
}

function policyOf(count: number, shape: Shape): AccessPolicy {
  const base = compiled(ACCESS_POLICY);
  const roles = Array.from(
    { length: shape.roles },
    (_, index): Role => ({
      id: `prod/Role${index}`,
      account: 'prod',
      accountId: '111122223333',
      partition: 'aws',
      arn: `arn:aws:iam::111122223333:role/Role${index}`,
      maxDurationSeconds: 3600,
    }),
  );
  const grants = Array.from({ length: count }, (_, index): Grant => {
    const group = index % shape.patternEvery ? `group-${index}` : `group-${index}-*`;
    return {
      name: `grant-${index}`,
      effect: 'allow',
      roles: [`prod/Role${index % shape.roles}`],
      permissions: [],
      callers: { groups: [group] },
      condition: {},
      issuers: [],
      require: { reason: false, ticket: false },
      session: { tags: {}, transitiveTagKeys: [], policyArns: [] },
    };
  });
  return { ...base, roles, grants };
}

/** Microseconds per decision, median of rounds; half the questions are allowed, half denied. */
function time(grants: number, shape: Shape): number {
  const index = indexPolicy(policyOf(grants, shape));
  const role = `prod/Role${1 % shape.roles}`;
  const now = Date.now();
  const ask = (caller: Caller) => decide(index, { caller, target: { kind: 'role', role }, now }).effect;
  if (ask(callerIn('group-1')) !== 'allow' || ask(callerIn('group-x')) !== 'deny') throw new Error('decided wrongly');
  const rounds = Array.from({ length: ROUNDS }, () => {
    // Claims fresh from the token each time, as a function sees them.
    const callers = Array.from({ length: DECISIONS }, (_, number) => callerIn(number % 2 ? 'group-1' : 'group-x'));
    const start = process.hrtime.bigint();
    for (const caller of callers) ask(caller);
    return Number(process.hrtime.bigint() - start) / 1000 / DECISIONS;
  });
  return median(rounds);
}

/** A caller of 200 groups, 199 of which no grant names but many grants resemble: of the length that most have. */
function callerIn(group: string): Caller {
  const groups = [...Array.from({ length: 199 }, (_, number) => `other-${1000 + number}`), group];
  const seconds = Math.floor(Date.now() / 1000);
  return {
    issuer: 'corp',
    issuerUrl: 'https://idp.example.com',
    subject: 's',
    username: 'dev@example.com',
    claims: JSON.parse(JSON.stringify({ groups, email: 'dev@example.com' })) as Caller['claims'],
    authenticatedAt: seconds,
    issuedAt: seconds,
    expiresAt: seconds + 3600,
    tokenSha256: '',
  };
}
