import { describe, expect, test } from 'vitest';
import { readRecord } from '../../lib/audit/read-record.ts';
import { auditRecord } from '../support/records.ts';

const GOOD = auditRecord({ sessionId: '01KAN4Y3T0AAAAAAAAAAAAAAAA' });

test('a record is taken as it is, with members that nobody knows yet', () => {
  const record = { ...GOOD, weather: 'rain' };
  expect(readRecord(record)).toEqual({ record });
});

describe('what is no record we know is named, and why', () => {
  test.each<[string, unknown, string, string | undefined]>([
    [
      'a schema of later',
      { ...GOOD, schema: 2 },
      'its schema is 2, known is 1',
      '01KAN4Y3T0AAAAAAAAAAAAAAAA (outcome)',
    ],
    ['no schema', { ...GOOD, schema: undefined }, 'its schema is missing', '01KAN4Y3T0AAAAAAAAAAAAAAAA (outcome)'],
    ['a schema that is a text', { ...GOOD, schema: '1' }, 'its schema is "1"', '01KAN4Y3T0AAAAAAAAAAAAAAAA (outcome)'],
    ['no object', ['x'], 'it is no JSON object', undefined],
    ['null', null, 'it is no JSON object', undefined],
    ['a session id that is none', { ...GOOD, sessionId: '../x' }, 'its sessionId is no session id', undefined],
    [
      'a session of the year 10889',
      { ...GOOD, sessionId: '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' },
      'its sessionId is of a time',
      '7ZZZZZZZZZZZZZZZZZZZZZZZZZ (outcome)',
    ],
    ['another phase', { ...GOOD, phase: 'draft' }, 'its phase is neither', '01KAN4Y3T0AAAAAAAAAAAAAAAA'],
    ['a time that is none', { ...GOOD, time: 'soon' }, 'its time is no time', '01KAN4Y3T0AAAAAAAAAAAAAAAA (outcome)'],
    ['an outcome of later', { ...GOOD, outcome: 'won' }, 'its outcome is none', '01KAN4Y3T0AAAAAAAAAAAAAAAA (outcome)'],
    [
      'a role that is an object',
      { ...GOOD, role: { toString: 1 } },
      'its role is no text',
      '01KAN4Y3T0AAAAAAAAAAAAAAAA (outcome)',
    ],
    [
      'a length that is a text',
      { ...GOOD, durationSeconds: '1e9' },
      'its durationSeconds is no number',
      '01KAN4Y3T0AAAAAAAAAAAAAAAA (outcome)',
    ],
    [
      'a caller without a name',
      { ...GOOD, caller: { issuer: 'corp', subject: 's' } },
      'its caller has no',
      '01KAN4Y3T0AAAAAAAAAAAAAAAA (outcome)',
    ],
  ])('%s', (_, value, problem, name) => {
    const reading = readRecord(value);
    expect(reading).toMatchObject({ problem: expect.stringContaining(problem) });
    expect('name' in reading ? reading.name : undefined).toBe(name);
  });
});
