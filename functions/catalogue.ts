import type { RoleStanding } from '../lib/access/decide.ts';
import type { Explanation } from '../lib/access/explanation.ts';
import { explainAccess, listRoles, whoAmI } from '../lib/broker.ts';
import { type Broker, composeBroker } from '../lib/compose.ts';
import {
  credentialsRequest,
  type ExplainAnswer,
  type RoleSummary,
  type RolesAnswer,
  type WhoamiAnswer,
} from '../lib/http/contract.ts';
import { apiHandler, json } from '../lib/http/handler.ts';
import { missingOnWire } from '../lib/http/problem.ts';
import { bearerToken, jsonBody, noQuery } from '../lib/http/request.ts';

/** `GET /v1/roles`, `GET /v1/whoami`, `POST /v1/explain`: what the caller is and may have, and why. No STS. */
export function catalogueApi(broker: Broker) {
  return apiHandler(broker, [
    {
      method: 'GET',
      path: '/v1/roles',
      async handler(event, scope) {
        const { roles } = await listRoles(broker, scope, {
          token: () => bearerToken(event),
          request: () => noQuery(event),
        });
        return json({ roles: roles.map(summary) } satisfies RolesAnswer);
      },
    },
    {
      method: 'GET',
      path: '/v1/whoami',
      async handler(event, scope) {
        const { caller, permissions } = await whoAmI(broker, scope, {
          token: () => bearerToken(event),
          request: () => noQuery(event),
        });
        const { issuer, subject, username, authenticatedAt, expiresAt } = caller;
        return json({
          issuer,
          subject,
          username,
          ...(authenticatedAt !== undefined && { authenticatedAt: new Date(authenticatedAt * 1000).toISOString() }),
          expiresAt: new Date(expiresAt * 1000).toISOString(),
          permissions,
        } satisfies WhoamiAnswer);
      },
    },
    {
      method: 'POST',
      path: '/v1/explain',
      async handler(event, scope) {
        const explanation = await explainAccess(broker, scope, {
          token: () => bearerToken(event),
          request: () => jsonBody(event, credentialsRequest),
        });
        return json(explained(explanation));
      },
    },
  ]);
}

export const handler = catalogueApi(composeBroker(process.env));

function summary({ role, account, available, maxDurationSeconds, requires, missing }: RoleStanding): RoleSummary {
  return {
    role: role.id,
    account: { name: account.name, id: account.id, label: account.label },
    arn: role.arn,
    ...(role.description !== undefined && { description: role.description }),
    available,
    ...(maxDurationSeconds !== undefined && { maxDurationSeconds }),
    requires: [...requires],
    missing: missing.map(missingOnWire),
  };
}

function explained(explanation: Explanation): ExplainAnswer {
  // An explanation is plain JSON in the wire's own words; only the types differ, in what may be changed.
  return { ...explanation, missing: explanation.missing.map(missingOnWire) } as ExplainAnswer;
}
