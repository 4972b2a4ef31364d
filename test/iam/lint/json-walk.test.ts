import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { findDuplicates } from '../../../lib/iam/lint/json-duplicates.ts';
import { MAX_JSON_DEPTH, walkJson } from '../../../lib/iam/lint/json-walk.ts';
import { lineIndex } from '../../../lib/iam/lint/line-index.ts';

/** Where the text stops being JSON, as `line:column message`. */
function stopOf(text: string): string | undefined {
  const problem = walkJson(text);
  if (problem === undefined) return undefined;
  const { line, column } = lineIndex(text)(problem.offset);
  return `${line}:${column} ${problem.message}${problem.hint === undefined ? '' : ` (${problem.hint})`}`;
}

describe('the place where a text stops being JSON', () => {
  test.each<[string, string, string]>([
    ['nothing', '', '1:1 not JSON: it is empty'],
    ['blanks', ' \n ', '1:1 not JSON: it holds nothing but white space'],
    ['a comma before }', '{"a":1,\n}', '1:7 not JSON: a comma before "}" (JSON has no trailing commas)'],
    ['a comma before ]', '[1,\n 2 ,]', '2:4 not JSON: a comma before "]" (JSON has no trailing commas)'],
    ['two commas', '[1,,2]', '1:4 not JSON: a second comma in a row'],
    ['no comma between members', '{"a":1\n "b":2}', '2:2 not JSON: a comma is missing before this'],
    ['no comma between entries', '[1\r\n2]', '2:1 not JSON: a comma is missing before this'],
    ['no colon', '{"a" 1}', '1:6 not JSON: a colon is missing between a name and its value'],
    ['two colons', '{"a":1:2}', '1:7 not JSON: a second colon'],
    ['a colon in a list', '["a":1]', '1:5 not JSON: a colon in a list'],
    ['no value', '{"a":}', '1:6 not JSON: "}" where a value belongs'],
    ['no value before a comma', '[,1]', '1:2 not JSON: "," where a value belongs'],
    ['a comma first', '{,"a":1}', '1:2 not JSON: a comma where a name belongs'],
    ['another bracket', '{"a":[1}', '1:8 not JSON: "}" closes what was opened with "["'],
    [
      'an object that is not closed',
      '{\n  "a": {"b": 1\n',
      '2:8 not JSON: the text ends before the object that starts here is closed',
    ],
    ['a list that is not closed', '[1, [2]', '1:1 not JSON: the text ends before the list that starts here is closed'],
    ['an end after a comma', '{"a":1,', '1:1 not JSON: the text ends before the object that starts here is closed'],
    ['an end after a name', '{"a"', '1:1 not JSON: the text ends before the object that starts here is closed'],
    ['an end after a colon', '{"a":', '1:1 not JSON: the text ends before the object that starts here is closed'],
    [
      'a text that is not closed',
      '{"a":"b\n}',
      '1:6 not JSON: a text that starts here does not end on its line (a line end inside a text is written \\n)',
    ],
    [
      'a text without end',
      '"abc',
      '1:1 not JSON: a text that starts here never ends (a line end inside a text is written \\n)',
    ],
    ['a text that ends in a backslash', '"abc\\', '1:1 not JSON: a text that starts here never ends'],
    ['a tab in a text', '"a\tb"', '1:3 not JSON: a tab inside a text (write \\t)'],
    ['a control character in a text', '"a\u0001b"', '1:3 not JSON: a control character (U+0001) inside a text'],
    [
      'an escape that is none',
      '"C:\\Windows"',
      '1:4 not JSON: "\\W" is no escape of JSON (a backslash itself is written \\\\)',
    ],
    ['half of a \\u', '"\\u12"', '1:2 not JSON: "\\u" without four hexadecimal digits behind it'],
    ['single quotes', "{'a':1}", '1:2 not JSON: a name in double quotes belongs here (the quotes of JSON are ")'],
    ['typographic quotes', '{"a":“b”}', '1:6 not JSON: no value of JSON starts like this (the quotes of JSON are ")'],
    ['a name without quotes', '{a:1}', '1:2 not JSON: a name in double quotes belongs here (put it in double quotes)'],
    ['a value without quotes', '{"a":Allow}', '1:6 not JSON: "Allow" is no value of JSON (put it in double quotes)'],
    ['True', '[True]', '1:2 not JSON: "True" is no value of JSON (write true)'],
    ['None', '[None]', '1:2 not JSON: "None" is no value of JSON (write null)'],
    ['a leading zero', '[01]', '1:2 not JSON: "01" is no number of JSON'],
    ['a plus sign', '[+1]', '1:2 not JSON: "+1" is no number of JSON'],
    ['a bare point', '[1.]', '1:2 not JSON: "1." is no number of JSON'],
    ['NaN', '[NaN]', '1:2 not JSON: "NaN" is no value of JSON (put it in double quotes)'],
    ['a comment', '{ // all\n}', '1:3 not JSON: a comment (JSON has no comments)'],
    ['a comment after a value', '[1 # one\n]', '1:4 not JSON: a comment (JSON has no comments)'],
    ['a comment for a value', '[/* one */]', '1:2 not JSON: a comment (JSON has no comments)'],
    ['two documents', '{}\n{}', '2:1 not JSON: the document has ended, and more text follows'],
    ['a byte order mark', '\ufeff{}', '1:1 not JSON: no value of JSON starts like this'],
  ])('%s', (_what, text, expected) => {
    expect(stopOf(text)).toBe(expected);
    expect(() => JSON.parse(text)).toThrow();
  });

  it('is where the nesting becomes too deep', () => {
    expect(walkJson('['.repeat(MAX_JSON_DEPTH) + ']'.repeat(MAX_JSON_DEPTH))).toBeUndefined();
    expect(walkJson('['.repeat(100_000))).toMatchObject({ code: 'json_too_deep', offset: MAX_JSON_DEPTH });
  });
});

/** JSON and texts that are nearly JSON. */
const nearlyJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom(
          '',
          ',',
          ':',
          '"',
          '\\',
          '{',
          '}',
          '[',
          ']',
          '0',
          '-',
          '.',
          'e',
          't',
          '\n',
          '\t',
          '\u0000',
          "'",
          '/',
        ),
        fc.nat(2),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([json, changes]) =>
    changes.reduce((text, [at, inserted, removed]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + inserted + text.slice(place + removed);
    }, json),
  );

it('takes what JSON.parse takes, and nothing else', () => {
  fc.assert(
    fc.property(nearlyJson, (text) => {
      let parses = true;
      try {
        JSON.parse(text);
      } catch {
        parses = false;
      }
      const problem = walkJson(text);
      expect(problem === undefined).toBe(parses);
      if (problem === undefined) return;
      expect(problem.offset).toBeGreaterThanOrEqual(0);
      expect(problem.offset).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 20_000 },
  );
});

describe('a member that stands twice', () => {
  const found = (text: string) =>
    findDuplicates(text, 10).map(({ path, offset }) => [path.join('.'), text.slice(offset)]);

  test.each([
    ['{"a":1,"b":2,"a":3}', [['a', '"a":3}']]],
    ['{"a":{"x":1,"x":2}}', [['a.x', '"x":2}}']]],
    ['[{"a":1},{"a":1,"\\u0061":2}]', [['1.a', '"\\u0061":2}]']]],
    ['{"a":[[],{"b":[1],"b":[2]}]}', [['a.1.b', '"b":[2]}]}']]],
    ['{"__proto__":1,"__proto__":2}', [['__proto__', '"__proto__":2}']]],
  ])('%s', (text, expected) => expect(found(text)).toEqual(expected));

  test.each(['{"a":{"a":{"a":1}}}', '[{"a":1},{"a":1}]', '{"a":"a","b":["a","a"]}', '{"a":1,"A":2}'])(
    'is not one in %s',
    (text) => expect(found(text)).toEqual([]),
  );
});

test('a line ends with LF, CR LF or CR', () => {
  const text = 'a\nb\r\nc\rd';
  const at = lineIndex(text);
  const shown = [...text].map((character, offset) => `${character}${at(offset).line}:${at(offset).column}`);
  expect(shown.filter((place) => /[a-d]/.test(place))).toEqual(['a1:1', 'b2:1', 'c3:1', 'd4:1']);
  expect(at(text.length)).toEqual({ line: 4, column: 2 });
});
