import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { portalPages } from '../../functions/portal.ts';
import { composePortal } from '../../lib/compose.ts';
import { ISSUER_URL, identityProvider } from '../identity-provider.ts';
import { inProcessAws } from '../in-process-aws.ts';
import { measure } from './serve.ts';

/** The portal's home page as it is deployed, but for the network: for a person with as many roles as the policy has. */
const now = Math.floor(Date.now() / 1000);
const caller = {
  issuer: 'corp',
  issuerUrl: ISSUER_URL,
  subject: 'subject-dev',
  username: 'dev@example.com',
  authenticatedAt: now - 60,
  issuedAt: now - 5,
  expiresAt: now + 3600,
  tokenSha256: 'a'.repeat(64),
  signIn: '01KAN000000000000000000000',
};
const session = JSON.stringify({
  Item: {
    caller: { S: JSON.stringify(caller) },
    claims: { S: JSON.stringify({ groups: ['engineering', 'team-payments', 'on-call'], email: 'dev@example.com' }) },
    expiresAt: { N: String(now + 3600) },
  },
});

const pages = portalPages(
  composePortal(process.env, {
    fetch: identityProvider().fetch,
    requestHandler: {
      ...inProcessAws,
      async handle(request: { readonly hostname: string; readonly body?: unknown }) {
        const body = new TextDecoder().decode(request.body as Uint8Array);
        return body.includes('signin#') ? inProcessAws.answer(session) : inProcessAws.handle(request);
      },
    } as never,
    write: () => undefined,
    clock: Date.now,
  }),
);
const event: APIGatewayProxyEventV2 = {
  version: '2.0',
  routeKey: 'GET /',
  rawPath: '/',
  rawQueryString: '',
  cookies: [`__Host-daypass=${'a'.repeat(43)}`],
  headers: { 'user-agent': 'bench' },
  requestContext: {
    http: { method: 'GET', path: '/', protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'bench' },
    requestId: 'bench',
  } as APIGatewayProxyEventV2['requestContext'],
  isBase64Encoded: false,
};
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 } as unknown as Context;

async function serve(): Promise<string> {
  const answer = (await pages(structuredClone(event), context, undefined as never)) as {
    statusCode: number;
    body: string;
  };
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.body;
}

if (process.argv[2] === 'size') {
  const page = await serve();
  console.log(JSON.stringify({ plain: Buffer.byteLength(page), compressed: gzipSync(page).length }));
} else {
  await measure(async () => void (await serve()));
}
