import { storedPolicy } from '../../../../dev/aws/store/stored-policy.ts';
import { CALLER_ROLE, documentOf, type Scene, TARGET, TARGET_ACCOUNT } from './attempt.ts';
import type { Case } from './cases.ts';
import { ACCOUNT, denied, deny, ELSEWHERE, trust } from './statements.ts';

/** What is refused for where the role is and for the credentials that sign. */

const CHINESE = `arn:aws-cn:iam::${ELSEWHERE}:role/target`;
const NO_REASON = /sts:AssumeRole on resource: arn:aws[-a-z]*:iam::[^ ]+$/;

const PLACES: readonly Case[] = [
  denied('a role that does not exist', { RoleArn: `${TARGET}s` }, {}, NO_REASON),
  denied(
    'a role of that name in another account',
    { RoleArn: TARGET.replace(TARGET_ACCOUNT, ELSEWHERE) },
    {},
    NO_REASON,
  ),
  denied('a role of another partition', { RoleArn: CHINESE, prepare: inChina }, { prepare: inChina }, NO_REASON),
  denied('a role named in another case', { RoleArn: TARGET.replace('target', 'Target') }, {}, NO_REASON),
  denied(
    'a role named with a path that it does not have',
    { RoleArn: TARGET.replace('role/', 'role/team/') },
    {},
    NO_REASON,
  ),
  {
    about: 'a region that the account has not switched on',
    refused: { region: 'me-south-1' },
    accepted: { region: 'ap-south-1' },
    code: 'RegionDisabledException',
    status: 403,
  },
  {
    about: 'credentials taken to another partition',
    refused: { region: 'cn-north-1' },
    accepted: { region: 'eu-north-1' },
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'a region that is none',
    refused: { region: 'mars-north-1' },
    accepted: { region: 'sa-east-1' },
    code: 'SignatureDoesNotMatch',
    status: 403,
  },
];

/** There it is, trusting everybody, and out of reach. */
function inChina({ aws }: Scene): void {
  aws.createRole({ arn: CHINESE, trustPolicy: documentOf(trust({ Principal: '*' })) });
}

const CREDENTIALS: readonly Case[] = [
  {
    about: 'credentials that have expired',
    refused: { session: { DurationSeconds: 900 }, prepare: ({ later }) => later(901) },
    accepted: { session: { DurationSeconds: 900 }, prepare: ({ later }) => later(840) },
    code: 'ExpiredToken',
    status: 403,
  },
  {
    about: 'a secret with one character changed',
    refused: { keys: (keys) => ({ ...keys, secretAccessKey: flipped(keys.secretAccessKey) }) },
    accepted: {},
    code: 'SignatureDoesNotMatch',
    status: 403,
  },
  {
    about: 'a session token with one character changed',
    refused: { keys: (keys) => ({ ...keys, sessionToken: flipped(keys.sessionToken ?? '') }) },
    accepted: {},
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'temporary keys without their session token',
    refused: { keys: ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey }) },
    accepted: { by: 'user', keys: ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey }) },
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'an access key that nobody has',
    refused: { by: 'user', keys: (keys) => ({ ...keys, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }) },
    accepted: { by: 'user' },
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'an access key that is switched off',
    refused: { by: 'user', prepare: (scene) => switchKeys(scene, [false]) },
    accepted: { by: 'user', prepare: (scene) => switchKeys(scene, [false, true]) },
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'a clock that is twenty minutes behind',
    refused: { prepare: ({ later }) => later(20 * 60) },
    accepted: { prepare: ({ later }) => later(10 * 60) },
    code: 'SignatureDoesNotMatch',
    status: 403,
    says: /Signature expired/,
  },
  denied(
    'a session whose role was deleted, in an account that is trusted',
    { trust: trust({ Principal: ACCOUNT }), prepare: deleteCaller },
    { trust: trust({ Principal: ACCOUNT }) },
    NO_REASON,
  ),
  denied(
    'a session of a role that was deleted and made anew',
    { trust: trust({ Principal: ACCOUNT }), prepare: recreateAdministrator },
    { trust: trust({ Principal: ACCOUNT }) },
    NO_REASON,
  ),
  denied(
    'a session whose role was revoked',
    { prepare: (scene) => revoke(scene, 0) },
    { prepare: (scene) => revoke(scene, -3600) },
    /with an explicit deny in an identity-based policy$/,
  ),
  {
    about: 'a session longer than the role allows',
    refused: { by: 'user', maxSessionDuration: 7200, DurationSeconds: 7201 },
    accepted: { by: 'user', maxSessionDuration: 7200, DurationSeconds: 7200 },
    code: 'ValidationError',
    says: /exceeds the MaxSessionDuration set for this role/,
  },
];

function flipped(text: string): string {
  return (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
}

function switchKeys({ aws, user }: Scene, states: readonly boolean[]): void {
  for (const active of states) {
    for (const id of user.accessKeys.keys()) aws.state.credentials.switchAccessKey(id, active);
  }
}

function deleteCaller({ aws }: Scene): void {
  const role = aws.state.roles.byArn(CALLER_ROLE);
  if (role !== undefined) aws.state.roles.delete(role);
}

function recreateAdministrator(scene: Scene): void {
  deleteCaller(scene);
  const role = scene.aws.createRole({ arn: CALLER_ROLE, trustPolicy: documentOf(trust({ Principal: ACCOUNT })) });
  role.attachedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
}

/** As IAM's console revokes a role's sessions: all issued before a time are denied everything. */
function revoke({ aws, now, later }: Scene, seconds: number): void {
  later(2);
  const before = new Date(now() + seconds * 1000).toISOString();
  const role = aws.state.roles.byArn(CALLER_ROLE);
  const statements = [deny('*', { Condition: { DateLessThan: { 'aws:TokenIssueTime': before } } })];
  const document = documentOf(statements);
  role?.inlinePolicies.set('AWSRevokeOlderSessions', storedPolicy(document, 'identity'));
}

export const CREDENTIAL_CASES: readonly Case[] = [...PLACES, ...CREDENTIALS];
