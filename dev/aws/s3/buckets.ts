import type { StoredPolicy } from '../store/stored-policy.ts';
import type { Checksum } from './checksums.ts';
import { S3Error } from './error.ts';

/** An object as it was put; a new one takes its place, nothing changes it. */
export interface StoredObject {
  readonly content: Buffer;
  /** With its quotation marks: `"d41d8cd98f00b204e9800998ecf8427e"`. */
  readonly etag: string;
  /** Epoch milliseconds, whole seconds. */
  readonly lastModified: number;
  /** What is answered with it: `content-type`, `cache-control`, `x-amz-meta-…`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: Checksum | undefined;
}

export interface BucketName {
  readonly name: string;
  readonly accountId: string;
  readonly partition: string;
  readonly region: string;
}

/** A bucket, its policy and all that is in it. In memory: a restart forgets it. */
export class Bucket implements BucketName {
  readonly name: string;
  readonly accountId: string;
  readonly partition: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  policy: StoredPolicy | undefined;
  readonly #objects = new Map<string, StoredObject>();
  #keys: readonly string[] | undefined;

  constructor({ name, accountId, partition, region }: BucketName, createdAt: number) {
    this.name = name;
    this.accountId = accountId;
    this.partition = partition;
    this.region = region;
    this.createdAt = createdAt;
  }

  get arn(): string {
    return `arn:${this.partition}:s3:::${this.name}`;
  }

  get isEmpty(): boolean {
    return this.#objects.size === 0;
  }

  /** In order of their UTF-8 bytes, as S3 lists them. */
  keys(): readonly string[] {
    this.#keys ??= [...this.#objects.keys()]
      .map((key) => ({ key, bytes: Buffer.from(key) }))
      .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
      .map(({ key }) => key);
    return this.#keys;
  }

  find(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  put(key: string, object: StoredObject): void {
    if (!this.#objects.has(key)) this.#keys = undefined;
    this.#objects.set(key, object);
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#keys = undefined;
  }
}

/** The buckets of all accounts. A name is one bucket's in its whole partition. */
export class BucketStore {
  readonly #buckets = new Map<string, Bucket>();

  /** @throws S3Error BucketAlreadyOwnedByYou, BucketAlreadyExists */
  create(bucket: BucketName, now: number): Bucket {
    const { name, partition, accountId } = bucket;
    const other = this.find(name, partition);
    if (other !== undefined) {
      const code = other.accountId === accountId ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists';
      throw new S3Error(code, undefined, { BucketName: name });
    }
    const created = new Bucket(bucket, now);
    this.#buckets.set(`${partition}/${name}`, created);
    return created;
  }

  find(name: string, partition: string): Bucket | undefined {
    return this.#buckets.get(`${partition}/${name}`);
  }

  /** In order of their names. */
  ofAccount(accountId: string): Bucket[] {
    return [...this.#buckets.values()]
      .filter((bucket) => bucket.accountId === accountId)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  delete({ partition, name }: Bucket): void {
    this.#buckets.delete(`${partition}/${name}`);
  }
}
