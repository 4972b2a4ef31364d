import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { packedSizePercent } from '../../../../dev/aws/sts/packed-size.ts';

describe('the packed size', () => {
  it('is nothing for a call without policies and tags', () => {
    expect(packedSizePercent({ policy: undefined, policyArns: [], tags: [] })).toBe(0);
  });

  it("of the API reference's sample call is near the documented 8 percent", () => {
    const policy =
      '{"Version":"2012-10-17","Statement":[{"Sid":"Stmt1","Effect":"Allow","Action":"s3:*","Resource":"*"}]}';
    const policyArns = ['arn:aws:iam::123456789012:policy/demopolicy1', 'arn:aws:iam::123456789012:policy/demopolicy2'];
    const tags = [
      { key: 'Project', value: 'Pegasus' },
      { key: 'Team', value: 'Engineering' },
      { key: 'Cost-Center', value: '12345' },
    ];
    const percent = packedSizePercent({ policy, policyArns, tags });
    expect(percent).toBeGreaterThanOrEqual(6);
    expect(percent).toBeLessThanOrEqual(10);
  });

  it('grows with what cannot be squeezed, and not much with repetition', () => {
    const tag = (value: string): { key: string; value: string } => ({ key: 'k', value });
    const noise = Array.from({ length: 30 }, () => tag(randomBytes(192).toString('base64')));
    expect(packedSizePercent({ policy: undefined, policyArns: [], tags: noise })).toBeGreaterThan(100);
    const same = Array.from({ length: 50 }, () => tag('a'.repeat(256)));
    expect(packedSizePercent({ policy: undefined, policyArns: [], tags: same })).toBeLessThan(20);
  });
});
