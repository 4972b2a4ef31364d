import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** Serves one request, or throws when the answer is not the one expected. */
export type Serve = () => Promise<void>;

const WARM_UP = 1000;
const MEASURED = 1500;

export function credentialsEvent(token: string): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /v1/credentials',
    rawPath: '/v1/credentials',
    rawQueryString: '',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'user-agent': 'bench' },
    requestContext: {
      http: {
        method: 'POST',
        path: '/v1/credentials',
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.7',
        userAgent: 'bench',
      },
      requestId: 'bench',
    } as APIGatewayProxyEventV2['requestContext'],
    body: '{"role":"prod/ReadOnly"}',
    isBase64Encoded: false,
  };
}

/**
 * Prints what the worker was asked for:
 *
 * - `cpu`: microseconds of CPU per request
 * - `rss`: peak resident memory after 10,000 requests ÷ after 100
 * - `live`: peak memory that a full collection leaves, after 10,000 ÷ after 100 (needs `--expose-gc`)
 */
export async function measure(serve: Serve): Promise<void> {
  const measures: Record<string, (serve: Serve) => Promise<number>> = {
    cpu: cpuPerRequest,
    rss: peakRss,
    live: peakLive,
  };
  const chosen = measures[process.argv[2] ?? ''];
  if (!chosen) throw new Error('say cpu, rss or live');
  console.log(await chosen(serve));
}

async function cpuPerRequest(serve: Serve): Promise<number> {
  for (let request = 0; request < WARM_UP; request += 1) await serve();
  const before = process.cpuUsage();
  for (let request = 0; request < MEASURED; request += 1) await serve();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MEASURED;
}

async function peakRss(serve: Serve): Promise<number> {
  for (let request = 0; request < 100; request += 1) await serve();
  const early = process.resourceUsage().maxRSS;
  for (let request = 100; request < 10_000; request += 1) await serve();
  return process.resourceUsage().maxRSS / early;
}

async function peakLive(serve: Serve): Promise<number> {
  let early = 0;
  let peak = 0;
  for (let request = 1; request <= 10_000; request += 1) {
    await serve();
    if (request % 100 !== 0) continue;
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    peak = Math.max(peak, heapUsed + external);
    if (request === 100) early = peak;
  }
  return peak / early;
}
