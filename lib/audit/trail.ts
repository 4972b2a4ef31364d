import { createHash } from 'node:crypto';
import type { Fault, FaultCode } from '../fault.ts';
import { canonicalJson } from '../json.ts';
import { boundedTrace } from './bounded-trace.ts';
import type { AuditLog } from './log.ts';
import type { AuditOutcome, AuditRecord } from './record.ts';

/** What a request's records say, gathered as the request goes on. */
export type RecordFacts = Omit<
  AuditRecord,
  'schema' | 'phase' | 'time' | 'outcome' | 'code' | 'detail' | 'traceDigest'
>;

export interface TrailParts {
  readonly auditLog: AuditLog;
  /** Hears of a record once it is durable; for an outcome also how long ago the intent became so, ms. */
  readonly observe: (record: AuditRecord, sinceIntentMs?: number) => void;
  readonly clock: () => number;
}

/**
 * The records of one request. Facts are added as they become known; `intent` and `outcome` write what is known
 * then and resolve when it is durable. A request has one outcome: after it, a fault is not recorded again.
 */
export class Trail {
  readonly #parts: TrailParts;
  #facts: RecordFacts;
  #traceDigest: string | undefined;
  /** When the intent became durable, epoch ms. */
  #intendedAt: number | undefined;
  #ended = false;

  constructor(parts: TrailParts, facts: RecordFacts) {
    this.#parts = parts;
    this.#facts = facts;
  }

  add(facts: Partial<RecordFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
    if (facts.trace === undefined) return;
    const trace = boundedTrace(facts.trace);
    this.#facts = { ...this.#facts, trace };
    this.#traceDigest = sha256(canonicalJson(trace));
  }

  /** @throws Fault `audit_unavailable` */
  async intent(): Promise<void> {
    await this.#append({ phase: 'intent' });
    this.#intendedAt = this.#parts.clock();
  }

  /** @throws Fault `audit_unavailable` */
  async outcome(outcome: AuditOutcome, code?: FaultCode, detail?: string): Promise<void> {
    this.#ended = true;
    await this.#append({
      phase: 'outcome',
      outcome,
      ...(code !== undefined && { code }),
      ...(detail !== undefined && { detail }),
    });
  }

  /**
   * Records that the request ended with a fault. Nothing is written when the outcome is already there or when
   * the log itself is what failed: an intent then stays without an outcome, which tells that its end is unknown.
   *
   * @throws Fault `audit_unavailable`: the caller must not hear of a refusal that is not recorded
   */
  async fault(fault: Fault): Promise<void> {
    if (this.#ended || fault.code === 'audit_unavailable') return;
    await this.outcome(
      this.#intendedAt !== undefined ? afterIntent(fault.code) : beforeIntent(fault.code),
      fault.code,
      fault.detail,
    );
  }

  async #append(part: Pick<AuditRecord, 'phase' | 'outcome' | 'code' | 'detail'>): Promise<void> {
    const now = this.#parts.clock();
    const { trace, claims, claimsOmitted, ...facts } = this.#facts;
    const record: AuditRecord = {
      schema: 1,
      time: new Date(now).toISOString(),
      ...facts,
      // The intent is bound to its trace by the digest; the trace itself and the claims are kept once, in the outcome.
      ...(part.phase === 'outcome' && {
        ...(trace && { trace }),
        ...(claims && { claims }),
        ...(claimsOmitted && { claimsOmitted }),
      }),
      ...(this.#traceDigest !== undefined && { traceDigest: this.#traceDigest }),
      ...part,
    };
    await this.#parts.auditLog.append(record);
    this.#parts.observe(record, this.#intendedAt === undefined ? undefined : now - this.#intendedAt);
  }
}

/** Nothing was asked of STS. */
function beforeIntent(code: FaultCode): AuditOutcome {
  switch (code) {
    case 'internal_error':
    case 'idp_unavailable':
    case 'store_unavailable':
    case 'jwks_invalid':
    case 'jwks_too_large':
    case 'ledger_behind':
      return 'failed';
    default:
      return 'refused';
  }
}

/** STS was asked. Only where it surely issued nothing is the session `failed`; any other end leaves it open. */
function afterIntent(code: FaultCode): AuditOutcome {
  switch (code) {
    case 'sts_limit_exceeded':
    case 'sts_access_denied':
    case 'sts_packed_policy_too_large':
    case 'sts_policy_malformed':
    case 'sts_request_invalid':
    case 'sts_broker_credentials_expired':
    case 'sts_throttled':
    case 'sts_region_disabled':
    case 'sts_unavailable':
    // STS did issue, which the record says by its access key id; nothing left.
    case 'console_refused':
    case 'console_unavailable':
    case 'console_answer_invalid':
    case 'dpop_invalid':
    case 'grant_invalid':
    case 'tool_session_ended':
    case 'store_unavailable':
      return 'failed';
    default:
      return 'unresolved';
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
