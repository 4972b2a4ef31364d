import type { Trace } from '../access/decision.ts';
import { canonicalJson } from '../json.ts';

/** Bytes of a trace in a record. A record has at most 65,535 in all: what an entry of the ledger can hold. */
export const MAX_TRACE_BYTES = 32_768;

/**
 * The trace, or so much of it as a record holds: the steps that matched always stay, the others in their order while
 * there is room. What was left out is counted.
 */
export function boundedTrace(trace: Trace): Trace {
  if (sizeOf(trace) <= MAX_TRACE_BYTES) return trace;
  let room = MAX_TRACE_BYTES - sizeOf({ ...trace, steps: [], omitted: Number.MAX_SAFE_INTEGER });
  const fits = new Set<unknown>();
  for (const first of [true, false]) {
    for (const step of trace.steps) {
      if ((step.outcome === 'matched') !== first) continue;
      room -= sizeOf(step) + 1;
      if (room < 0) break;
      fits.add(step);
    }
  }
  const steps = trace.steps.filter((step) => fits.has(step));
  return { ...trace, steps, omitted: (trace.omitted ?? 0) + trace.steps.length - steps.length };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(canonicalJson(value));
}
