import { decide } from '../lib/access/decide.ts';
import type { AccessPolicy, Grant, Role } from '../lib/access/policy.ts';
import { indexPolicy, type PolicyIndex } from '../lib/access/policy-index.ts';
import type { Caller } from '../lib/identity/caller.ts';
import { type Figure, figure, median } from './figure.ts';
import { ACCESS_POLICY, compiled } from './policy.ts';

const ROUNDS = 41;
const DECISIONS = 500;

/**
 * One decision for a caller of 200 groups against 10,000 grants, and against 100. Grants are spread over 100
 * roles; every fifth matches by a pattern. The role asked for is the one with the caller's last group.
 */
export function decisions(): Figure[] {
  const large = time(indexPolicy(policyOf(10_000)));
  const small = time(indexPolicy(policyOf(100)));
  return [
    figure('decide with 10,000 grants and 200 groups, median', large, 'µs', 20),
    figure('decide with 10,000 grants ÷ with 100', large / small, '×', 3),
  ];
}

function policyOf(count: number): AccessPolicy {
  const base = compiled(ACCESS_POLICY);
  const roles = Array.from(
    { length: 100 },
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
    const group = index % 5 ? `group-${index}` : `group-${index}-*`;
    return {
      name: `grant-${index}`,
      effect: 'allow',
      roles: [`prod/Role${index % 100}`],
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
function time(index: PolicyIndex): number {
  // Groups 1 … 199 that no grant names but one: what most of a caller's groups are for most roles.
  const groups = [...Array.from({ length: 199 }, (_, number) => `department-${number}`), 'group-1'];
  const now = Date.now();
  const seconds = Math.floor(now / 1000);
  const caller: Caller = {
    issuer: 'corp',
    issuerUrl: 'https://idp.example.com',
    subject: 's',
    username: 'dev@example.com',
    claims: { groups, email: 'dev@example.com' },
    authenticatedAt: seconds,
    issuedAt: seconds,
    expiresAt: seconds + 3600,
    tokenSha256: '',
  };
  const ask = (role: string) => decide(index, { caller, target: { kind: 'role', role }, now }).effect;
  if (ask('prod/Role1') !== 'allow' || ask('prod/Role2') !== 'deny') throw new Error('the decisions are wrong');
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint();
    for (let decision = 0; decision < DECISIONS; decision += 2) {
      ask('prod/Role1');
      ask('prod/Role2');
    }
    return Number(process.hrtime.bigint() - start) / 1000 / DECISIONS;
  });
  return median(rounds);
}
