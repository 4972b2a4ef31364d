import { composePublic, type PublicParts } from '../lib/compose.ts';
import { Fault } from '../lib/fault.ts';
import type { ClientConfiguration, HealthAnswer } from '../lib/http/contract.ts';
import { apiHandler, json } from '../lib/http/handler.ts';
import { openApi } from '../lib/http/openapi.ts';
import { ASSETS } from '../lib/portal/assets.ts';
import { VERSION } from '../lib/version.ts';

/** What a client may cache for an hour; none of it is secret or personal. */
const CACHED = { 'cache-control': 'public, max-age=3600' };

/** A file whose name holds its hash never changes. */
const FOR_EVER = { 'cache-control': 'public, max-age=31536000, immutable' };

/** What anyone may read: health, the API's description, and how to sign in. No AWS permission at all. */
export function publicApi(parts: PublicParts) {
  const { policy } = parts;
  return apiHandler(parts, [
    {
      method: 'GET',
      path: '/v1/health',
      async handler() {
        return json({ status: 'ok', version: VERSION, policyDigest: policy.digest } satisfies HealthAnswer);
      },
    },
    {
      method: 'GET',
      path: '/v1/openapi.json',
      async handler() {
        return json(openApi(), CACHED);
      },
    },
    {
      method: 'GET',
      path: '/.well-known/daypass',
      async handler() {
        return json(
          {
            version: VERSION,
            issuers: policy.issuers.flatMap(({ name, url, login }) =>
              login ? [{ name, issuer: url, ...login, scopes: [...login.scopes] }] : [],
            ),
            endpoints: {
              credentials: '/v1/credentials',
              console: '/v1/console',
              roles: '/v1/roles',
              whoami: '/v1/whoami',
              explain: '/v1/explain',
              audit: '/v1/audit',
              proof: '/v1/audit/proof',
            },
            sso: policy.issuers.some(({ sso }) => sso !== undefined),
          } satisfies ClientConfiguration,
          CACHED,
        );
      },
    },
    {
      method: 'GET',
      path: '/assets/{file}',
      async handler(event) {
        const asset = ASSETS.find(({ path }) => path === event.rawPath);
        if (asset === undefined) throw new Fault('not_found', 'there is no such file');
        return { statusCode: 200, headers: { 'content-type': asset.type, ...FOR_EVER }, body: asset.text };
      },
    },
  ]);
}

export const handler = publicApi(composePublic(process.env));
