import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../dev/aws/server.ts';
import { startAws } from '../../../dev/aws/server.ts';

/** The stand-in as clients see it that this project has not written and does not ship. */
const run = promisify(execFile);

function works(command: string, ...parameters: string[]): boolean {
  try {
    execFileSync(command, parameters, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let aws: AwsStandIn;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  aws = await startAws({ port: 0 });
  aws.createRole({ arn: 'arn:aws:iam::111122223333:role/ReadOnly', trustPolicy: brokerTrustPolicy(undefined) });
  const { accessKeyId, secretAccessKey, sessionToken } = aws.brokerCredentials();
  environment = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
});
afterAll(() => aws.close());

describe.skipIf(!works('aws', '--version'))('the aws command (skipped where it is not installed)', () => {
  const cli = async (parameters: string[], keys: NodeJS.ProcessEnv = {}): Promise<unknown> => {
    const all = [...parameters, '--endpoint-url', aws.url, '--output', 'json'];
    return JSON.parse((await run('aws', all, { env: { ...environment, ...keys } })).stdout) as unknown;
  };

  it('learns who it is', async () => {
    expect(await cli(['sts', 'get-caller-identity'])).toMatchObject({
      Arn: 'arn:aws:sts::999999999999:assumed-role/daypass-broker/daypass-credentials',
    });
  });

  it('assumes a role, and is told why not', async () => {
    const assume = ['sts', 'assume-role', '--role-session-name', 'cli', '--role-arn'];
    expect(await cli([...assume, 'arn:aws:iam::111122223333:role/ReadOnly'])).toMatchObject({
      AssumedRoleUser: { Arn: 'arn:aws:sts::111122223333:assumed-role/ReadOnly/cli' },
    });
    await expect(cli([...assume, 'arn:aws:iam::111122223333:role/Missing'])).rejects.toThrow(
      'An error occurred (AccessDenied) when calling the AssumeRole operation',
    );
  });

  it('lists roles page by page for the operator', async () => {
    const keys = {
      AWS_ACCESS_KEY_ID: aws.operator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.operator.secretAccessKey,
      AWS_SESSION_TOKEN: undefined,
    };
    expect(await cli(['iam', 'list-roles', '--page-size', '1', '--query', 'Roles[].RoleName'], keys)).toEqual([
      'ReadOnly',
      'daypass-broker',
    ]);
  });

  it('makes a user and a key, and is told what the user may not', async () => {
    const keys = {
      AWS_ACCESS_KEY_ID: aws.operator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.operator.secretAccessKey,
      AWS_SESSION_TOKEN: undefined,
    };
    await cli(['iam', 'create-user', '--user-name', 'dana', '--tags', 'Key=team,Value=payments'], keys);
    const made = (await cli(['iam', 'create-access-key', '--user-name', 'dana'], keys)) as {
      AccessKey: { AccessKeyId: string; SecretAccessKey: string };
    };
    const asDana = {
      AWS_ACCESS_KEY_ID: made.AccessKey.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: made.AccessKey.SecretAccessKey,
      AWS_SESSION_TOKEN: undefined,
    };
    await expect(cli(['iam', 'list-users'], asDana)).rejects.toThrow(
      'because no identity-based policy allows the iam:ListUsers action',
    );
  });
});

describe.skipIf(!works('python3', '-c', 'import boto3'))('boto3 (skipped where it is not installed)', () => {
  it('assumes a role and uses what it got', async () => {
    const script = [
      'import boto3, sys',
      'url = sys.argv[1]',
      "sts = boto3.client('sts', endpoint_url=url)",
      "role = 'arn:aws:iam::111122223333:role/ReadOnly'",
      "tags = [{'Key': 'größe', 'Value': 'ß + é'}]",
      "c = sts.assume_role(RoleArn=role, RoleSessionName='boto', Tags=tags)['Credentials']",
      "s = boto3.Session(c['AccessKeyId'], c['SecretAccessKey'], c['SessionToken'])",
      "print(s.client('sts', endpoint_url=url).get_caller_identity()['Arn'])",
    ].join('\n');
    const { stdout } = await run('python3', ['-c', script, aws.url], { env: environment });
    expect(stdout).toBe('arn:aws:sts::111122223333:assumed-role/ReadOnly/boto\n');
  });
});
