import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fillDocument, fillTag, parseTemplate, type Template } from '../../lib/iam/variables.ts';
import type { JsonObject } from '../../lib/json.ts';

function template(source: string): Template {
  const parsed = parseTemplate(source);
  if ('message' in parsed) throw new Error(parsed.message);
  return parsed;
}

const one = (value: string) => () => [value];

const POLICY: JsonObject = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::data-${claim:team}/*',
      Condition: { StringEquals: { 'aws:ResourceTag/team': '${claim:team}', 'aws:username': '${aws:username}' } },
    },
  ],
};

describe('templates', () => {
  it('keeps the variables of IAM for IAM', () => {
    const filled = fillDocument(POLICY, one('payments'));
    expect(JSON.stringify(filled.value)).toBe(JSON.stringify(POLICY).replaceAll('${claim:team}', 'payments'));
  });

  it('fills several claims into one text', () => {
    const values: Record<string, string[]> = { a: ['1'], 'b.c': ['2'] };
    expect(fillTag(template('x-${claim:a}-${claim:b.c}'), (claim) => values[claim]).value).toBe('x-1-2');
  });

  test.each([
    '${claim:',
    '${claim:a',
    '${claim:}',
    '${Claim:a}',
    '${claims:a}',
    '${ claim:a}',
    '${claim:a b}',
    '${claim:${claim:a}}',
    '${claim:a*}',
  ])('%j is not a template', (source) => expect(parseTemplate(source)).toHaveProperty('message'));

  test.each([
    ['missing', undefined, 'missing'],
    ['present without a value', [], 'missing'],
    ['several-valued', ['a', 'b'], 'several'],
    ['empty', [''], 'empty'],
  ])('a claim that is %s is refused', (_what, values, problem) => {
    expect(fillTag(template('${claim:team}'), () => values).problem?.message).toContain(problem);
    expect(fillDocument(POLICY, () => values).problem?.message).toContain(problem);
  });

  it('takes a list of one', () => expect(fillTag(template('${claim:t}'), () => ['a']).value).toBe('a'));

  it('refuses a tag that becomes too long', () => {
    const long = one('a'.repeat(200));
    expect(fillTag(template('${claim:a}${claim:a}'), long).problem?.message).toContain('at most 256');
  });

  it('does not say what the claim holds', () => {
    const problem = fillDocument(POLICY, one('SECRET*')).problem;
    expect(problem?.claim).toBe('team');
    expect(JSON.stringify(problem)).not.toContain('SECRET');
  });

  it('does not fill names of members', () => {
    const document: JsonObject = { 'x${claim:a}': 'y' };
    expect(fillDocument(document, one('b')).value).toEqual(document);
  });
});

/** What an attacker would put into a claim: each would mean more than itself in an IAM policy. */
const HOSTILE = [
  '*',
  '?',
  'a*',
  '*a',
  'pay?ents',
  '${aws:username}',
  '${*}',
  '${?}',
  '${$}',
  '${',
  '$',
  '{',
  '}',
  '$${',
  'a${b}c',
  'x/*',
  '../*',
  'other:bucket',
  'a/b',
  'a:b',
  '\u0000',
  'a\nb',
  'a\rb',
  '\u001b[31m',
  '\u0085',
  '\u2028',
  '\u2029',
  '\u202e',
  '\uff0a',
  '\ud83d',
  '${claim:team}',
  '${claim:other}',
  '',
  '\t',
  '\u007f',
  '\u0100',
  '＊',
];

describe('injection', () => {
  test.each(HOSTILE.map((value) => [value]))('%j is refused in an ARN of a session policy', (value) => {
    expect(fillDocument(POLICY, one(value)).problem).toBeDefined();
  });

  test.each(HOSTILE.filter((value) => !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u.test(value)).map((value) => [value]))(
    '%j is refused in a tag',
    (value) => expect(fillTag(template('${claim:team}'), one(value)).problem).toBeDefined(),
  );

  const payload = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(fc.constantFrom('"', '}', ']', ',', '\\', '*', '?', '${', 'aws:', '/', ':', 'a', '\n', ' '), {
        maxLength: 12,
      })
      .map((parts) => parts.join('')),
    fc.constantFrom('"},{"Effect":"Allow","Action":"*","Resource":"*"', '\\u002a', '%2a', "'", '","Action":"*'),
  );

  it('whatever a claim holds, the policy keeps its shape and gains no wildcard or variable', () => {
    fc.assert(
      fc.property(payload, (value) => {
        const { value: filled } = fillDocument(POLICY, one(value));
        if (filled === undefined) return;
        const again = JSON.parse(JSON.stringify(filled)) as JsonObject;
        expect(shapeOf(again)).toEqual(shapeOf(POLICY));
        const text = JSON.stringify(again);
        for (const mark of ['*', '?', '${']) {
          expect(text.split(mark).length).toBe(
            JSON.stringify(POLICY).replaceAll('${claim:team}', '').split(mark).length,
          );
        }
        expect(JSON.stringify(again)).toBe(
          JSON.stringify(POLICY).replaceAll('${claim:team}', () => JSON.stringify(value).slice(1, -1)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('whatever a claim holds, a tag is what STS accepts, unchanged, or nothing', () => {
    fc.assert(
      fc.property(payload, (value) => {
        const { value: filled } = fillTag(template('t-${claim:team}'), one(value));
        if (filled === undefined) return;
        expect(filled).toBe(`t-${value}`);
        expect(filled).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u);
      }),
      { numRuns: 500 },
    );
  });
});

/** The document with every text replaced, so that only its structure is left. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
  }
  return typeof value;
}
