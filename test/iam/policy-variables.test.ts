import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextOf } from '../../lib/iam/condition.ts';
import { compileGlob, globPattern, literalPattern, matchesPattern } from '../../lib/iam/glob.ts';
import { fillText, parseVariables } from '../../lib/iam/policy-variables.ts';

const context = contextOf({ 'aws:username': ['dana'], 'aws:list': ['a', 'b'], 'aws:none': [], 'aws:empty': [''] });

function fill(text: string): string | undefined {
  const parsed = parseVariables(text);
  if ('message' in parsed) throw new Error(parsed.message);
  return fillText(parsed, context);
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
describe('a text with variables', () => {
  test.each<[string, string | undefined]>([
    ['', ''],
    ['plain', 'plain'],
    ['${aws:username}', 'dana'],
    ['a${aws:username}b${AWS:USERNAME}c', 'adanabdanac'],
    ['${aws:missing}', undefined],
    ['x${aws:missing}y${aws:username}', undefined],
    ["${aws:missing, 'nobody'}", 'nobody'],
    ["${aws:missing,'nobody'}", 'nobody'],
    ["${aws:missing, ''}", ''],
    ["${aws:missing, 'a, b'}", 'a, b'],
    ["${aws:username, 'nobody'}", 'dana'],
    ['${aws:list}', undefined],
    ["${aws:list, 'x'}", undefined],
    ['${aws:none}', undefined],
    ["${aws:none, 'x'}", 'x'],
    ['${aws:empty}', ''],
    ['${*}${?}${$}', '*?$'],
    ['$', '$'],
    ['$${aws:username}', '$dana'],
    ['{aws:username}', '{aws:username}'],
    ['${aws:PrincipalTag/cost center}', undefined],
  ])('%j is %j', (text, expected) => {
    expect(fill(text)).toBe(expected);
  });

  test.each([
    '${',
    '${aws:username',
    '${}',
    '${ }',
    "${aws:x, 'y}",
    "${aws:x 'y'}",
    '${aws:x, y}',
    "${, 'y'}",
    '${a${b}}',
  ])('%j is none', (text) => {
    expect(parseVariables(text)).toHaveProperty('message');
  });
});

test('a literal pattern matches its own text and nothing else, whatever characters it holds', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '*', '?', '$', '😀', '\ud800') });
  fc.assert(
    fc.property(text, text, (wanted, given) => {
      expect(matchesPattern(literalPattern(wanted), given)).toBe(wanted === given);
    }),
  );
});

test('a pattern matches as the compiled wildcard does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(text, text, (wanted, given) => {
      expect(matchesPattern(globPattern(wanted), given)).toBe(compileGlob(wanted).matches(given));
    }),
  );
});
