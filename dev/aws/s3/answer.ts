import { randomBytes } from 'node:crypto';
import type { AwsState } from '../actions.ts';
import type { CallRecord } from '../calls.ts';
import { AwsError } from '../error.ts';
import type { FaultQueue } from '../faults.ts';
import { performUnderFaults } from '../injection.ts';
import { noteUse } from '../last-use.ts';
import type { SignedRequest } from '../sigv4.ts';
import type { Bucket } from './buckets.ts';
import type { Operation, S3Answer, S3Call } from './call.ts';
import { type Claim, readClaim } from './claim.ts';
import { S3Error, s3ErrorXml, s3StatusOf } from './error.ts';
import { operationOf } from './operations.ts';
import { readPayload } from './payload.ts';
import { headerOrParameter, parseS3Request, type S3Request } from './request.ts';
import { verifySignature } from './signature.ts';

export interface S3Environment {
  readonly state: AwsState;
  readonly faults: FaultQueue;
  readonly clock: () => number;
}

export interface S3Outcome extends S3Answer {
  /** The connection is to be cut instead of answered. */
  readonly dropped: boolean;
  readonly record: CallRecord;
}

/** What is known of a request so far, so that a refused one is recorded as far as it got. */
interface Progress {
  readonly requestId: string;
  readonly time: string;
  request?: S3Request;
  operation?: Operation;
  claim?: Claim | undefined;
  account?: string;
}

/**
 * Answers one request of S3's REST protocol. Never throws: whatever goes wrong is an answer too.
 *
 * @param body undefined when there was more of it than `MAXIMUM_REQUEST_BYTES`
 */
export async function answerS3(
  given: Omit<SignedRequest, 'body'>,
  body: Buffer | undefined,
  requestId: string,
  environment: S3Environment,
): Promise<S3Outcome> {
  const hostId = randomBytes(48).toString('base64');
  const progress: Progress = { requestId, time: new Date(environment.clock()).toISOString() };
  const finish = (answer: S3Answer, outcome: string): S3Outcome => {
    const isBare = given.method === 'HEAD' || answer.status === 304;
    const length = answer.status === 204 || answer.status === 304 ? {} : { 'content-length': sizeOf(answer.body) };
    const headers = { ...length, ...answer.headers, 'x-amz-request-id': requestId, 'x-amz-id-2': hostId };
    const record = recordOf(progress, outcome);
    return { status: answer.status, headers, body: isBare ? '' : answer.body, dropped: outcome === 'dropped', record };
  };
  try {
    const request = parseS3Request(given, body);
    progress.request = request;
    progress.claim = readClaim(request);
    const operation = operationOf(request);
    progress.operation = operation;
    const injected = await performUnderFaults(environment.faults, operation.name, s3StatusOf, () =>
      perform(request, operation, progress, environment),
    );
    if (injected.kind === 'answered') return finish(injected.value, 'ok');
    const spoiled = injected.kind === 'malformed' ? injected.body : '';
    return finish({ status: 200, headers: { 'content-type': 'application/xml' }, body: spoiled }, injected.kind);
  } catch (error) {
    const refusal = error instanceof AwsError ? error : new S3Error('InternalError');
    const xml = s3ErrorXml(refusal, requestId, hostId);
    const headers = { 'content-type': 'application/xml', ...(refusal instanceof S3Error && refusal.headers) };
    // The body of a refused HEAD is not sent, and its size would be that of the object.
    const sent = given.method === 'HEAD' ? '' : xml;
    return finish({ status: refusal.status, headers, body: sent }, refusal.code);
  }
}

/** Who asks, about what, may they, is the body what it should be; then it is done. */
function perform(
  request: S3Request,
  operation: Operation,
  progress: Progress,
  { state, clock }: S3Environment,
): S3Answer {
  const now = clock();
  const { claim } = progress;
  const proof = claim === undefined ? undefined : verifySignature(request, claim, state.credentials, now);
  const call: S3Call = { request, proof, state, now };
  if (proof !== undefined) {
    progress.account = proof.principal.accountId;
    noteUse(state, proof.principal, proof.claim, now);
  }
  if (operation.on === 'account') {
    operation.authorize(call);
    return operation.perform(call, readPayload(request, proof));
  }
  const bucket = bucketOf(call);
  if (operation.anyRegion !== true) checkRegion(bucket, claim);
  checkExpectedOwner(bucket, request);
  const bucketCall = { ...call, bucket, key: request.key ?? '' };
  operation.authorize(bucketCall);
  return operation.perform(bucketCall, readPayload(request, proof));
}

function bucketOf({ request, proof, state }: S3Call): Bucket {
  const name = request.bucket ?? '';
  const bucket = state.buckets.find(name, proof?.principal.partition ?? 'aws');
  if (bucket === undefined) throw new S3Error('NoSuchBucket', undefined, { BucketName: name });
  return bucket;
}

/**
 * At AWS a bucket is reached at its region's endpoint, which takes signatures for that region only. Here one address
 * is every region's endpoint, so a request for a bucket has come to the right one, and can only be signed wrongly.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
function checkRegion({ region }: Bucket, claim: Claim | undefined): void {
  if (claim === undefined || claim.region === region) return;
  const wrong = `the region '${claim.region}' is wrong; expecting '${region}'`;
  const [code, start] = claim.inUrl
    ? (['AuthorizationQueryParametersError', 'Error parsing the X-Amz-Credential parameter'] as const)
    : (['AuthorizationHeaderMalformed', 'The authorization header is malformed'] as const);
  throw new S3Error(code, `${start}; ${wrong}`, { Region: region }, { 'x-amz-bucket-region': region });
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html */
function checkExpectedOwner({ accountId }: Bucket, request: S3Request): void {
  const expected = headerOrParameter(request, 'x-amz-expected-bucket-owner');
  if (expected !== undefined && expected !== accountId) throw new S3Error('AccessDenied');
}

function sizeOf(body: string | Buffer): string {
  return String(Buffer.byteLength(body));
}

function recordOf({ requestId, time, request, operation, claim, account }: Progress, outcome: string): CallRecord {
  const members = {
    time,
    action: operation?.name ?? 's3',
    accessKeyId: claim?.accessKeyId,
    region: claim?.region,
    account,
    outcome,
    requestId,
    bucket: request?.bucket,
    key: request?.key,
  };
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as unknown as CallRecord;
}
