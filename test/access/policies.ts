import { compilePolicy } from '../../lib/access/compile.ts';
import type { AccessRequest } from '../../lib/access/decision.ts';
import type { AccessPolicy, Grant, Role } from '../../lib/access/policy.ts';
import { indexPolicy, type PolicyIndex } from '../../lib/access/policy-index.ts';
import type { Caller } from '../../lib/identity/caller.ts';
import type { Issuer } from '../../lib/identity/issuer.ts';
import type { JsonObject } from '../../lib/json.ts';

/** Epoch milliseconds that tests call now: 2026-01-31T09:00:00Z. */
export const NOW = Date.UTC(2026, 0, 31, 9);
const NOW_SECONDS = NOW / 1000;

/** Everything a policy needs before its grants; 15 lines. */
export const HEAD = `version: 1
issuers:
  corp:
    issuer: https://idp.example.com
    audience: [daypass]
    algorithms: [RS256]
    username: email
accounts:
  dev: { id: "111111111111" }
  prod: { id: "222222222222", label: Production }
roles:
  dev/Developer: { arn: "arn:aws:iam::111111111111:role/Developer", maxDuration: 2h }
  prod/ReadOnly: { arn: "arn:aws:iam::222222222222:role/ReadOnly" }
  prod/Admin: { arn: "arn:aws:iam::222222222222:role/Admin", externalId: daypass-prod, maxDuration: 30m }
grants:
`;

/** A policy of these grants, which must have no mistake in it. */
export function policyOf(grants: string, head = HEAD): AccessPolicy {
  const { policy, diagnostics } = compilePolicy(head + grants, 'access.yml');
  if (policy === undefined) throw new Error(JSON.stringify(diagnostics, undefined, 2));
  return policy;
}

export function indexOf(grants: string, head = HEAD): PolicyIndex {
  return indexPolicy(policyOf(grants, head));
}

export function caller(claims: JsonObject, more: Partial<Caller> = {}): Caller {
  return {
    issuer: 'corp',
    issuerUrl: 'https://idp.example.com',
    subject: 'subject-1',
    username: 'someone@example.com',
    claims,
    authenticatedAt: NOW_SECONDS - 60,
    issuedAt: NOW_SECONDS - 30,
    expiresAt: NOW_SECONDS + 7_200,
    tokenSha256: '0'.repeat(64),
    ...more,
  };
}

export function asks(role: string, claims: JsonObject, more: Partial<AccessRequest> = {}): AccessRequest {
  return { caller: caller(claims), target: { kind: 'role', role }, now: NOW, ...more };
}

export const ISSUER: Issuer = {
  name: 'corp',
  url: 'https://idp.example.com',
  audience: ['daypass'],
  algorithms: ['RS256'],
  username: 'email',
  usernamePrefix: '',
  reservedPrefixes: [],
  groups: 'groups',
  tokenTypes: ['jwt'],
  authorizedParties: ['daypass'],
  requireVerifiedEmail: true,
  clockSkewSeconds: 30,
  maxTokenLifetimeSeconds: 86_400,
  singleUse: false,
  sessionsEndWithToken: false,
};

export function role(id: string): Role {
  const [account = '', name = ''] = id.split('/');
  return {
    id,
    account,
    accountId: '222222222222',
    partition: 'aws',
    arn: `arn:aws:iam::222222222222:role/${name}`,
    maxDurationSeconds: 3_600,
  };
}

export function grant(parts: Partial<Grant> & { readonly name: string }): Grant {
  return {
    effect: 'allow',
    roles: [],
    permissions: [],
    callers: {},
    condition: {},
    issuers: [],
    require: { reason: false, ticket: false },
    session: { tags: {}, transitiveTagKeys: [], policyArns: [] },
    ...parts,
  };
}

/** A compiled policy made by hand, for shapes that nobody would write. */
export function compiled(roles: readonly string[], grants: readonly Grant[]): AccessPolicy {
  return {
    version: 1,
    digest: '0'.repeat(64),
    issuers: [
      { ...ISSUER, reservedPrefixes: ['ci-'] },
      {
        ...ISSUER,
        name: 'ci',
        url: 'https://ci.example.com',
        usernamePrefix: 'ci-',
        sessionsEndWithToken: true,
      },
    ],
    accounts: [{ name: 'prod', id: '222222222222', label: 'Production', partition: 'aws' }],
    roles: roles.map(role),
    grants,
  };
}
