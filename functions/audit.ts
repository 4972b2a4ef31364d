import { auditFilter } from '../lib/audit/filter.ts';
import { readAuditLog } from '../lib/broker.ts';
import { type Broker, composeBroker } from '../lib/compose.ts';
import type { AuditAnswer } from '../lib/http/contract.ts';
import { apiHandler, json, problemResponse } from '../lib/http/handler.ts';
import { problemOfDenial } from '../lib/http/problem.ts';
import { bearerToken } from '../lib/http/request.ts';

/** `GET /v1/audit`: the audit log, for holders of `audit:read`. */
export function auditApi(broker: Broker) {
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
  ]);
}

export const handler = auditApi(composeBroker(process.env));
