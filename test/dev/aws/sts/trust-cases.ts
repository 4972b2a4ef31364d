import { type Attempt, CALLER_ACCOUNT, CALLER_ROLE, CALLER_SESSION, CALLER_USER } from './attempt.ts';
import type { Case } from './cases.ts';
import { ACCOUNT, allow, CALLER, denied, ELSEWHERE, OTHER, trust, trustIf, trustOnly } from './statements.ts';

/** What a role’s trust policy refuses: the principal, the external id, the source identity. */

const TRUST: readonly Case[] = [
  denied(
    'an external id that only a pattern fits, compared as text',
    { ExternalId: 'tenant-9', trust: trustIf({ StringEquals: { 'sts:ExternalId': 'tenant-*' } }) },
    { ExternalId: 'tenant-9', trust: trustIf({ StringLike: { 'sts:ExternalId': 'tenant-*' } }) },
  ),
  denied(
    'a role that trusts another account',
    { trust: trust({ Principal: { AWS: ELSEWHERE } }) },
    { trust: trust({ Principal: ACCOUNT }) },
  ),
  denied(
    'a role that trusts another role',
    { trust: trust({ Principal: { AWS: OTHER } }) },
    { trust: trust({ Principal: { AWS: [OTHER, CALLER_ROLE] } }) },
  ),
  denied(
    'a role that trusts a role of that name in another account',
    { trust: trust({ Principal: { AWS: CALLER_ROLE.replace(CALLER_ACCOUNT, ELSEWHERE) } }) },
    { trust: trust() },
  ),
  denied(
    'a role that trusts another session of the caller’s role',
    { trust: trust({ Principal: { AWS: CALLER_SESSION.replace('first', 'second') } }) },
    { trust: trust({ Principal: { AWS: CALLER_SESSION } }) },
  ),
  denied(
    'a role that trusts the user whose session it is not',
    { trust: trust({ Principal: { AWS: CALLER_USER } }) },
    { by: 'user', trust: trust({ Principal: { AWS: CALLER_USER } }) },
  ),
  denied(
    'a role that trusts a user of that name without the path',
    { by: 'user', trust: trust({ Principal: { AWS: CALLER_USER.replace('team/', '') } }) },
    { by: 'user', trust: trust({ Principal: { AWS: CALLER_USER } }) },
  ),
  denied(
    'a role that trusts a service',
    { trust: trust({ Principal: { Service: 'lambda.amazonaws.com' } }) },
    { trust: trust({ Principal: { Service: 'lambda.amazonaws.com', AWS: CALLER_ROLE } }) },
  ),
  denied(
    'a role that trusts an identity provider',
    { trust: trust({ Principal: { Federated: 'accounts.google.com' } }) },
    { trust: trust({ Principal: '*' }) },
  ),
  denied(
    'a role whose trust leaves the call out',
    { trust: trustOnly('sts:TagSession') },
    { trust: trustOnly(['sts:TagSession', 'sts:AssumeRole']) },
  ),
  denied(
    'a role that is for web identities',
    { trust: trustOnly('sts:AssumeRoleWithWebIdentity') },
    { trust: trustOnly('sts:assumerole') },
  ),
  denied(
    'a role whose trust denies the caller what another statement allows',
    { trust: [...trust(), { Effect: 'Deny', Principal: CALLER, Action: 'sts:AssumeRole' }] },
    { trust: [...trust(), { Effect: 'Deny', Principal: { AWS: OTHER }, Action: 'sts:AssumeRole' }] },
  ),
  denied(
    'a role whose trust denies everybody of whom a condition holds',
    {
      trust: [
        ...trust(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:*',
          Condition: { StringLike: { 'sts:RoleSessionName': 'sec*' } },
        },
      ],
    },
    {
      RoleSessionName: 'third',
      trust: [
        ...trust(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:*',
          Condition: { StringLike: { 'sts:RoleSessionName': 'sec*' } },
        },
      ],
    },
  ),
  denied(
    'one condition of two',
    {
      ExternalId: 'one',
      trust: trustIf({ StringEquals: { 'sts:ExternalId': 'one', 'aws:PrincipalAccount': ELSEWHERE } }),
    },
    {
      ExternalId: 'one',
      trust: trustIf({ StringEquals: { 'sts:ExternalId': 'one', 'aws:PrincipalAccount': CALLER_ACCOUNT } }),
    },
  ),
  denied(
    'a role of the own account that trusts the account only, for a caller without a policy',
    { sameAccount: true, identity: [], trust: trust({ Principal: ACCOUNT }) },
    { sameAccount: true, identity: [], trust: trust() },
    /because no identity-based policy allows the sts:AssumeRole action$/,
  ),
  denied(
    'a role of the own account that does not trust the caller, whatever its own policy',
    { sameAccount: true, trust: trust({ Principal: { AWS: OTHER } }) },
    { sameAccount: true, trust: trust({ Principal: ACCOUNT }) },
    /because no role trust policy allows the sts:AssumeRole action$/,
  ),
];

const EXTERNAL_ID: readonly Case[] = [
  ['none where one is demanded', undefined, 'tenant-1', { StringEquals: { 'sts:ExternalId': 'tenant-1' } }],
  ['another tenant’s', 'tenant-2', 'tenant-1', { StringEquals: { 'sts:ExternalId': 'tenant-1' } }],
  ['one that differs in case', 'Tenant-1', 'tenant-1', { StringEquals: { 'sts:ExternalId': 'tenant-1' } }],
  ['one with something after it', 'tenant-11', 'tenant-1', { StringEquals: { 'sts:ExternalId': 'tenant-1' } }],
  ['one that a pattern does not fit', 'other-1', 'tenant-9', { StringLike: { 'sts:ExternalId': 'tenant-?' } }],
  ['one where none may be', 'tenant-1', undefined, { Null: { 'sts:ExternalId': 'true' } }],
].map(([what, refused, accepted, condition]) => {
  const call = (id: unknown): Attempt => ({
    trust: trustIf(condition as object),
    ...(id !== undefined && { ExternalId: id as string }),
  });
  return denied(`an external id: ${String(what)}`, call(refused), call(accepted));
});

const SOURCE_IDENTITY: readonly Case[] = [
  denied(
    'a source identity that the trust policy lets nobody set',
    { SourceIdentity: 'dana', trust: trustOnly('sts:AssumeRole') },
    { SourceIdentity: 'dana', trust: trustOnly(['sts:AssumeRole', 'sts:SetSourceIdentity']) },
    /sts:SetSourceIdentity/,
  ),
  denied(
    'a source identity that the caller’s policy does not let it set',
    { SourceIdentity: 'dana', identity: [allow('sts:AssumeRole')] },
    { SourceIdentity: 'dana', identity: [allow(['sts:AssumeRole', 'sts:SetSourceIdentity'])] },
    /sts:SetSourceIdentity/,
  ),
  denied(
    'a source identity of another domain',
    { SourceIdentity: 'dana@example.org', trust: trustIf({ StringLike: { 'sts:SourceIdentity': '*@example.com' } }) },
    { SourceIdentity: 'dana@example.com', trust: trustIf({ StringLike: { 'sts:SourceIdentity': '*@example.com' } }) },
  ),
  denied(
    'no source identity where one must be',
    { trust: trustIf({ Null: { 'sts:SourceIdentity': 'false' } }) },
    { SourceIdentity: 'dana', trust: trustIf({ Null: { 'sts:SourceIdentity': 'false' } }) },
  ),
  denied(
    'a source identity changed on the way',
    { session: { SourceIdentity: 'dana' }, SourceIdentity: 'kim' },
    { session: { SourceIdentity: 'dana' }, SourceIdentity: 'dana' },
    /sts:SetSourceIdentity/,
  ),
  denied(
    'a source identity that comes along and may not be set',
    { session: { SourceIdentity: 'dana' }, trust: trustOnly('sts:AssumeRole') },
    { session: {}, trust: trustOnly('sts:AssumeRole') },
    /sts:SetSourceIdentity/,
  ),
  denied(
    'a source identity that came along and is another than the trust policy wants',
    { session: { SourceIdentity: 'kim' }, trust: trustIf({ StringEquals: { 'aws:SourceIdentity': 'dana' } }) },
    { session: { SourceIdentity: 'dana' }, trust: trustIf({ StringEquals: { 'aws:SourceIdentity': 'dana' } }) },
  ),
];

export const TRUST_CASES: readonly Case[] = [...TRUST, ...EXTERNAL_ID, ...SOURCE_IDENTITY];
