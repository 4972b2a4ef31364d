import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

/** A payload v2 event as API Gateway sends it. */
export function httpEvent(
  method: string,
  path: string,
  more: { headers?: Record<string, string>; body?: string; isBase64Encoded?: boolean; query?: string } = {},
): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: more.query ?? '',
    headers: more.headers ?? {},
    requestContext: {
      accountId: '999999999999',
      apiId: 'api',
      domainName: 'broker.example.com',
      domainPrefix: 'broker',
      requestId: 'gateway-request',
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: '15/Jan/2026:12:00:00 +0000',
      timeEpoch: 1_768_478_400_000,
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'test/1' },
    },
    isBase64Encoded: more.isBase64Encoded ?? false,
    ...(more.body !== undefined && { body: more.body }),
  };
}

export function lambdaContext(): Context {
  return {
    awsRequestId: 'lambda-request',
    functionName: 'test',
    getRemainingTimeInMillis: () => 10_000,
    callbackWaitsForEmptyEventLoop: false,
  } as unknown as Context;
}
