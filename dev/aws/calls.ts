/** What the stand-in answered, for tests to look at: `GET /_calls` lists it, `DELETE` empties it. No secrets. */
export interface CallRecord {
  /** RFC 3339. */
  readonly time: string;
  readonly action: string;
  /** As the Authorization header claimed; proven only where `outcome` is not a signature error. */
  readonly accessKeyId?: string;
  readonly region?: string;
  /** Account of the proven caller. */
  readonly account?: string;
  /** `ok`, AWS's error code, or `dropped` and `malformed` where a fault was injected. */
  readonly outcome: string;
  readonly requestId: string;
  readonly roleArn?: string;
  readonly roleName?: string;
  readonly roleSessionName?: string;
  readonly sourceIdentity?: string;
  /** Of a call to S3, whose actions are written `s3:GetObject`. */
  readonly bucket?: string;
  readonly key?: string;
}

/** Long-running stacks forget the oldest calls. */
const KEPT = 10_000;

export class CallLog {
  #records: CallRecord[] = [];

  add(record: CallRecord): void {
    this.#records.push(record);
    if (this.#records.length > KEPT) this.#records = this.#records.slice(-KEPT / 2);
  }

  list(): readonly CallRecord[] {
    return this.#records;
  }

  clear(): void {
    this.#records = [];
  }
}
