import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { LogFileReader } from '../../../lib/audit/reconcile/log-file.ts';

function read(...texts: string[]): string[] {
  const reader = new LogFileReader();
  const events = texts.flatMap((text) => reader.push(text));
  reader.end();
  return events;
}

describe('A CloudTrail log file', () => {
  test.each([
    ['as AWS writes it', '{"Records":[{"a":1},{"b":"}"}]}', ['{"a":1}', '{"b":"}"}']],
    ['without events', '{"Records":[]}', []],
    [
      'spread over lines',
      '\ufeff{\n "Records" : [\n {"a": [1, {"b": "]}"}]} ,\r\n {} \n]\n}\n',
      ['{"a": [1, {"b": "]}"}]}', '{}'],
    ],
    ['with quotes in strings', '{"Records":[{"a":"\\"}\\\\"}]}', ['{"a":"\\"}\\\\"}']],
    ['with other members around', '{"x":{"Records":[1]},"n":-1.5,"t":true,"s":"}]","Records":[{}],"l":[[]]}', ['{}']],
  ])('%s is cut into its events', (_what, text, events) => {
    expect(read(text)).toEqual(events);
  });

  it('is cut the same wherever its text is cut', () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 });
    fc.assert(
      fc.property(
        fc.array(json, { maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        json,
        (events, cuts, other) => {
          const { Records: _, ...rest } = other;
          const text = JSON.stringify({ ...rest, Records: events });
          const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
          const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
          expect(read(...pieces)).toEqual(events.map((event) => JSON.stringify(event)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('of which any part is missing at the end is not all there', () => {
    const text = '{"Records":[{"a":"b"},{"c":[1]}],"x":1}';
    for (let length = 0; length < text.length; length += 1) {
      expect(() => read(text.slice(0, length)), text.slice(0, length)).toThrow(/it is empty|it ends in the middle/);
    }
    expect(read(text)).toHaveLength(2);
  });

  test.each([
    ['a list', '[{"a":1}]', 'an object is expected'],
    ['words', 'no JSON', 'an object is expected'],
    ['an object of something else', '{"Events":[{"CloudTrailEvent":"{}"}]}', 'it has no Records'],
    ['a digest file', '{"digestStartTime":"2026-01-15T12:00:00Z","logFiles":[]}', 'it has no Records'],
    ['Records that are no list', '{"Records":{"a":1}}', 'its Records are no list'],
    ['Records that are no objects', '{"Records":[1]}', 'an event is expected'],
    ['two files in one', '{"Records":[]}{"Records":[]}', 'nothing more is expected'],
    ['a name in another case', '{"records":[{}]}', 'it has no Records'],
  ])('is not %s', (_what, text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });

  it('has no event without an end: what is far larger than any is refused, not held', () => {
    const reader = new LogFileReader();
    reader.push('{"Records":[{"a":"');
    expect(() => {
      for (let index = 0; index < 100; index += 1) reader.push('x'.repeat(65_536));
    }).toThrow('larger than any');
  });
});
