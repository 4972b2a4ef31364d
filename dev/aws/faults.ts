import * as z from 'zod';

/**
 * Faults that a test asks for, by `POST /_faults` with one of these as JSON; `GET /_faults` lists what is still
 * to come, `DELETE /_faults` forgets it.
 *
 *     { "action": "AssumeRole", "times": 2, "kind": "error", "code": "Throttling" }
 *     { "action": "AssumeRole", "kind": "latency", "milliseconds": 5000 }
 *     { "action": "AssumeRole", "kind": "drop", "after": true }
 *     { "action": "s3:GetObject", "kind": "error", "code": "SlowDown" }
 *     { "action": "*", "times": null, "kind": "malformed", "body": "<html>" }
 *
 * `times` defaults to 1; null means until forgotten. A fault comes before the signature is looked at, unless
 * `after` is true: then the action takes effect and only its answer is lost or spoiled. Faults on one action
 * are used up in the order they came; a latency lets the next fault in line apply as well.
 */
const common = {
  action: z.string().min(1),
  times: z.union([z.int().min(1), z.null()]).default(1),
};

export const faultRequest = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('latency'), milliseconds: z.int().min(0).max(600_000) }),
  z.strictObject({
    ...common,
    kind: z.literal('error'),
    code: z.string().min(1),
    /** By default what AWS sends with the code. */
    status: z.int().min(400).max(599).optional(),
    message: z.string().optional(),
  }),
  z.strictObject({ ...common, kind: z.literal('drop'), after: z.boolean().default(false) }),
  z.strictObject({
    ...common,
    kind: z.literal('malformed'),
    body: z.string().default('<'),
    after: z.boolean().default(false),
  }),
]);

export type InjectedFault = z.infer<typeof faultRequest>;

const STATUS: Readonly<Record<string, number>> = {
  Throttling: 400,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  InternalFailure: 500,
  AccessDenied: 403,
  ExpiredToken: 403,
  InvalidClientTokenId: 403,
  RegionDisabledException: 403,
};

/** AWS's status for an error code; 400 for those that say nothing else. */
export function statusOf(code: string): number {
  return STATUS[code] ?? 400;
}

export class FaultQueue {
  #faults: InjectedFault[] = [];

  add(fault: InjectedFault): void {
    this.#faults.push(fault);
  }

  list(): readonly InjectedFault[] {
    return this.#faults;
  }

  clear(): void {
    this.#faults = [];
  }

  /** The faults that meet this call: any latencies first in line, and the first that is something else. */
  take(action: string): InjectedFault[] {
    const taken: InjectedFault[] = [];
    for (const fault of this.#faults.filter((candidate) => candidate.action === action || candidate.action === '*')) {
      taken.push(fault);
      this.#use(fault);
      if (fault.kind !== 'latency') break;
    }
    return taken;
  }

  #use(fault: InjectedFault): void {
    if (fault.times === null) return;
    const left = fault.times - 1;
    this.#faults = this.#faults.flatMap((other) =>
      other !== fault ? [other] : left === 0 ? [] : [{ ...fault, times: left }],
    );
  }
}
