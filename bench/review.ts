import { compilePolicy } from '../lib/access/compile.ts';
import type { AccessPolicy } from '../lib/access/policy.ts';
import { indexPolicy } from '../lib/access/policy-index.ts';
import { accessChanges, accessOf, type ReviewedCaller } from '../lib/access/review/access-changes.ts';
import { policyChanges } from '../lib/access/review/policy-changes.ts';
import { reachOf } from '../lib/access/review/reach.ts';
import { type Figure, figure } from './figure.ts';
import { ISSUER_URL } from './identity-provider.ts';

const GRANTS = 10_000;
const CALLERS = 1_000;
const ROLES = 500;
const NOW = Date.UTC(2026, 10, 25);

/**
 * Reviewing a large company's policy: 10,000 grants on 500 roles, 1,000 callers of 20 groups. Each figure is one whole
 * analysis, the index of the policy included; reading the YAML is a figure of its own.
 */
export function reviews(): Figure[] {
  const source = policySource((index) => `team-${index % 4000}`);
  const before = timed(() => compiled(source));
  const after = compiled(policySource((index) => `team-${(index + (index % 100 === 0 ? 1 : 0)) % 4000}`));
  const callers = Array.from({ length: CALLERS }, (_, index) => callerOf(index));
  const whoCan = timed(() => {
    const index = indexPolicy(before.value);
    reachOf(before.value, 'prod/Role7', NOW);
    return callers.filter(({ caller }) => accessOf(index, caller, NOW).has('prod/Role7')).length;
  });
  const diff = timed(() => {
    const changes = policyChanges(before.value, after);
    return [changes.length, accessChanges(indexPolicy(before.value), indexPolicy(after), callers, NOW).length];
  });
  if (whoCan.value === 0 || diff.value.some((count) => count === 0)) throw new Error('the reviews find nothing');
  return [
    figure('read and compile an access policy of 10,000 grants', before.seconds, 's', null),
    figure('who-can: 10,000 grants × 1,000 callers', whoCan.seconds, 's', 10),
    figure('diff: 10,000 grants × 1,000 callers', diff.seconds, 's', 10),
  ];
}

function policySource(groupOf: (index: number) => string): string {
  const roles = Array.from({ length: ROLES }, (_, index) => {
    return `  prod/Role${index}: { arn: "arn:aws:iam::111122223333:role/Role${index}" }`;
  });
  const grants = Array.from({ length: GRANTS }, (_, index) => {
    return `  - { name: g${index}, roles: [prod/Role${index % ROLES}], callers: { groups: [${groupOf(index)}] }, duration: 30m }`;
  });
  return [
    'version: 1',
    `issuers: { corp: { issuer: "${ISSUER_URL}", audience: [daypass], algorithms: [RS256], username: email } }`,
    'accounts: { prod: { id: "111122223333" } }',
    'roles:',
    ...roles,
    'grants:',
    ...grants,
  ].join('\n');
}

function compiled(source: string): AccessPolicy {
  const { policy } = compilePolicy(source, 'bench.yml');
  if (policy === undefined) throw new Error('the bench’s own policy is wrong');
  return policy;
}

function callerOf(index: number): ReviewedCaller {
  const groups = Array.from({ length: 20 }, (_, place) => `team-${(index * 37 + place * 211) % 4000}`);
  const username = `person-${index}@example.com`;
  const seconds = NOW / 1000;
  return {
    name: username,
    caller: {
      issuer: 'corp',
      issuerUrl: ISSUER_URL,
      subject: username,
      username,
      claims: { groups },
      authenticatedAt: seconds,
      issuedAt: seconds,
      expiresAt: seconds + 3600,
      tokenSha256: '',
    },
  };
}

function timed<T>(work: () => T): { readonly value: T; readonly seconds: number } {
  const start = process.hrtime.bigint();
  const value = work();
  return { value, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}
