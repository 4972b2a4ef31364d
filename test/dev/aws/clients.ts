import type { AwsStandIn } from '../../../dev/aws/server.ts';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Keys;
  readonly maxAttempts: number;
}

/** A real SDK client that talks to the stand-in, and asks once only. */
export function clientFor<Client>(
  ClientClass: new (options: ClientOptions) => Client,
  aws: Pick<AwsStandIn, 'url'>,
  { accessKeyId, secretAccessKey, sessionToken }: Keys,
  region = 'eu-central-1',
): Client {
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  return new ClientClass({ endpoint: aws.url, region, credentials, maxAttempts: 1 });
}

/** The keys in an answer of STS. */
export function keysOf(
  credentials:
    | {
        readonly AccessKeyId?: string | undefined;
        readonly SecretAccessKey?: string | undefined;
        readonly SessionToken?: string | undefined;
      }
    | undefined,
): Keys {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}
