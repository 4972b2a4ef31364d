import { IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { VERSION } from '../../lib/version.ts';
import { Failure } from '../failure.ts';
import { awsFailure } from './aws-failure.ts';

/** An account, where nothing crosses from one partition to another. */
export interface AwsAccount {
  readonly accountId: string;
  readonly partition: string;
}

/** Whose credentials the SDK's default chain found, as STS says. */
export interface OperatorIdentity extends AwsAccount {
  readonly arn: string;
}

export interface AccessOptions {
  /** Name of a role, path included, that the operator may assume in other accounts to read them. */
  readonly readRole?: string | undefined;
  /** External id that those roles ask for. */
  readonly externalId?: string | undefined;
}

/**
 * An operator's own access to AWS: credentials and region as every AWS client finds them (environment, profile, SSO,
 * process, container), endpoints too (`AWS_ENDPOINT_URL_IAM`, `AWS_ENDPOINT_URL_STS`). Clients of the command are made
 * here and nowhere else.
 */
export interface OperatorAccess {
  /** Asked once. @throws Failure when there are no credentials, or AWS does not take them */
  identity(): Promise<OperatorIdentity>;
  /**
   * For an account: the operator's own where it is theirs, else with a session of the read role there. That role is
   * assumed once per account and kept in memory; its session can read IAM and nothing else, whatever the role may do.
   *
   * @throws Failure when the account cannot be read
   */
  iam(account: AwsAccount): Promise<IAMClient>;
  /** With the operator's own credentials. */
  sts(): Promise<STSClient>;
}

/** Milliseconds. IAM answers in tens of them; a proxy that swallows packets must not hold the command. */
const CONNECTION_TIMEOUT = 3_000;
const REQUEST_TIMEOUT = 10_000;

/** In all. Throttled calls wait up to 0.5, 1, 2, 4 and 8 seconds between them, with full jitter (SDK standard mode). */
const ATTEMPTS = 6;

/** What a session of the read role may do at most. */
const READ_ONLY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['iam:Get*', 'iam:List*'], Resource: '*' }],
});

/** IAM is global; its requests are signed for one region of the partition, which the SDK knows from any other. */
const ANY_REGION = 'us-east-1';

export function operatorAccess(options: AccessOptions = {}): OperatorAccess {
  // The SDK warns when Node's version will not get its later releases. This one is bundled and stays as it is.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const clients = new Map<string, Promise<IAMClient>>();
  const settings = once(clientSettings);
  const sts = once(async () => new STSClient(await settings()));
  const identity = once(async () => askIdentity(await sts()));

  async function clientFor(account: AwsAccount): Promise<IAMClient> {
    const own = await identity();
    const { accountId, partition } = account;
    if (partition !== own.partition) {
      const message = `account ${accountId} is in partition ${partition}, your credentials in ${own.partition}`;
      throw new Failure('refused', message, {
        code: 'aws_other_partition',
        hint: `run it again with credentials of ${partition}`,
      });
    }
    if (accountId === own.accountId) return new IAMClient(await settings());
    if (options.readRole === undefined) {
      throw new Failure('refused', `account ${accountId} is not that of your credentials (${own.arn})`, {
        code: 'aws_other_account',
        hint: 'name a role to read it with: --read-role NAME, or use credentials of that account',
      });
    }
    const session = readRoleSession(await sts(), account, options.readRole, options.externalId);
    let first: Awaited<ReturnType<typeof session>> | undefined = await session();
    return new IAMClient({
      ...(await settings()),
      // The SDK keeps what it gets here until shortly before its end.
      credentials: async () => {
        const credentials = first ?? (await session());
        first = undefined;
        return credentials;
      },
    });
  }

  return {
    identity,
    sts,
    iam: (account) => {
      const key = `${account.partition}:${account.accountId}`;
      // A failure is kept too: hundreds of roles of an account that cannot be read are one refused call.
      let client = clients.get(key);
      if (client === undefined) {
        client = clientFor(account);
        clients.set(key, client);
      }
      return client;
    },
  };
}

async function clientSettings() {
  return {
    region: await regionOr(ANY_REGION),
    maxAttempts: ATTEMPTS,
    retryMode: 'standard' as const,
    customUserAgent: [['daypass', VERSION]] as [string, string][],
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      throwOnRequestTimeout: true,
    },
  };
}

/** The region that the SDK finds in the environment or the profile. */
async function regionOr(fallback: string): Promise<string> {
  const client = new STSClient({});
  try {
    return await client.config.region();
  } catch {
    return fallback;
  } finally {
    client.destroy();
  }
}

async function askIdentity(sts: STSClient): Promise<OperatorIdentity> {
  try {
    const { Arn: arn = '', Account: accountId = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { arn, accountId, partition: arn.split(':')[1] ?? '' };
  } catch (thrown) {
    throw awsFailure(thrown, 'sts:GetCallerIdentity');
  }
}

function readRoleSession(
  sts: STSClient,
  { accountId, partition }: AwsAccount,
  readRole: string,
  externalId: string | undefined,
) {
  const roleArn = `arn:${partition}:iam::${accountId}:role/${readRole}`;
  return async () => {
    try {
      const { Credentials } = await sts.send(
        new AssumeRoleCommand({
          RoleArn: roleArn,
          RoleSessionName: 'daypass-operator',
          Policy: READ_ONLY,
          ...(externalId !== undefined && { ExternalId: externalId }),
        }),
      );
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
      if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
        throw new Failure('unavailable', 'STS answered without credentials', { code: 'aws_failed' });
      }
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      };
    } catch (thrown) {
      throw awsFailure(thrown, 'sts:AssumeRole', roleArn);
    }
  };
}

/** A promise made at the first call and kept. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
