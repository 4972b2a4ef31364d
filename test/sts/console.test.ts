import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { FaultCode } from '../../lib/fault.ts';
import type { PartitionName } from '../../lib/iam/arn.ts';
import type { IssuedCredentials } from '../../lib/sts/assume-role.ts';
import { consoleSignIn, signInOrigins } from '../../lib/sts/console.ts';
import { SELF_SIGNED } from '../cli/self-signed.ts';
import { stretchOf } from '../support/leaks.ts';

/** AWS's federation endpoint as it is asked; what comes of its failures for a request is in test/faults. */

const CREDENTIALS: IssuedCredentials = {
  accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
  secretAccessKey: 'canary/secret+access/key+0123456789abcdef',
  sessionToken: `canarySessionToken/${'Zx9/Kq7+'.repeat(20)}==`,
  expiration: new Date(),
  stsRequestId: undefined,
};
const TOKEN = 'sign-in-token-canary-0123456789';
const HOME = 'https://console.aws.amazon.com/';

function asked(partition: PartitionName, destination: string) {
  const seen: { url: string; init: RequestInit }[] = [];
  const signIn = consoleSignIn({
    fetch: (async (url: string, init: RequestInit) => {
      seen.push({ url, init });
      return Response.json({ SigninToken: TOKEN });
    }) as typeof fetch,
    endpoint: undefined,
    issuer: 'https://daypass.example.com',
    timeoutMs: 1000,
  });
  return { seen, url: signIn.signInUrl(partition, CREDENTIALS, destination) };
}

describe('A sign-in to the console', () => {
  test.each<[PartitionName, string, string]>([
    ['aws', 'https://signin.aws.amazon.com', 'https://console.aws.amazon.com/'],
    ['aws-cn', 'https://signin.amazonaws.cn', 'https://console.amazonaws.cn/'],
    ['aws-us-gov', 'https://signin.amazonaws-us-gov.com', 'https://console.amazonaws-us-gov.com/'],
  ])('of %s is asked of its own partition, and leads there', async (partition, host, destination) => {
    const { seen, url: given } = asked(partition, destination);
    const url = new URL(await given);
    expect(seen.map((one) => one.url)).toEqual([`${host}/federation`]);
    expect(url.origin).toBe(host);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'login',
      Issuer: 'https://daypass.example.com',
      Destination: destination,
      SigninToken: TOKEN,
    });
    // Where a form that ends there may lead: nowhere outside of the partition.
    const places = signInOrigins(partition, undefined);
    expect(places).toContain(host);
    expect(places).toContain(new URL(destination).origin);
    for (const place of places) expect(place.startsWith('https://')).toBe(true);
    const others = (['aws', 'aws-cn', 'aws-us-gov'] as const).filter((other) => other !== partition);
    expect(others.flatMap((other) => signInOrigins(other, undefined)).filter((one) => places.includes(one))).toEqual(
      [],
    );
  });

  test('keeps what stands in a destination apart from its own parameters', async () => {
    const destination = `${HOME}ec2/home?region=eu-central-1&SigninToken=x#Instances:a=b&Issuer=y`;
    const parameters = new URL(await asked('aws', destination).url).searchParams;
    expect([...parameters]).toEqual([
      ['Action', 'login'],
      ['Issuer', 'https://daypass.example.com'],
      ['Destination', destination],
      ['SigninToken', TOKEN],
    ]);
  });

  test('sends the credentials in the body, follows no redirect, and asks for no duration', async () => {
    const { seen, url } = asked('aws', HOME);
    const given = await url;
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
      expect(stretchOf(secret, decodeURIComponent(given))).toBeUndefined();
    }
  });
});

describe('On the wire', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      (server as Server & { closeAllConnections(): void }).closeAllConnections();
      server.close();
    }
  });

  type Answering = (request: IncomingMessage, response: ServerResponse) => void;

  async function start(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Asks an endpoint that answers so. */
  async function ask(answering: Answering, timeoutMs = 5000) {
    const seen: { method: string; url: string; type: string; body: string }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, type: headers['content-type'] ?? '', body });
      answering(request, response);
    });
    const endpoint = `http://127.0.0.1:${await start(server)}`;
    const signIn = consoleSignIn({ fetch, endpoint, issuer: undefined, timeoutMs });
    const end = await signIn.signInUrl('aws', CREDENTIALS, HOME).catch((error: unknown) => error);
    return { seen, end };
  }

  const json =
    (text: string): Answering =>
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(text);
    };

  test('it is one POST of a form, and the address holds the token and no issuer', async () => {
    const { seen, end } = await ask(json(`{"SigninToken":"${TOKEN}","more":1}`));
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/federation',
      type: 'application/x-www-form-urlencoded;charset=UTF-8',
    });
    expect([...new URLSearchParams(seen[0]?.body).keys()]).toEqual(['Action', 'Session']);
    expect([...new URL(String(end)).searchParams.keys()]).toEqual(['Action', 'Destination', 'SigninToken']);
  });

  const quoted = `${CREDENTIALS.secretAccessKey} ${CREDENTIALS.sessionToken} ${TOKEN}`;
  const status =
    (code: number, headers: Record<string, string> = {}): Answering =>
    (_, response) => {
      response.writeHead(code, headers);
      response.end(quoted);
    };

  const FAILURES: readonly (readonly [string, Answering, FaultCode])[] = [
    ['400', status(400), 'console_refused'],
    ['403', status(403), 'console_refused'],
    ['201', status(201), 'console_refused'],
    ['a redirect', status(302, { location: 'http://127.0.0.1:9/' }), 'console_refused'],
    ['a redirect that keeps the body', status(307, { location: 'http://127.0.0.1:9/' }), 'console_refused'],
    ['429', status(429), 'console_unavailable'],
    ['500', status(500), 'console_unavailable'],
    ['503', status(503, { 'retry-after': '1' }), 'console_unavailable'],
    ['no answer', (request) => request.socket.destroy(), 'console_unavailable'],
    [
      'a body that breaks off',
      (request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"SigninToken":"', () => request.socket.destroy());
      },
      'console_unavailable',
    ],
    ['nothing', json(''), 'console_answer_invalid'],
    ['JSON of another kind', json('[]'), 'console_answer_invalid'],
    ['no token', json('{}'), 'console_answer_invalid'],
    ['a token that is no text', json('{"SigninToken":7}'), 'console_answer_invalid'],
    ['a short token', json('{"SigninToken":"x"}'), 'console_answer_invalid'],
    ['a token with a line', json(JSON.stringify({ SigninToken: `${TOKEN}\n` })), 'console_answer_invalid'],
    ['a token with a blank', json(JSON.stringify({ SigninToken: `${TOKEN} x` })), 'console_answer_invalid'],
    ['HTML', json(`<html>${quoted}`), 'console_answer_invalid'],
    ['more than a token is long', json('x'.repeat(200_000)), 'console_answer_invalid'],
    [
      'a little that unpacks into much',
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync(Buffer.alloc(50_000_000, ' ')));
      },
      'console_answer_invalid',
    ],
  ];
  test.each(FAILURES)('%s is %j, asked once, and the fault tells nothing of it', async (_, answering, code) => {
    const { seen, end } = await ask(answering);
    expect(end).toMatchObject({ name: 'Fault', code });
    expect(seen).toHaveLength(1);
    const { message, stack = '' } = end as Error;
    const told = [
      message,
      stack,
      JSON.stringify(end),
      inspect(end, { depth: 9 }),
      inspect({ end }, { showHidden: true }),
    ];
    for (const secret of [CREDENTIALS.secretAccessKey, CREDENTIALS.sessionToken, TOKEN]) {
      for (const text of told) expect(stretchOf(secret, text)).toBeUndefined();
    }
  });

  test.each<[string, Answering]>([
    ['does not begin', () => undefined],
    ['does not end', (_, response) => void response.writeHead(200).write('{"SigninToken":"')],
    [
      'drips',
      (_, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(' '), 10);
        response.once('close', () => clearInterval(timer));
      },
    ],
  ])('an answer that %s is given up at the deadline', async (_, answering) => {
    const { end } = await ask(answering, 100);
    expect(end).toMatchObject({ code: 'console_unavailable', detail: expect.stringContaining('in time') });
  });

  test('an endpoint that nobody vouches for is sent nothing', async () => {
    const seen: string[] = [];
    const port = await start(createTlsServer(SELF_SIGNED, (request) => void seen.push(request.url ?? '')));
    const endpoint = `https://127.0.0.1:${port}`;
    const signIn = consoleSignIn({ fetch, endpoint, issuer: undefined, timeoutMs: 5000 });
    await expect(signIn.signInUrl('aws', CREDENTIALS, HOME)).rejects.toMatchObject({ code: 'console_unavailable' });
    expect(seen).toEqual([]);
  });

  test('an endpoint that is not there is unavailable', async () => {
    const signIn = consoleSignIn({ fetch, endpoint: 'http://127.0.0.1:9', issuer: undefined, timeoutMs: 5000 });
    await expect(signIn.signInUrl('aws', CREDENTIALS, HOME)).rejects.toMatchObject({ code: 'console_unavailable' });
  });
});
