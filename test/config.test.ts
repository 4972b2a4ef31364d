import { describe, expect, test } from 'vitest';
import { readConfig, readOriginConfig } from '../lib/config.ts';

const COMPLETE = { DAYPASS_TABLE: 'table', DAYPASS_POLICY_FILE: 'access.json', AWS_REGION: 'eu-central-1' };

describe('How long records may wait for the ledger', () => {
  test.each([
    [undefined, undefined],
    ['', undefined],
    ['30', 30],
    ['10080', 10_080],
  ])('is read from %j', (text, minutes) => {
    expect(readConfig({ ...COMPLETE, DAYPASS_MAX_SEAL_LAG_MINUTES: text }).maxSealLagMinutes).toBe(minutes);
  });

  test.each(['29', '0', '-60', '60.5', '1e9', 'an hour', ' '])('%j keeps the function from starting', (text) => {
    expect(() => readConfig({ ...COMPLETE, DAYPASS_MAX_SEAL_LAG_MINUTES: text })).toThrow(
      'DAYPASS_MAX_SEAL_LAG_MINUTES must be empty or a whole number from 30 to 10080',
    );
  });
});

describe('The rate limit', () => {
  test.each([
    [undefined, 60],
    ['1', 1],
    ['100000', 100_000],
  ])('is read from %j', (text, rate) => {
    expect(readConfig({ ...COMPLETE, DAYPASS_RATE_LIMIT_PER_MINUTE: text }).rateLimitPerMinute).toBe(rate);
  });

  test.each(['0', '-1', '1.5', '100001', 'many'])('%j keeps the function from starting', (text) => {
    expect(() => readConfig({ ...COMPLETE, DAYPASS_RATE_LIMIT_PER_MINUTE: text })).toThrow(
      'DAYPASS_RATE_LIMIT_PER_MINUTE must be a whole number from 1 to 100000',
    );
  });
});

describe.each([
  ['AWS_ENDPOINT_URL_STS', (value: string) => readConfig({ ...COMPLETE, AWS_ENDPOINT_URL_STS: value }).stsEndpoint],
  [
    'AWS_ENDPOINT_URL_SIGNIN',
    (value: string) => readConfig({ ...COMPLETE, AWS_ENDPOINT_URL_SIGNIN: value }).signInEndpoint,
  ],
  ['DAYPASS_ORIGIN', (value: string) => readOriginConfig({ DAYPASS_ORIGIN: value }).origin],
] as const)('%s', (name, read) => {
  test.each(['https://sts.example.com', 'https://sts.example.com:8443', 'http://127.0.0.1:4102', 'http://[::1]:4102'])(
    'may be %s',
    (value) => expect(read(value)).toBe(value),
  );

  test.each([
    'http://sts.example.com',
    'http://localhost:4102',
    'http://127.0.0.1.example.com',
    'https://sts.example.com/',
    'https://sts.example.com/path',
    'https://sts.example.com?x',
    'https://user:password@sts.example.com',
    'https://STS.example.com',
    'ftp://sts.example.com',
    'sts.example.com',
    '//sts.example.com',
    ' ',
  ])('%j keeps the function from starting', (value) => {
    expect(() => read(value)).toThrow(
      `${name} must be https://HOST, or http:// on loopback, without a path or a slash at its end`,
    );
  });
});

test('Without an endpoint of its own a broker asks AWS', () => {
  expect(readConfig(COMPLETE)).toMatchObject({ stsEndpoint: undefined, signInEndpoint: undefined });
  expect(readConfig({ ...COMPLETE, AWS_ENDPOINT_URL_SIGNIN: '' }).signInEndpoint).toBeUndefined();
});

test.each(Object.keys(COMPLETE))('Without %s no function starts, and the message names it', (name) => {
  expect(() => readConfig({ ...COMPLETE, [name]: undefined })).toThrow(`${name} is not set`);
});
