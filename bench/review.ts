import { compilePolicy } from '../lib/access/compile.ts';
import type { AccessPolicy } from '../lib/access/policy.ts';
import { indexPolicy } from '../lib/access/policy-index.ts';
import { accessChanges, type ReviewedCaller } from '../lib/access/review/access-changes.ts';
import { policyChanges } from '../lib/access/review/policy-changes.ts';
import { reachesOf } from '../lib/access/review/reach.ts';
import { standingsOf } from '../lib/access/review/standings.ts';
import type { Caller } from '../lib/identity/caller.ts';
import { type Figure, figure } from './figure.ts';
import { ISSUER_URL } from './identity-provider.ts';

const GRANTS = 10_000;
const CALLERS = 1_000;
const ROLES = 500;
const TEAMS = 4_000;
const NOW = Date.UTC(2026, 10, 25);

/**
 * Reviewing a large company's policy: 10,000 grants on 500 roles, 1,000 callers of 20 groups, as the commands do it:
 * who can have any of the roles, and what changes when one grant in a hundred is for another team, or every one is.
 * Each figure is one whole analysis, the index of the policy included; reading the YAML is a figure of its own.
 */
export function reviews(): Figure[] {
  const source = policySource((index) => `team-${index % TEAMS}`);
  const before = timed(() => compiled(source));
  const few = compiled(policySource((index) => `team-${(index + (index % 100 === 0 ? 1 : 0)) % TEAMS}`));
  const all = compiled(policySource((index) => `team-${(index + 1) % TEAMS}`));
  const callers = Array.from({ length: CALLERS }, (_, index) => callerOf(index));
  const roles = before.value.roles.map(({ id }) => id);
  const whoCan = timed(() => {
    const reaches = reachesOf(before.value, roles, NOW);
    const people = standingsOf(indexPolicy(before.value), roles, callers, { now: NOW });
    return [reaches.flatMap(({ grants }) => grants).length, people.flatMap(({ standings }) => standings).length];
  });
  const diff = (after: AccessPolicy) =>
    timed(() => {
      const changes = policyChanges(before.value, after);
      const people = accessChanges(indexPolicy(before.value), indexPolicy(after), callers, { now: NOW });
      return [changes.length, people.length];
    });
  const [fewChanged, allChanged] = [diff(few), diff(all)];
  if ([whoCan, fewChanged, allChanged].some(({ value }) => value.includes(0)))
    throw new Error('the reviews find nothing');
  return [
    figure('read and compile an access policy of 10,000 grants', before.seconds, 's', null),
    figure('who-can, of all 500 roles: 10,000 grants × 1,000 callers', whoCan.seconds, 's', 10),
    figure('diff: 10,000 grants × 1,000 callers, 100 grants changed', fewChanged.seconds, 's', 10),
    figure('  the same, every grant changed', allChanged.seconds, 's', 10),
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
  const groups = Array.from({ length: 20 }, (_, place) => `team-${(index * 37 + place * 211) % TEAMS}`);
  const username = `person-${index}@example.com`;
  const seconds = NOW / 1000;
  const caller: Caller = {
    issuer: 'corp',
    issuerUrl: ISSUER_URL,
    subject: username,
    username,
    claims: { groups },
    authenticatedAt: seconds,
    issuedAt: seconds,
    expiresAt: seconds + 3600,
    tokenSha256: '',
  };
  return { name: username, before: caller, after: caller };
}

function timed<T>(work: () => T): { readonly value: T; readonly seconds: number } {
  const start = process.hrtime.bigint();
  const value = work();
  return { value, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}
