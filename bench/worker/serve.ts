import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** Serves one request, or throws when the answer is not the one expected. */
export type Serve = () => Promise<void>;

const WARM_UP = 1500;
const MEASURED = 3000;

export function credentialsEvent(token: string): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /v1/credentials',
    rawPath: '/v1/credentials',
    rawQueryString: '',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'user-agent': 'bench' },
    requestContext: {
      http: { method: 'POST', path: '/v1/credentials', protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'bench' },
      requestId: 'bench',
    } as APIGatewayProxyEventV2['requestContext'],
    body: '{"role":"prod/ReadOnly"}',
    isBase64Encoded: false,
  };
}

/** What a worker was asked for, printed: `cpu` (microseconds per request) or `memory` (peak after 10,000 ÷ after 100). */
export async function measure(serve: Serve): Promise<void> {
  console.log(process.argv[2] === 'memory' ? await memoryGrowth(serve) : await cpuPerRequest(serve));
}

async function cpuPerRequest(serve: Serve): Promise<number> {
  for (let request = 0; request < WARM_UP; request += 1) await serve();
  const before = process.cpuUsage();
  for (let request = 0; request < MEASURED; request += 1) await serve();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MEASURED;
}

async function memoryGrowth(serve: Serve): Promise<number> {
  for (let request = 0; request < 100; request += 1) await serve();
  const early = process.resourceUsage().maxRSS;
  for (let request = 100; request < 10_000; request += 1) await serve();
  return process.resourceUsage().maxRSS / early;
}
