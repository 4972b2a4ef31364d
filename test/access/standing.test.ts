import { describe, expect, it } from 'vitest';
import { decide, rolesFor } from '../../lib/access/decide.ts';
import type { Circumstances } from '../../lib/access/facts.ts';
import { indexPolicy } from '../../lib/access/policy-index.ts';
import { caller, compiled, grant, indexOf, NOW } from './policies.ts';

const INDEX = indexOf(`
  - name: engineering
    roles: [dev/Developer]
    callers: { groups: [engineering] }
    session: { tags: { team: "\${claim:team}" } }
  - name: admin
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition: { ForAnyValue:StringEquals: { claim:amr: [mfa] } }
    require: { reason: true }
  - name: read-with-ticket
    roles: [prod/ReadOnly]
    callers: { groups: [sre] }
    condition: { StringLike: { request:ticket: "OPS-*" } }
  - name: no-contractors
    effect: deny
    roles: [prod/ReadOnly]
    callers: { employment: contractor }
  - name: office-only
    effect: deny
    roles: [dev/Developer]
    callers: everyone
    condition: { NotIpAddressIfExists: { aws:SourceIp: 203.0.113.0/24 }, "Null": { aws:SourceIp: false } }
`);

function standings(claims: Parameters<typeof caller>[0], more: Partial<Circumstances> = {}) {
  return rolesFor(INDEX, { caller: caller(claims), now: NOW, ...more }).map(
    ({ role, available, requires, missing, maxDurationSeconds }) => ({
      role: role.id,
      available,
      requires,
      missing: missing.map(({ kind }) => kind),
      ...(maxDurationSeconds !== undefined && { maxDurationSeconds }),
    }),
  );
}

describe('the caller’s roles', () => {
  it('hold those they may have, with the account and how long', () => {
    const [first] = rolesFor(INDEX, { caller: caller({ groups: ['engineering'], team: 'a' }), now: NOW });
    expect(first).toMatchObject({
      role: { id: 'dev/Developer' },
      account: { name: 'dev', id: '111111111111', label: 'dev' },
      available: true,
      maxDurationSeconds: 3_600,
      requires: [],
      missing: [],
    });
  });

  it('count what can be sent with the request as required, not as missing', () => {
    expect(standings({ groups: ['sre'], amr: ['mfa'] })).toEqual([
      { role: 'prod/ReadOnly', available: true, requires: ['ticket'], missing: [], maxDurationSeconds: 3_600 },
      { role: 'prod/Admin', available: true, requires: ['reason'], missing: [], maxDurationSeconds: 1_800 },
    ]);
  });

  it('say what keeps the caller from a role that they are close to', () => {
    expect(standings({ groups: ['sre'] })).toContainEqual({
      role: 'prod/Admin',
      available: false,
      requires: [],
      missing: ['condition'],
    });
    expect(standings({ groups: ['engineering'] })).toEqual([
      { role: 'dev/Developer', available: false, requires: [], missing: ['claim'] },
    ]);
  });

  it('leave out what is denied whatever the caller does', () => {
    expect(standings({ groups: ['sre'], amr: ['mfa'], employment: 'contractor' }).map(({ role }) => role)).toEqual([
      'prod/Admin',
    ]);
  });

  it('show what is denied only as things are', () => {
    expect(standings({ groups: ['engineering'], team: 'a' }, { sourceIp: '198.51.100.1' })).toEqual([
      { role: 'dev/Developer', available: false, requires: [], missing: ['denied'] },
    ]);
  });

  it('are none for a stranger, nor for another issuer’s caller', () => {
    expect(standings({ groups: ['sales'] })).toEqual([]);
    const foreign = caller({ groups: ['sre'] }, { issuer: 'other' });
    expect(rolesFor(INDEX, { caller: foreign, now: NOW })).toEqual([]);
  });

  it('prefer the grant that asks for nothing', () => {
    const index = indexPolicy(
      compiled(
        ['prod/A'],
        [
          grant({ name: 'a', roles: ['prod/A'], require: { reason: true, ticket: true }, durationSeconds: 3_600 }),
          grant({ name: 'b', roles: ['prod/A'], durationSeconds: 900 }),
        ],
      ),
    );
    const circumstances = { caller: caller({}), now: NOW };
    expect(rolesFor(index, circumstances)).toMatchObject([{ available: true, requires: [], maxDurationSeconds: 900 }]);
    expect(decide(index, { ...circumstances, target: { kind: 'role', role: 'prod/A' } })).toMatchObject({ grant: 'b' });
  });
});
