import type { AwsState } from '../actions.ts';
import type { Bucket } from './buckets.ts';
import type { Payload } from './payload.ts';
import type { S3Request } from './request.ts';
import type { Proof } from './signature.ts';

/** One request whose signature has been verified, or that has none. */
export interface S3Call {
  readonly request: S3Request;
  /** Undefined for a request that nobody signed. */
  readonly proof: Proof | undefined;
  readonly state: AwsState;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** One about a bucket that exists. */
export interface BucketCall extends S3Call {
  readonly bucket: Bucket;
  /** Empty where the request is about the bucket itself. */
  readonly key: string;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

interface OperationOn<Call extends S3Call> {
  /** As `/_calls` and `/_faults` name it: `s3:GetObject`. The action that policies know it by may be another. */
  readonly name: string;
  /** @throws AwsError AccessDenied and what else keeps the caller from it */
  readonly authorize: (call: Call) => void;
  /** Only after `authorize`, with a body that is what its hashes say. */
  readonly perform: (call: Call, payload: Payload) => S3Answer;
}

export type Operation =
  | (OperationOn<S3Call> & { readonly on: 'account' })
  | (OperationOn<BucketCall> & {
      readonly on: 'bucket';
      /** May be signed for another region than the bucket's. */
      readonly anyRegion?: boolean;
    });

export function xmlAnswer(xml: string, headers: Readonly<Record<string, string>> = {}): S3Answer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: xml };
}

export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): S3Answer {
  return { status, headers, body: '' };
}
