import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KEYS, makeToken } from '../../support/tokens.ts';

export const AUDIENCE = 'https://daypass.example.com';

/** Claims of a workload, besides what every token has. */
export const GITHUB_RUN = {
  sub: 'repo:example/shop:ref:refs/heads/main',
  repository: 'example/shop',
  repository_id: '7654321',
  repository_owner_id: '1234567',
  run_id: '16412345678',
  ref: 'refs/heads/main',
  event_name: 'push',
  sha: '2f1c0de9b7a64d5e8f3a1b0c9d8e7f6a5b4c3d2e',
} as const;

export const GITLAB_JOB = {
  sub: 'project_path:example/shop:ref_type:branch:ref:main',
  project_id: '22',
  project_path: 'example/shop',
  pipeline_source: 'push',
  job_id: '9041',
  ref_type: 'branch',
  ref_protected: 'true',
} as const;

export const POD = {
  sub: 'system:serviceaccount:shop:orders',
  'kubernetes.io': {
    namespace: 'shop',
    pod: { name: 'orders-6f9c7d5b8-x2v4k', uid: '1b2c3d4e-5f60-4718-92a3-b4c5d6e7f801' },
    serviceaccount: { name: 'orders', uid: 'e4a1c0de-1234-4abc-8def-0123456789ab' },
  },
} as const;

const PLATFORMS = { github: GITHUB_RUN, gitlab: GITLAB_JOB, cluster: POD } as const;

export type Platform = keyof typeof PLATFORMS;

/** The issuers of three platforms, on one loopback port, and GitHub's way for a job to ask for its token. */
export interface CiIssuer {
  readonly origin: string;
  issuer(platform: Platform): string;
  /** @param changes of the claims; `exp` and `iat` are in an hour and now */
  token(platform: Platform, changes?: Readonly<Record<string, unknown>>): string;
  /** `ACTIONS_ID_TOKEN_REQUEST_URL`: it has a query already, as GitHub's has. */
  readonly requestUrl: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_TOKEN`. */
  readonly requestToken: string;
  /** Tokens that jobs asked for, in order. */
  readonly given: string[];
  close(): Promise<void>;
}

export async function startCiIssuer(): Promise<CiIssuer> {
  const given: string[] = [];
  const requestToken = 'request-token-of-the-job-0123456789';
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', origin);
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const [, platform = '', rest = ''] = /^\/(github|gitlab|cluster)\/(.+)$/.exec(pathname) ?? [];
    const issuer = `${origin}/${platform}`;
    if (rest === '.well-known/openid-configuration') answer(200, { issuer, jwks_uri: `${issuer}/jwks` });
    else if (rest === 'jwks') answer(200, { keys: [KEYS.rsa.jwk] });
    else if (rest === 'request' && request.headers.authorization?.replace(/^bearer /i, '') === requestToken) {
      const value = token('github', { aud: searchParams.get('audience') ?? 'https://github.com/example' });
      given.push(value);
      answer(200, { count: 1, value });
    } else answer(404, { message: 'not here' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function token(platform: Platform, changes: Readonly<Record<string, unknown>> = {}): string {
    const seconds = Math.floor(Date.now() / 1000);
    const times = { iat: seconds, nbf: seconds, exp: seconds + 3600 };
    const payload = { iss: `${origin}/${platform}`, aud: AUDIENCE, ...times, ...PLATFORMS[platform], ...changes };
    return makeToken({ key: KEYS.rsa, payload });
  }

  return {
    origin,
    issuer: (platform) => `${origin}/${platform}`,
    token,
    requestUrl: `${origin}/github/request?api-version=2.0`,
    requestToken,
    given,
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}
