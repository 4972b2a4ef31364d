import { auditFilter } from '../lib/audit/filter.ts';
import { proveRecords, readAuditLog } from '../lib/broker.ts';
import { type AuditBroker, composeAudit } from '../lib/compose.ts';
import { type AuditAnswer, type ProofAnswer, proofQuery } from '../lib/http/contract.ts';
import { apiHandler, json, problemResponse } from '../lib/http/handler.ts';
import { problemOfDenial } from '../lib/http/problem.ts';
import { bearerToken, query } from '../lib/http/request.ts';

/** `GET /v1/audit`: the audit log, for holders of `audit:read`; `GET /v1/audit/proof`: that a session is sealed in it. */
export function auditApi(broker: AuditBroker) {
  return apiHandler(broker, [
    {
      method: 'GET',
      path: '/v1/audit',
      async handler(event, scope) {
        const page = await readAuditLog(broker, scope, {
          token: () => bearerToken(event),
          request: () => auditFilter(event, broker.clock()),
        });
        if (page.effect === 'denied') return problemResponse(problemOfDenial(page.missing, scope));
        return json({
          records: page.records.map((record) => ({ ...record })),
          ...(page.cursor !== undefined && { cursor: page.cursor }),
        } satisfies AuditAnswer);
      },
    },
    {
      method: 'GET',
      path: '/v1/audit/proof',
      async handler(event, scope) {
        const proofs = await proveRecords(broker, scope, {
          token: () => bearerToken(event),
          request: () => query(event, proofQuery),
        });
        return json({
          proofs: proofs.map(({ phase, leaf, file }) => ({ phase: phase as 'intent' | 'outcome', leaf, file })),
        } satisfies ProofAnswer);
      },
    },
  ]);
}

export const handler = auditApi(composeAudit(process.env));
