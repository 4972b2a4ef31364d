import { describe, expect, it } from 'vitest';
import type { Trace, TraceStep } from '../../lib/access/decision.ts';
import { boundedTrace, MAX_TRACE_BYTES } from '../../lib/audit/bounded-trace.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { Table } from '../../lib/store/dynamodb.ts';
import { auditRecord } from '../support/records.ts';

const step = (grant: string, outcome: TraceStep['outcome'], because: string): TraceStep => ({
  grant,
  effect: 'allow',
  outcome,
  because,
});
const trace = (steps: TraceStep[]): Trace => ({ target: 'prod/Admin', steps });

describe('A trace in a record', () => {
  it('stays as it is while it is of ordinary size', () => {
    const small = trace(
      Array.from({ length: 100 }, (_, index) => step(`grant-${index}`, 'callers_unmatched', 'groups')),
    );
    expect(boundedTrace(small)).toBe(small);
  });

  it('that is too large keeps the steps that matched, and counts what it leaves out', () => {
    const long = '"\u20ac'.repeat(400);
    const steps = Array.from({ length: 100 }, (_, index) =>
      step(`grant-${index}`, index === 99 ? 'matched' : 'condition_unmet', long),
    );
    const bounded = boundedTrace({ ...trace(steps), omitted: 7 });
    expect(Buffer.byteLength(canonicalJson(bounded))).toBeLessThanOrEqual(MAX_TRACE_BYTES);
    expect(bounded.steps.at(-1)?.grant).toBe('grant-99');
    expect(bounded.steps.length).toBeGreaterThan(10);
    expect(bounded.omitted).toBe(107 - bounded.steps.length);
  });
});

describe('A record that the ledger could not hold', () => {
  it('is refused before it is written, so that nothing leaves for it', async () => {
    const created: unknown[] = [];
    const log = auditLog({ create: async (item: unknown) => created.push(item) > 0 } as unknown as Table);
    await expect(log.append(auditRecord({ detail: 'x'.repeat(66_000) }))).rejects.toMatchObject({
      code: 'audit_unavailable',
      detail: expect.stringMatching(/^the outcome record has 66\d+ bytes, more than the ledger takes$/),
    });
    expect(created).toEqual([]);
  });
});
