import { describe, expect, test } from 'vitest';
import { makeApi, withSignIn } from '../support/api.ts';
import { inProcessAws } from '../support/aws.ts';
import { HOSTILE_DESTINATIONS } from '../support/hostile/destinations.ts';
import { claims, makeToken, NOW } from '../support/tokens.ts';

describe('A destination that is none', () => {
  const token = makeToken({ payload: claims({ groups: ['engineering'] }) });

  test('is refused in more than 200 ways, recorded, and never asked of STS', async () => {
    const aws = inProcessAws({ clock: () => NOW });
    const signIn = () => {
      throw new Error('the sign-in endpoint is not to be asked');
    };
    const api = makeApi({ aws, fetch: withSignIn(signIn), environment: { DAYPASS_RATE_LIMIT_PER_MINUTE: '100000' } });
    for (const destination of HOSTILE_DESTINATIONS) {
      const answer = await api.console({ token, body: { role: 'prod/ReadOnly', destination } });
      expect([destination, answer.status, answer.body['code']]).toEqual([destination, 400, 'destination_not_allowed']);
    }
    expect(aws.calls.filter(({ service }) => service === 'sts')).toEqual([]);
    const records = api.records();
    expect(records).toHaveLength(HOSTILE_DESTINATIONS.length);
    for (const record of records) {
      expect(record).toMatchObject({ action: 'console', outcome: 'refused', code: 'destination_not_allowed' });
      expect(record.destination).toBeUndefined();
      expect(JSON.stringify(record)).not.toContain('evil');
    }
  });

  test('of a role that is denied is not even looked at', async () => {
    const api = makeApi();
    const body = { role: 'prod/Admin', destination: 'https://evil.example/' };
    const answer = await api.console({ token, body });
    expect([answer.status, answer.body['code']]).toEqual([403, 'access_denied']);
  });

  test.each([[''], [7], [null], ['x'.repeat(1025)]])(
    '%j is no text of it: the request is refused',
    async (destination) => {
      const answer = await makeApi().console({ token, body: { role: 'prod/ReadOnly', destination } });
      expect([answer.status, answer.body['code']]).toEqual([400, 'request_invalid']);
    },
  );
});
