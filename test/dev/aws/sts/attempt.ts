import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from '@aws-sdk/client-sts';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { issueAccessKey } from '../../../../dev/aws/iam/access-keys.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import type { Organization } from '../../../../dev/aws/store/organization.ts';
import { storedPolicy } from '../../../../dev/aws/store/stored-policy.ts';
import type { User } from '../../../../dev/aws/store/users.ts';
import { oneTimeCode } from '../../../../dev/aws/sts/multi-factor.ts';
import { clientFor, type Keys, keysOf } from '../clients.ts';

/**
 * One AssumeRole call over the wire, in a stand-in of its own: `arn:aws:iam::111111111111:role/target` is to be assumed
 * by somebody of another account. Everything that a case does not name is as it must be for the call to succeed.
 */
export interface Attempt extends Partial<AssumeRoleCommandInput> {
  /** Who calls. Default `role`: a session of `arn:aws:iam::222222222222:role/caller`. */
  readonly by?: 'role' | 'user';
  /** The target is in the caller's account. */
  readonly sameAccount?: boolean;
  /** What the caller's own policy says. Default: everything of STS. `[]`: it has none. */
  readonly identity?: Statements;
  /** Of a group that the user `caller` is in. */
  readonly group?: Statements;
  readonly boundary?: Statements;
  /** Of the caller's user or role. */
  readonly callerTags?: Readonly<Record<string, string>>;
  /** How the caller's session was made, itself by AssumeRole over the wire. */
  readonly session?: Partial<AssumeRoleCommandInput>;
  /** Default: the caller's role or user may do everything of STS. */
  readonly trust?: Statements;
  readonly targetTags?: Readonly<Record<string, string>>;
  readonly maxSessionDuration?: number;
  /** The last thing before the call, to what it is called with. */
  readonly prepare?: (scene: Scene) => void;
  /** Changes the keys that the call is signed with. */
  readonly keys?: (keys: Keys) => Keys;
  readonly region?: string;
  /** Codes of the user's second factor: `serial` and `code` go into the call. */
  readonly secondFactor?: (scene: Scene) => Pick<AssumeRoleCommandInput, 'SerialNumber' | 'TokenCode'>;
}

export type Statements = readonly object[];

export interface Scene {
  readonly aws: AwsStandIn;
  /** Moves the stand-in's clock. */
  later(seconds: number): void;
  now(): number;
  /** Makes an organization with the accounts in a unit. */
  organization(accounts: readonly string[], management?: string): { organization: Organization; unit: string };
  /** Gives a user a second factor. */
  device(user?: User): { serialNumber: string; code(): string };
  readonly user: User;
}

export const TARGET_ACCOUNT = '111111111111';
export const CALLER_ACCOUNT = '222222222222';
export const CALLER_ROLE = `arn:aws:iam::${CALLER_ACCOUNT}:role/caller`;
export const CALLER_USER = `arn:aws:iam::${CALLER_ACCOUNT}:user/team/caller`;
export const CALLER_SESSION = `arn:aws:sts::${CALLER_ACCOUNT}:assumed-role/caller/first`;
export const TARGET = `arn:aws:iam::${TARGET_ACCOUNT}:role/target`;

const ALL_OF_STS = { Effect: 'Allow', Action: 'sts:*', Resource: '*' };

export function documentOf(statements: Statements): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** @throws what the SDK throws */
export async function attempt(call: Attempt): Promise<AssumeRoleCommandOutput> {
  let skew = 0;
  const now = (): number => Date.now() + skew;
  const aws = await startAws({ port: 0, clock: now });
  try {
    const { by = 'role', identity, group, boundary, callerTags, session, trust, sameAccount, targetTags } = call;
    const { maxSessionDuration = 3600, prepare, keys = (given) => given, region, secondFactor, ...input } = call;
    const { state } = aws;
    const user = state.users.create({ arn: CALLER_USER, ...(callerTags && { tags: callerTags }) }, now());
    const role = aws.createRole({
      arn: CALLER_ROLE,
      trustPolicy: documentOf([{ Effect: 'Allow', Principal: { AWS: CALLER_USER }, Action: 'sts:*' }]),
      ...(callerTags && { tags: callerTags }),
    });
    const actor = by === 'user' ? user : role;
    const scene: Scene = {
      aws,
      user,
      now,
      later: (seconds) => {
        skew += seconds * 1000;
      },
      organization: (accounts, management = '999999999998') => {
        const organization = state.organizations.create(management);
        const unit = organization.addUnit();
        for (const account of accounts) organization.addAccount(account, unit);
        return { organization, unit };
      },
      device: (owner = user) => {
        const serialNumber = `arn:aws:iam::${owner.accountId}:mfa/${owner.name}`;
        const device = state.mfaDevices.create(serialNumber, owner.accountId);
        device.user = owner;
        return { serialNumber, code: () => oneTimeCode(device.secret, now()) };
      },
    };
    const statements = identity ?? [ALL_OF_STS];
    if (statements.length > 0) actor.inlinePolicies.set('own', storedPolicy(documentOf(statements), 'identity'));
    if (group !== undefined) {
      const made = state.groups.create({ arn: `arn:aws:iam::${CALLER_ACCOUNT}:group/team` }, now());
      made.inlinePolicies.set('theirs', storedPolicy(documentOf(group), 'identity'));
      made.members.add(user);
    }
    if (boundary !== undefined) {
      const arn = `arn:aws:iam::${CALLER_ACCOUNT}:policy/boundary`;
      state.policies.create({ arn, text: documentOf(boundary) }, now());
      actor.boundaryArn = arn;
    }
    const target = sameAccount ? TARGET.replace(TARGET_ACCOUNT, CALLER_ACCOUNT) : TARGET;
    const mayAssume = { Effect: 'Allow', Principal: { AWS: actor.arn }, Action: 'sts:*' };
    aws.createRole({
      arn: target,
      trustPolicy: documentOf(trust ?? [mayAssume]),
      maxSessionDuration,
      ...(targetTags && { tags: targetTags }),
    });

    for (let index = 0; index < 10; index += 1) {
      const arn = `arn:aws:iam::${TARGET_ACCOUNT}:policy/P${index}`;
      state.policies.create({ arn, text: documentOf([ALL_OF_STS]) }, now());
    }
    const longTerm = issueAccessKey(state, user, now());
    const own = by === 'user' ? longTerm : await firstSession(aws, longTerm, session);
    const factor = secondFactor?.(scene) ?? {};
    prepare?.(scene);
    const client = clientFor(STSClient, aws, keys(own), region);
    const { RoleArn = target, RoleSessionName = 'second' } = input;
    return await client.send(new AssumeRoleCommand({ ...given(input), ...factor, RoleArn, RoleSessionName }));
  } finally {
    await aws.close();
  }
}

/** The user assumes the caller's role. */
async function firstSession(aws: AwsStandIn, user: Keys, input: Partial<AssumeRoleCommandInput> = {}): Promise<Keys> {
  const first = { RoleArn: CALLER_ROLE, RoleSessionName: 'first', ...input };
  const { Credentials: issued } = await clientFor(STSClient, aws, user).send(new AssumeRoleCommand(first));
  return keysOf(issued);
}

function given(input: Partial<AssumeRoleCommandInput>): Partial<AssumeRoleCommandInput> {
  const { RoleArn, RoleSessionName, DurationSeconds, ExternalId, SourceIdentity, Policy, PolicyArns, Tags } = input;
  const { TransitiveTagKeys, SerialNumber, TokenCode } = input;
  const all = { RoleArn, RoleSessionName, DurationSeconds, ExternalId, SourceIdentity, Policy, PolicyArns, Tags };
  const members = Object.entries({ ...all, TransitiveTagKeys, SerialNumber, TokenCode });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}
