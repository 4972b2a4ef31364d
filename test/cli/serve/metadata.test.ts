import { describe, expect, it, test } from 'vitest';
import type { RequestHead } from '../../../cli/serve/guard.ts';
import { Metadata } from '../../../cli/serve/metadata.ts';
import type { CredentialsAnswer } from '../../../lib/http/contract.ts';

const NOW = Date.UTC(2026, 0, 31, 9);
const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN = 'X-aws-ec2-metadata-token';
const ROLE_PATH = '/latest/meta-data/iam/security-credentials/';

const CREDENTIALS: CredentialsAnswer = {
  Version: 1,
  AccessKeyId: 'ASIAEXAMPLEEXAMPLE12',
  SecretAccessKey: 'secret',
  SessionToken: 'session-token',
  Expiration: '2026-01-31T10:00:00.000Z',
  AccountId: '111122223333',
  SessionId: '01J00000000000000000000000',
  RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
  SourceIdentity: 'dev@example.com',
  DurationSeconds: 3600,
  Notices: [],
};

let now = NOW;
function service() {
  now = NOW;
  const asked: string[] = [];
  const metadata = new Metadata(
    'prod/ReadOnly',
    async (role) => {
      asked.push(role);
      return CREDENTIALS;
    },
    () => now,
  );
  const ask = async (method: string, path: string, headers: readonly string[] = []) => {
    const { status, body, ...rest } = await metadata.answer({ ...HEAD, method, rawHeaders: [...headers] }, path);
    return { status, body, headers: rest.headers };
  };
  const token = async (seconds = 60) => (await ask('PUT', '/latest/api/token', [TTL, String(seconds)])).body;
  return { ask, token, asked };
}

const HEAD: RequestHead = { method: 'GET', url: '', rawHeaders: [], remoteAddress: '127.0.0.1' };

describe('Instance metadata', () => {
  it('gives a token, the role’s name and its credentials, as EC2 does', async () => {
    const { ask, asked } = service();
    const { status, body: token, headers } = await ask('PUT', '/latest/api/token', [TTL, '21600']);
    expect([status, headers?.[TTL]]).toEqual([200, '21600']);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await ask('GET', ROLE_PATH, [TOKEN, token])).toMatchObject({ status: 200, body: 'ReadOnly' });
    expect(await ask('GET', ROLE_PATH.slice(0, -1), [TOKEN, token])).toMatchObject({ status: 200, body: 'ReadOnly' });
    expect(asked).toEqual([]);
    const { status: found, body } = await ask('GET', `${ROLE_PATH}ReadOnly`, [TOKEN, token]);
    expect(found).toBe(200);
    expect(JSON.parse(body)).toEqual({
      Code: 'Success',
      LastUpdated: '2026-01-31T09:00:00.000Z',
      Type: 'AWS-HMAC',
      AccessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      SecretAccessKey: 'secret',
      Token: 'session-token',
      Expiration: '2026-01-31T10:00:00.000Z',
    });
    expect(asked).toEqual(['prod/ReadOnly']);
  });

  test.each([
    [],
    [TTL, '0'],
    [TTL, '21601'],
    [TTL, '-1'],
    [TTL, '1.5'],
    [TTL, '1e3'],
    [TTL, ''],
    [TTL, '60', TTL, '60'],
  ])('gives no token for %j', async (...headers) => {
    const { status, body } = await service().ask('PUT', '/latest/api/token', headers);
    expect([status, body.includes('InvalidRequest')]).toEqual([400, true]);
  });

  it('of version 1, without a token, is refused', async () => {
    const { ask, asked } = service();
    for (const path of [ROLE_PATH, `${ROLE_PATH}ReadOnly`, '/latest/meta-data/', '/latest/api/token/']) {
      expect((await ask('GET', path)).status).toBe(401);
    }
    expect(asked).toEqual([]);
  });

  it('takes no token that it did not give, none that has ended, and no two', async () => {
    const { ask, token, asked } = service();
    const good = await token(60);
    const path = `${ROLE_PATH}ReadOnly`;
    for (const wrong of ['', 'x', good.slice(1), `${good}x`, 'constructor', '__proto__']) {
      expect((await ask('GET', path, [TOKEN, wrong])).status).toBe(401);
    }
    expect((await ask('GET', path, [TOKEN, good, TOKEN, good])).status).toBe(401);
    now = NOW + 59_999;
    expect((await ask('GET', path, [TOKEN, good])).status).toBe(200);
    now = NOW + 60_000;
    expect((await ask('GET', path, [TOKEN, good])).status).toBe(401);
    expect(asked).toHaveLength(1);
  });

  it('keeps a bounded number of tokens, and gives up the oldest', async () => {
    const { ask, token } = service();
    const first = await token(21_600);
    const second = await token(21_600);
    for (let index = 0; index < 999; index += 1) await token(21_600);
    expect((await ask('GET', ROLE_PATH, [TOKEN, first])).status).toBe(401);
    expect((await ask('GET', ROLE_PATH, [TOKEN, second])).status).toBe(200);
  });

  test.each([
    ['GET', '/latest/api/token', 405],
    ['POST', '/latest/api/token', 405],
    ['PUT', ROLE_PATH, 405],
    ['POST', `${ROLE_PATH}ReadOnly`, 405],
    ['GET', `${ROLE_PATH}Admin`, 404],
    ['GET', `${ROLE_PATH}readonly`, 404],
    ['GET', `${ROLE_PATH}ReadOnly/`, 404],
    ['GET', '/latest/meta-data/iam/security-credentials-extended/ReadOnly', 404],
    ['GET', '/latest/user-data', 404],
    ['GET', '/latest/dynamic/instance-identity/document', 404],
  ])('answers %s %s with %i', async (method, path, status) => {
    const { ask, token, asked } = service();
    const headers = [TOKEN, await token(), TTL, '60'];
    expect((await ask(method, path, headers)).status).toBe(status);
    expect(asked).toEqual([]);
  });
});
