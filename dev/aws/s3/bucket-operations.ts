import { partitionOf } from '../regions.ts';
import { requireAccountAccess, requireBucketAccess } from './access.ts';
import { type BucketCall, emptyAnswer, type Operation, type S3Answer, type S3Call, xmlAnswer } from './call.ts';
import { S3Error } from './error.ts';
import { canonicalUserId } from './owner.ts';
import { decodeToken, encodeToken, readInteger } from './paging.ts';
import type { Payload } from './payload.ts';
import { s3Xml } from './xml.ts';

/** What is done to buckets as a whole. */

export const listBuckets: Operation = {
  name: 's3:ListBuckets',
  on: 'account',
  authorize: (call) => requireAccountAccess(call, 's3:ListAllMyBuckets', '*'),
  perform: answerBuckets,
};

export const createBucket: Operation = {
  name: 's3:CreateBucket',
  on: 'account',
  authorize: (call) => {
    const { request, proof } = call;
    const partition = proof?.principal.partition ?? 'aws';
    requireAccountAccess(call, 's3:CreateBucket', `arn:${partition}:s3:::${request.bucket}`);
  },
  perform: makeBucket,
};

export const headBucket: Operation = {
  name: 's3:HeadBucket',
  on: 'bucket',
  authorize: (call) => requireBucketAccess(call, 's3:ListBucket', 'bucket'),
  perform: ({ bucket }) => emptyAnswer(200, { 'x-amz-bucket-region': bucket.region }),
};

export const getBucketLocation: Operation = {
  name: 's3:GetBucketLocation',
  on: 'bucket',
  // It is asked to learn the region.
  anyRegion: true,
  authorize: (call) => requireBucketAccess(call, 's3:GetBucketLocation', 'bucket'),
  perform: ({ bucket }) =>
    xmlAnswer(s3Xml('LocationConstraint', bucket.region === DEFAULT_REGION ? undefined : bucket.region)),
};

export const deleteBucket: Operation = {
  name: 's3:DeleteBucket',
  on: 'bucket',
  authorize: (call) => requireBucketAccess(call, 's3:DeleteBucket', 'bucket'),
  perform: removeBucket,
};

/** The region of buckets that name none. */
const DEFAULT_REGION = 'us-east-1';
const MAXIMUM_BUCKETS = 10_000;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
function answerBuckets({ request, proof, state }: S3Call): S3Answer {
  const accountId = proof?.principal.accountId ?? '';
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const region = query.get('bucket-region');
  const token = query.get('continuation-token');
  const after = token === undefined ? '' : decodeToken(token);
  const limit = readInteger(query, 'max-buckets', 'maxBuckets', { minimum: 1, maximum: MAXIMUM_BUCKETS });
  const found = state.buckets
    .ofAccount(accountId)
    .filter(({ name }) => name.startsWith(prefix) && name > after)
    .filter((bucket) => region === undefined || bucket.region === region);
  const page = found.slice(0, limit);
  const last = page.length < found.length ? page.at(-1) : undefined;
  return xmlAnswer(
    s3Xml('ListAllMyBucketsResult', {
      Owner: { ID: canonicalUserId(accountId) },
      Buckets: {
        Bucket: page.map(({ name, region, createdAt, arn }) => ({
          Name: name,
          CreationDate: new Date(createdAt).toISOString(),
          BucketRegion: region,
          BucketArn: arn,
        })),
      },
      ContinuationToken: last === undefined ? undefined : encodeToken(last.name),
      Prefix: prefix === '' ? undefined : prefix,
    }),
  );
}

function makeBucket({ request, proof, state, now }: S3Call, { content }: Payload): S3Answer {
  // A request that nobody signed did not come this far.
  if (proof === undefined) throw new S3Error('AccessDenied');
  const { accountId, partition } = proof.principal;
  const region = locationOf(content, proof.claim.region);
  const name = request.bucket ?? '';
  state.buckets.create({ name, accountId, partition, region }, now);
  return emptyAnswer(200, { location: `/${name}` });
}

/**
 * Where a bucket is to be. All regions are at one address here, so the region that a request is signed for is taken
 * for that of the endpoint. Only the endpoint of us-east-1 makes buckets elsewhere.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
function locationOf(body: Buffer, endpoint: string): string {
  const asked = locationConstraint(body);
  if (asked === undefined) {
    if (endpoint === DEFAULT_REGION) return DEFAULT_REGION;
    throw new S3Error('IllegalLocationConstraintException');
  }
  const region = asked === 'EU' ? 'eu-west-1' : asked;
  const partition = partitionOf(region);
  if (partition === undefined || region === DEFAULT_REGION) {
    throw new S3Error('InvalidLocationConstraint', undefined, { LocationConstraint: asked });
  }
  if (partition === partitionOf(endpoint) && (endpoint === DEFAULT_REGION || endpoint === region)) return region;
  const problem = `The ${asked} location constraint is incompatible`;
  const message = `${problem} for the region specific endpoint this request was sent to.`;
  throw new S3Error('IllegalLocationConstraintException', message);
}

const LONGEST_CONFIGURATION = 4_096;
const PROLOGUE = /^\s*(?:<\?xml[^<>]*\?>\s*)?/;
const CONFIGURATION = /^<CreateBucketConfiguration(?: [^<>]*)?>(.*)<\/CreateBucketConfiguration>\s*$/s;
const CONSTRAINT = /^\s*<LocationConstraint>([A-Za-z0-9-]{1,32})<\/LocationConstraint>\s*$/;

/** `<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>` */
function locationConstraint(body: Buffer): string | undefined {
  if (body.length === 0) return undefined;
  if (body.length > LONGEST_CONFIGURATION) throw new S3Error('MalformedXML');
  const [, inner = ''] = CONFIGURATION.exec(body.toString('utf8').replace(PROLOGUE, '')) ?? [];
  const [, region] = CONSTRAINT.exec(inner) ?? [];
  if (region === undefined) throw new S3Error('MalformedXML');
  return region;
}

function removeBucket({ bucket, state }: BucketCall): S3Answer {
  if (!bucket.isEmpty) throw new S3Error('BucketNotEmpty', undefined, { BucketName: bucket.name });
  state.buckets.delete(bucket);
  return emptyAnswer(204);
}
