import type { FaultCode } from '../../fault.ts';
import type { AuditRecord } from '../record.ts';
import type { Activity } from './ocsf-classes.ts';

/**
 * OCSF's status: 1 Success, 2 Failure, 0 Unknown where nobody knows whether STS gave credentials. An intent is neither
 * yet: it has a status of its own, so that a search for successes and failures does not count a session twice.
 *
 * @see https://schema.ocsf.io/1.5.0/classes/base_event
 */
export function statusOf({ phase, outcome }: AuditRecord): Activity {
  if (phase === 'intent') return { id: 99, name: 'Intent' };
  switch (outcome) {
    case 'issued':
    case 'allowed':
      return { id: 1, name: 'Success' };
    case 'denied':
    case 'refused':
    case 'failed':
      return { id: 2, name: 'Failure' };
    case 'unresolved':
    case undefined:
      return { id: 0, name: 'Unknown' };
    default:
      // An outcome of a later Daypass.
      return { id: 99, name: outcome satisfies never };
  }
}

const INFORMATIONAL = { id: 1, name: 'Informational' } as const;
const LOW = { id: 2, name: 'Low' } as const;
const MEDIUM = { id: 3, name: 'Medium' } as const;
const HIGH = { id: 4, name: 'High' } as const;

/** Tokens that no honest client sends by mistake. */
const FORGED: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'signature_invalid',
  'alg_not_allowed',
  'header_not_allowed',
  'issuer_not_trusted',
  'token_replayed',
  'token_duplicate_member',
]);

/** How much attention a record deserves by itself; what many of them mean is the SIEM's to say. */
export function severityOf({ phase, outcome, code }: AuditRecord): Activity {
  if (phase === 'intent') return INFORMATIONAL;
  switch (outcome) {
    case 'denied':
      return LOW;
    case 'refused':
      return code !== undefined && FORGED.has(code) ? MEDIUM : LOW;
    case 'failed':
      return MEDIUM;
    case 'unresolved':
      return HIGH;
    default:
      return INFORMATIONAL;
  }
}
