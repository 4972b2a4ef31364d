import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { withDeadline } from '../../aws.ts';
import type { ExportStore, ObjectWriter } from './ports.ts';

/** Bytes of a part. S3 takes 10,000 parts of at least 5 MiB: 78 GiB an hour. */
const PART = 8 * 1_048_576;

/** For one part with all its attempts. */
const DEADLINE_MS = 60_000;

/**
 * Objects of a bucket. One that fits into a part is one PutObject, a larger one a multipart upload: no more than a part
 * is held, and an object is there as a whole or not at all.
 *
 * @param prefix of every object's key, such as `daypass-prod/`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export function s3Store(client: S3Client, bucket: string, prefix: string): ExportStore {
  return { begin: (name) => new S3Writer(client, { Bucket: bucket, Key: `${prefix}${name}` }) };
}

class S3Writer implements ObjectWriter {
  readonly #client: S3Client;
  readonly #object: { readonly Bucket: string; readonly Key: string };
  readonly #parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
  #upload: string | undefined;
  #held: Uint8Array[] = [];
  #size = 0;

  constructor(client: S3Client, object: { readonly Bucket: string; readonly Key: string }) {
    this.#client = client;
    this.#object = object;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#held.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= PART) await this.#sendPart();
  }

  async end(): Promise<void> {
    if (this.#upload === undefined) {
      const put = new PutObjectCommand({ ...this.#object, Body: this.#take(), ContentType: TYPE });
      await withDeadline(DEADLINE_MS, (options) => this.#client.send(put, options));
      return;
    }
    if (this.#size > 0) await this.#sendPart();
    const complete = new CompleteMultipartUploadCommand({
      ...this.#object,
      UploadId: this.#upload,
      MultipartUpload: { Parts: this.#parts },
    });
    await withDeadline(DEADLINE_MS, (options) => this.#client.send(complete, options));
  }

  async abandon(): Promise<void> {
    this.#take();
    if (this.#upload === undefined) return;
    const abort = new AbortMultipartUploadCommand({ ...this.#object, UploadId: this.#upload });
    // What failed is being told already; the bucket's lifecycle removes parts that stay.
    await withDeadline(DEADLINE_MS, (options) => this.#client.send(abort, options)).catch(() => undefined);
  }

  async #sendPart(): Promise<void> {
    this.#upload ??= await this.#create();
    const PartNumber = this.#parts.length + 1;
    const part = new UploadPartCommand({
      ...this.#object,
      UploadId: this.#upload,
      PartNumber,
      Body: this.#take(),
    });
    const { ETag } = await withDeadline(DEADLINE_MS, (options) => this.#client.send(part, options));
    this.#parts.push({ PartNumber, ETag });
  }

  async #create(): Promise<string> {
    const create = new CreateMultipartUploadCommand({ ...this.#object, ContentType: TYPE });
    const { UploadId } = await withDeadline(DEADLINE_MS, (options) => this.#client.send(create, options));
    if (UploadId === undefined) throw new Error('S3 began an upload without an id');
    return UploadId;
  }

  #take(): Uint8Array {
    const bytes = Buffer.concat(this.#held);
    this.#held = [];
    this.#size = 0;
    return bytes;
  }
}

const TYPE = 'application/gzip';
