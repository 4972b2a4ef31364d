import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CloudTrailEvent, eventsOf, type WatchedCall } from './cloudtrail-event.ts';
import { type SignIn, signInEvent } from './console/sign-in-event.ts';
import { AwsError } from './error.ts';
import type { Xml } from './query-protocol.ts';

/** Milliseconds between deliveries. AWS takes five minutes on average, up to fifteen. */
const DELIVERY_INTERVAL = 1000;
/** Events of a file. */
const MOST_EVENTS = 1000;

/**
 * What the accounts of the stand-in would find in their buckets, as files under a folder:
 *
 * ```
 * AWSLogs/999999999999/CloudTrail/eu-central-1/2026/01/15/999999999999_CloudTrail_eu-central-1_20260115T1205Z_<16>.json.gz
 * ```
 *
 * STS calls and sign-ins to the console only. Requests that never came to a decision (a bad signature, an injected fault) are not told.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
export class CloudTrail {
  readonly #directory: string;
  readonly #timer: NodeJS.Timeout;
  #events: CloudTrailEvent[] = [];

  constructor(directory: string) {
    this.#directory = directory;
    this.#timer = setInterval(() => this.deliver(), DELIVERY_INTERVAL);
    this.#timer.unref();
  }

  tell(call: WatchedCall, outcome: { readonly result: Xml | undefined } | { readonly refusal: AwsError }): void {
    if (call.service === 'sts') this.#add(eventsOf(call, outcome, randomUUID));
  }

  tellSignIn(signIn: SignIn): void {
    this.#add([signInEvent(signIn, randomUUID)]);
  }

  #add(events: readonly CloudTrailEvent[]): void {
    this.#events.push(...events);
    if (this.#events.length >= MOST_EVENTS) this.deliver();
  }

  /** One file for each account and region that has something new. */
  deliver(): void {
    const files = new Map<string, CloudTrailEvent[]>();
    for (const event of this.#events.splice(0)) {
      const key = `${event.recipientAccountId} ${event.awsRegion} ${event.eventTime.slice(0, 10)}`;
      files.set(key, [...(files.get(key) ?? []), event]);
    }
    for (const events of files.values()) this.#write(events);
  }

  /** Delivers the rest. */
  close(): void {
    clearInterval(this.#timer);
    this.deliver();
  }

  #write(events: readonly CloudTrailEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    const { recipientAccountId: account, awsRegion: region, eventTime } = last;
    const [year = '', month = '', day = ''] = eventTime.slice(0, 10).split('-');
    const folder = join(this.#directory, 'AWSLogs', account, 'CloudTrail', region, year, month, day);
    const time = `${eventTime.slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
    const name = `${account}_CloudTrail_${region}_${time}_${randomBytes(8).toString('hex')}.json.gz`;
    mkdirSync(folder, { recursive: true });
    // Whoever looks meanwhile finds the whole file or none, as in a bucket.
    writeFileSync(join(folder, `.${name}`), gzipSync(JSON.stringify({ Records: events })));
    renameSync(join(folder, `.${name}`), join(folder, name));
  }
}

/** Runs the call, and tells CloudTrail what came of it, if there is one. */
export function watched(
  cloudTrail: CloudTrail | undefined,
  call: WatchedCall,
  perform: () => Xml | undefined,
): Xml | undefined {
  try {
    const result = perform();
    cloudTrail?.tell(call, { result });
    return result;
  } catch (error) {
    if (error instanceof AwsError) cloudTrail?.tell(call, { refusal: error });
    throw error;
  }
}
