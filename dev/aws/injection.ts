import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError } from './error.ts';
import type { FaultQueue } from './faults.ts';

/** What is to be sent: what the action answered, or what a fault made of it. */
export type Injected<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'malformed'; readonly body: string };

/**
 * Performs a call as the faults that wait for it will have it.
 *
 * @param statusOf the service's status for an error code, where the fault names none
 * @throws AwsError the injected one, or what `perform` throws
 */
export async function performUnderFaults<Value>(
  faults: FaultQueue,
  action: string,
  statusOf: (code: string) => number,
  perform: () => Value,
): Promise<Injected<Value>> {
  for (const fault of faults.take(action)) {
    switch (fault.kind) {
      case 'latency':
        await sleep(fault.milliseconds);
        break;
      case 'error':
        throw new AwsError(fault.code, fault.status ?? statusOf(fault.code), fault.message ?? 'Injected by /_faults');
      case 'drop':
        if (fault.after) perform();
        return { kind: 'dropped' };
      case 'malformed':
        if (fault.after) perform();
        return { kind: 'malformed', body: fault.body };
    }
  }
  return { kind: 'answered', value: perform() };
}
