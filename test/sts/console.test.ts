import { describe, expect, test } from 'vitest';
import type { PartitionName } from '../../lib/iam/arn.ts';
import type { IssuedCredentials } from '../../lib/sts/assume-role.ts';
import { consoleSignIn, signInOrigin } from '../../lib/sts/console.ts';

/** AWS's federation endpoint as it is asked; what the broker makes of its failures is in test/portal/pages.test.ts. */

const CREDENTIALS: IssuedCredentials = {
  accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
  secretAccessKey: 'a/secret+key',
  sessionToken: 'a-session/token==',
  expiration: new Date(),
  stsRequestId: undefined,
};
const TOKEN = 'sign-in-token-0123456789';

function asked(endpoint?: string) {
  const seen: { url: string; init: RequestInit }[] = [];
  const signIn = consoleSignIn({
    fetch: (async (url: string, init: RequestInit) => {
      seen.push({ url, init });
      return Response.json({ SigninToken: TOKEN });
    }) as typeof fetch,
    endpoint,
    issuer: 'https://daypass.example.com',
    timeoutMs: 1000,
  });
  return { seen, signIn };
}

describe('A sign-in to the console', () => {
  test.each<[PartitionName, string, string]>([
    ['aws', 'https://signin.aws.amazon.com', 'https://console.aws.amazon.com/'],
    ['aws-cn', 'https://signin.amazonaws.cn', 'https://console.amazonaws.cn/'],
    ['aws-us-gov', 'https://signin.amazonaws-us-gov.com', 'https://console.amazonaws-us-gov.com/'],
  ])('of %s is asked of its own partition, and leads there', async (partition, host, destination) => {
    const { seen, signIn } = asked();
    const url = new URL(await signIn.signInUrl(partition, CREDENTIALS, destination));
    expect(seen.map((one) => one.url)).toEqual([`${host}/federation`]);
    expect(url.origin).toBe(host);
    expect(signInOrigin(partition, undefined)).toBe(host);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'login',
      Issuer: 'https://daypass.example.com',
      Destination: destination,
      SigninToken: TOKEN,
    });
  });

  test('sends the credentials in the body, follows no redirect, and asks for no duration', async () => {
    const { seen, signIn } = asked();
    const url = await signIn.signInUrl('aws', CREDENTIALS, 'https://console.aws.amazon.com/');
    const [{ url: address = '', init = {} } = {}] = seen;
    expect(address).not.toContain('?');
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual' });
    const body = Object.fromEntries(init.body as URLSearchParams);
    expect(Object.keys(body)).toEqual(['Action', 'Session']);
    expect(JSON.parse(body['Session'] ?? '')).toEqual({
      sessionId: CREDENTIALS.accessKeyId,
      sessionKey: CREDENTIALS.secretAccessKey,
      sessionToken: CREDENTIALS.sessionToken,
    });
    for (const secret of [CREDENTIALS.secretAccessKey, CREDENTIALS.sessionToken, CREDENTIALS.accessKeyId]) {
      expect(decodeURIComponent(url)).not.toContain(secret);
    }
  });

  test('that stalls is given up at the deadline', async () => {
    const signIn = consoleSignIn({
      fetch: ((_: string, { signal }: RequestInit) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
        })) as typeof fetch,
      endpoint: undefined,
      issuer: undefined,
      timeoutMs: 20,
    });
    await expect(signIn.signInUrl('aws', CREDENTIALS, 'https://console.aws.amazon.com/')).rejects.toMatchObject({
      code: 'console_unavailable',
    });
  });
});
