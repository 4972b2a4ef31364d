import { contextOf } from '../../../lib/iam/condition.ts';
import { type Evaluation, evaluate, NO_POLICIES } from '../../../lib/iam/evaluate.ts';
import type { PlacedDocument } from '../../../lib/iam/layer.ts';
import { makeRequest } from '../../../lib/iam/statement-match.ts';
import { accessDenied } from '../authorization/denial.ts';
import type { ContextKeys } from '../authorization/global-context.ts';
import { evaluateAccess, organizationPolicies } from '../authorize.ts';
import type { Bucket } from './buckets.ts';
import type { BucketCall, S3Call } from './call.ts';
import { S3Error } from './error.ts';
import { headerOrParameter } from './request.ts';

/**
 * Whether the caller may do this to the bucket, or to an object in it. The bucket's account owns both.
 *
 * @param context condition keys of the action alone, such as `s3:prefix`
 * @throws AwsError AccessDenied
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function requireBucketAccess(
  call: BucketCall,
  action: string,
  on: 'bucket' | 'object',
  context: ContextKeys = {},
): void {
  const { bucket, key } = call;
  const resource = on === 'bucket' ? bucket.arn : `${bucket.arn}/${key}`;
  requireS3Access(call, { action, resource, bucket, context });
}

/**
 * The same for what is about no bucket that exists.
 *
 * @param resource `*`, or the ARN of a bucket that is to be
 */
export function requireAccountAccess(call: S3Call, action: string, resource: string, context: ContextKeys = {}): void {
  requireS3Access(call, { action, resource, bucket: undefined, context });
}

interface Question {
  readonly action: string;
  readonly resource: string;
  readonly bucket: Bucket | undefined;
  readonly context: ContextKeys;
}

function requireS3Access(call: S3Call, question: Question): void {
  const { proof, state, now } = call;
  const { action, resource, bucket } = question;
  const context = { ...signatureKeys(call), ...question.context };
  if (proof === undefined) {
    if (bucket !== undefined && evaluateAnonymous(call, bucket, { ...question, context }).decision === 'allowed')
      return;
    throw new S3Error('AccessDenied');
  }
  const { principal } = proof;
  const resourceAccountId = bucket?.accountId ?? principal.accountId;
  const asked = { action, resource, resourceAccountId, resourcePolicies: policiesOf(bucket), context };
  const evaluation = evaluateAccess(state, principal, asked, now);
  if (evaluation.decision === 'allowed') return;
  // S3 tells its reasons to the bucket's own account, and puts the resource in quotation marks.
  if (evaluation.sameAccount !== true) throw new S3Error('AccessDenied');
  throw accessDenied(principal.arn, action, `"${resource}"`, evaluation);
}

/** Nobody's own policies have a say, only the bucket's and those of its organization. */
function evaluateAnonymous(call: S3Call, bucket: Bucket, { action, resource, context }: Question): Evaluation {
  const { state, now, request } = call;
  const { resourceControl } = organizationPolicies(state, bucket.accountId, bucket.accountId, action);
  const keys: Record<string, readonly string[]> = {
    'aws:PrincipalType': ['Anonymous'],
    'aws:ResourceAccount': [bucket.accountId],
    'aws:RequestedRegion': [bucket.region],
    'aws:CurrentTime': [new Date(now).toISOString()],
    'aws:EpochTime': [String(Math.floor(now / 1000))],
    'aws:SecureTransport': ['true'],
    ...present('aws:SourceIp', request.sourceIp),
    ...present('aws:UserAgent', request.headers['user-agent']?.[0]),
  };
  const requester = { kind: 'anonymous', text: 'anonymous' } as const;
  return evaluate(
    makeRequest({
      requester,
      action,
      resource,
      resourceAccountId: bucket.accountId,
      context: contextOf({ ...keys, ...context }),
    }),
    { ...NO_POLICIES, resource: policiesOf(bucket), resourceControl },
  );
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html */
function signatureKeys({ request, proof, now }: S3Call): ContextKeys {
  const payload = present('s3:x-amz-content-sha256', headerOrParameter(request, 'x-amz-content-sha256'));
  if (proof === undefined) return payload;
  return {
    ...payload,
    's3:authType': [proof.claim.inUrl ? 'REST-QUERY-STRING' : 'REST-HEADER'],
    's3:signatureversion': ['AWS4-HMAC-SHA256'],
    's3:signatureAge': [String(Math.max(0, now - proof.signedAt))],
  };
}

function policiesOf(bucket: Bucket | undefined): readonly PlacedDocument[] {
  if (bucket?.policy === undefined) return [];
  return [{ place: `policy of ${bucket.arn}`, document: bucket.policy.document }];
}

/** A key without a value is absent. */
export function present(key: string, value: string | undefined): ContextKeys {
  return value === undefined ? {} : { [key]: [value] };
}
