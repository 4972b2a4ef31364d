import type { AwsCredentials } from '../credentials.ts';
import type { Xml } from '../query-protocol.ts';
import { xmlDate } from '../query-protocol.ts';

/** `<Credentials>`, as every action of STS that issues some answers them. */
export function credentialsXml({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: AwsCredentials): Xml {
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: xmlDate(expiresAt),
  };
}
