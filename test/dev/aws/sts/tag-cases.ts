import type { Case } from './cases.ts';
import { allow, denied, tags, trustIf, trustOnly } from './statements.ts';

/** What is refused for the tags of a session, new ones and those that come along. */

const TEAM = tags(['team', 'payments']);

const TAGS: readonly Case[] = [
  denied(
    'tags that the trust policy does not take',
    { Tags: TEAM, trust: trustOnly('sts:AssumeRole') },
    { trust: trustOnly('sts:AssumeRole') },
    /sts:TagSession/,
  ),
  denied(
    'tags that the caller’s policy does not let it pass',
    { Tags: TEAM, identity: [allow('sts:AssumeRole')] },
    { Tags: TEAM, identity: [allow(['sts:AssumeRole', 'sts:TagSession'])] },
    /sts:TagSession/,
  ),
  denied(
    'tags that a boundary keeps the caller from passing',
    { Tags: TEAM, boundary: [allow('sts:AssumeRole')] },
    { Tags: TEAM, boundary: [allow('sts:*')] },
    /sts:TagSession.*because no permissions boundary allows/,
  ),
  denied(
    'tags that come along and are not taken',
    { session: { Tags: TEAM, TransitiveTagKeys: ['team'] }, trust: trustOnly('sts:AssumeRole') },
    { session: { Tags: TEAM }, trust: trustOnly('sts:AssumeRole') },
    /sts:TagSession/,
  ),
  denied(
    'another value of a tag',
    { Tags: TEAM, trust: trustIf({ StringEquals: { 'aws:RequestTag/team': 'platform' } }) },
    { Tags: tags(['team', 'platform']), trust: trustIf({ StringEquals: { 'aws:RequestTag/team': 'platform' } }) },
  ),
  denied(
    'a tag that must be there',
    { trust: trustIf({ Null: { 'aws:RequestTag/team': 'false' } }) },
    { Tags: TEAM, trust: trustIf({ Null: { 'aws:RequestTag/team': 'false' } }) },
  ),
  denied(
    'a tag that is not the caller’s own',
    {
      session: { Tags: TEAM },
      Tags: tags(['team', 'platform']),
      trust: trustIf({ StringEquals: { 'aws:RequestTag/team': '${aws:PrincipalTag/team}' } }),
    },
    {
      session: { Tags: TEAM },
      Tags: TEAM,
      trust: trustIf({ StringEquals: { 'aws:RequestTag/team': '${aws:PrincipalTag/team}' } }),
    },
  ),
  denied(
    'a tag key that may not be set',
    {
      Tags: tags(['team', 'a'], ['admin', 'yes']),
      trust: trustIf({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'project'] } }),
    },
    { Tags: TEAM, trust: trustIf({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'project'] } }) },
  ),
  denied(
    'without a tag key that must be set',
    { Tags: tags(['project', 'x']), trust: trustIf({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'team' } }) },
    {
      Tags: tags(['project', 'x'], ['team', 'a']),
      trust: trustIf({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'team' } }),
    },
  ),
  denied(
    'a transitive key that may not be',
    { Tags: TEAM, TransitiveTagKeys: ['team'], trust: trustIf({ Null: { 'sts:TransitiveTagKeys': 'true' } }) },
    { Tags: TEAM, trust: trustIf({ Null: { 'sts:TransitiveTagKeys': 'true' } }) },
  ),
  denied(
    'without a key that must be transitive',
    { Tags: TEAM, trust: trustIf({ 'ForAnyValue:StringEquals': { 'sts:TransitiveTagKeys': 'team' } }) },
    {
      Tags: TEAM,
      TransitiveTagKeys: ['team'],
      trust: trustIf({ 'ForAnyValue:StringEquals': { 'sts:TransitiveTagKeys': 'team' } }),
    },
  ),
  {
    about: 'a tag that comes along, set anew',
    refused: { session: { Tags: TEAM, TransitiveTagKeys: ['team'] }, Tags: tags(['TEAM', 'platform']) },
    accepted: { session: { Tags: TEAM }, Tags: tags(['TEAM', 'platform']) },
    code: 'InvalidParameterValue',
    says: /transitive tag key/,
  },
  denied(
    'a caller whose role has another tag than the trust policy wants',
    { callerTags: { team: 'sales' }, trust: trustIf({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } }) },
    { callerTags: { team: 'payments' }, trust: trustIf({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } }) },
  ),
  denied(
    'a caller whose session’s tag has taken the place of its role’s',
    {
      callerTags: { team: 'payments' },
      session: { Tags: tags(['Team', 'sales']) },
      trust: trustIf({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } }),
    },
    {
      callerTags: { team: 'payments' },
      session: { Tags: tags(['other', 'sales']) },
      trust: trustIf({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } }),
    },
  ),
];

export const TAG_CASES: readonly Case[] = [...TAGS];
