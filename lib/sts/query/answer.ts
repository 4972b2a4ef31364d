import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Refusal } from './refusal.ts';
import { xmlDocument } from './xml.ts';

/** What `AssumeRoleWithWebIdentity` answers, with times as ISO 8601. */
export interface WebIdentityAnswer {
  readonly assumedRole: { readonly arn: string; readonly id: string | undefined };
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    readonly expiration: Date;
  };
  /** The token's `sub`, `aud` and `iss`. */
  readonly subject: string;
  readonly audience: string;
  readonly provider: string;
  readonly sourceIdentity: string;
  /** Percent of what AWS has room for. */
  readonly packedPolicySize: number | undefined;
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_ResponseElements */
export function webIdentityAnswer(answer: WebIdentityAnswer, requestId: string): APIGatewayProxyStructuredResultV2 {
  const { assumedRole, credentials, subject, audience, provider, sourceIdentity, packedPolicySize } = answer;
  return document(200, requestId, 'AssumeRoleWithWebIdentityResponse', {
    AssumeRoleWithWebIdentityResult: {
      AssumedRoleUser: { AssumedRoleId: assumedRole.id, Arn: assumedRole.arn },
      Audience: audience,
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: credentials.expiration.toISOString(),
      },
      PackedPolicySize: packedPolicySize?.toString(),
      Provider: provider,
      SourceIdentity: sourceIdentity,
      SubjectFromWebIdentityToken: subject,
    },
    ResponseMetadata: { RequestId: requestId },
  });
}

export function errorAnswer(
  { status, code, message }: Refusal,
  requestId: string,
  retryAfterSeconds?: number,
): APIGatewayProxyStructuredResultV2 {
  const answer = document(status, requestId, 'ErrorResponse', {
    Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
    RequestId: requestId,
  });
  if (retryAfterSeconds === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
}

function document(
  statusCode: number,
  requestId: string,
  root: string,
  content: Parameters<typeof xmlDocument>[1],
): APIGatewayProxyStructuredResultV2 {
  const headers = { 'content-type': 'text/xml; charset=utf-8', 'x-amzn-requestid': requestId };
  return { statusCode, headers, body: xmlDocument(root, content) };
}
