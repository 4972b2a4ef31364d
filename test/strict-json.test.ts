import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonProblem, readStrictJson } from '../lib/strict-json.ts';

const limits = { depth: 16, members: 200 };

describe('The strict reader', () => {
  it('agrees with JSON.parse on every object without duplicates', () => {
    const object = fc.dictionary(
      fc.string({ unit: 'grapheme' }),
      fc.jsonValue({ maxDepth: 6, stringUnit: 'grapheme' }),
    );
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const reading = readStrictJson(text, limits);
        expect(reading).toEqual({ ok: true, value: JSON.parse(text) });
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses every object in which one name stands twice, however it is spelt and however deep it is', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 8 });
    const scene = fc.tuple(
      name,
      fc.jsonValue({ maxDepth: 2 }),
      fc.dictionary(name, fc.jsonValue({ maxDepth: 2 })),
      fc.nat(10),
      fc.boolean(),
    );
    fc.assert(
      fc.property(scene, ([twice, value, others, depth, spellOut]) => {
        const member = (spelling: string) => `${spelling}:${JSON.stringify(value)}`;
        const rest = Object.entries(others).filter(([other]) => other !== twice);
        const filler = rest.map(([other, thing]) => `,${JSON.stringify(other)}:${JSON.stringify(thing)}`).join('');
        const second = spellOut ? escaped(twice) : JSON.stringify(twice);
        const object = `{${member(JSON.stringify(twice))}${filler},${member(second)}}`;
        const text = `${'{"a":['.repeat(depth % 5)}${object}${']}'.repeat(depth % 5)}`;
        expect(readStrictJson(text, limits)).toMatchObject({ ok: false, problem: 'duplicate_member' });
      }),
      { numRuns: 1_000 },
    );
  });

  it('never throws and never takes what JSON.parse does not', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'{}[]:,"\\u01aeE.-+ ') })),
        (text) => {
          const reading = readStrictJson(text, limits);
          if (reading.ok) expect(reading.value).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it.each<[string, string, JsonProblem, string | undefined]>([
    ['text that is no JSON', '{"a":}', 'syntax', undefined],
    ['white space JSON does not know', '\u00a0{}', 'syntax', undefined],
    ['a byte-order mark', '\ufeff{}', 'syntax', undefined],
    ['a number with a leading zero', '{"a":01}', 'syntax', undefined],
    ['an array', '[]', 'not_an_object', undefined],
    ['a duplicate', '{"a":1,"a":1}', 'duplicate_member', undefined],
    ['a duplicate with an escaped slash', '{"a/b":1,"a\\/b":1}', 'duplicate_member', undefined],
    ['a duplicate whose first value held members', '{"a":{"b":1,"c":2},"a":1}', 'duplicate_member', undefined],
    [
      'a duplicate whose second value holds as many members as were lost',
      '{"a":{"b":1},"a":{"c":1}}',
      'duplicate_member',
      undefined,
    ],
    ['a duplicate index', '{"1":0,"1":0}', 'duplicate_member', undefined],
    ['a lone surrogate', '{"a":"\\udfff"}', 'lone_surrogate', 'a'],
    ['surrogates in the wrong order', '{"a":"\\udc00\\ud800"}', 'lone_surrogate', 'a'],
    ['an endless number', '{"a":[-1e999]}', 'number_not_finite', 'a'],
    ['17 levels of arrays', `{"a":${'['.repeat(16)}${']'.repeat(16)}}`, 'too_deep', 'a'],
    ['17 levels of objects', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 'too_deep', 'a'],
    ['150 KB of open brackets', '['.repeat(150_000), 'syntax', undefined],
    ['150 KB of nested arrays', `{"a":${'['.repeat(75_000)}${']'.repeat(75_000)}}`, 'too_deep', 'a'],
  ])('refuses %s', (_name, text, problem, member) => {
    expect(readStrictJson(text, limits)).toEqual({ ok: false, problem, member });
  });

  it('refuses more members than allowed and takes as many as allowed', () => {
    const text = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, 0])));
    expect(readStrictJson(text(200), limits).ok).toBe(true);
    expect(readStrictJson(text(201), limits)).toMatchObject({ problem: 'too_many_members' });
  });

  it('keeps __proto__ as a member and leaves every prototype alone', () => {
    const reading = readStrictJson('{"__proto__":{"polluted":true},"a":{"__proto__":1}}', limits);
    expect(reading.ok && Object.keys(reading.value)).toEqual(['__proto__', 'a']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

/** The name with every code unit escaped. */
function escaped(name: string): string {
  const units = Array.from({ length: name.length }, (_, at) => name.charCodeAt(at).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}
