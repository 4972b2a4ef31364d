import type { PolicyDocument } from '../../../lib/iam/document.ts';
import { parseDocument } from '../../../lib/iam/parse-document.ts';
import { formatPath } from '../../../lib/iam/policy-problem.ts';
import type { AwsState } from '../actions.ts';
import { checkPrincipalsExist } from '../iam/trust-principals.ts';
import type { StoredPolicy } from '../store/stored-policy.ts';
import { requireBucketAccess } from './access.ts';
import type { Bucket } from './buckets.ts';
import { type BucketCall, emptyAnswer, type Operation } from './call.ts';
import { S3Error } from './error.ts';

/** Bucket policies: the resource's side of every decision about the bucket. */

export const putBucketPolicy: Operation = {
  name: 's3:PutBucketPolicy',
  on: 'bucket',
  authorize: (call) => requireOwner(call, 's3:PutBucketPolicy'),
  perform: ({ bucket, state }, { content }) => {
    bucket.policy = bucketPolicy(content.toString('utf8'), bucket, state);
    return emptyAnswer(204);
  },
};

export const getBucketPolicy: Operation = {
  name: 's3:GetBucketPolicy',
  on: 'bucket',
  authorize: (call) => requireOwner(call, 's3:GetBucketPolicy'),
  perform: ({ bucket }) => {
    if (bucket.policy === undefined) {
      throw new S3Error('NoSuchBucketPolicy', undefined, { BucketName: bucket.name });
    }
    return { status: 200, headers: { 'content-type': 'application/json' }, body: bucket.policy.text };
  },
};

export const deleteBucketPolicy: Operation = {
  name: 's3:DeleteBucketPolicy',
  on: 'bucket',
  authorize: (call) => requireOwner(call, 's3:DeleteBucketPolicy'),
  perform: ({ bucket }) => {
    bucket.policy = undefined;
    return emptyAnswer(204);
  },
};

/** A policy may let other accounts do this, and S3 refuses them all the same. */
function requireOwner(call: BucketCall, action: string): void {
  requireBucketAccess(call, action, 'bucket');
  const { proof, bucket } = call;
  if (proof?.principal.administrator === true || proof?.principal.accountId === bucket.accountId) return;
  throw new S3Error('MethodNotAllowed', undefined, { Method: call.request.method, ResourceType: 'BUCKETPOLICY' });
}

const MAXIMUM_BYTES = 20 * 1024;

/**
 * @throws S3Error MalformedPolicy
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
 */
export function bucketPolicy(text: string, bucket: Bucket, state: AwsState): StoredPolicy {
  const size = Buffer.byteLength(text);
  if (size > MAXIMUM_BYTES) throw malformed(`Policy of ${size} bytes exceeds the maximum of ${MAXIMUM_BYTES}`);
  const { document, problems } = parseDocument(text, 'resource');
  const [problem] = problems;
  if (problem !== undefined || document === undefined) {
    throw malformed(`${formatPath(problem?.path ?? [])}: ${problem?.message.slice(0, 200)}`);
  }
  checkStatements(document, bucket);
  try {
    checkPrincipalsExist(state, document);
  } catch {
    throw malformed('Invalid principal in policy');
  }
  return { text, document };
}

/** A bucket's policy is about that bucket, what is in it, and S3. */
function checkStatements({ statements }: PolicyDocument, { arn }: Bucket): void {
  for (const { principals, actions, resources } of statements) {
    if (principals === undefined) throw malformed('Missing required field Principal');
    if (!actions.patterns.every((pattern) => pattern === '*' || pattern.toLowerCase().startsWith('s3:'))) {
      throw malformed('Policy has invalid action');
    }
    if (resources === undefined) throw malformed('Missing required field Resource');
    const isHere = (pattern: string): boolean =>
      pattern.startsWith(arn) && /^(?:[/*]|$)/.test(pattern.slice(arn.length));
    if (!resources.patterns.every(isHere)) {
      throw malformed('Policy has invalid resource');
    }
  }
}

function malformed(message: string): S3Error {
  return new S3Error('MalformedPolicy', message);
}
