import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted } from '../../lib/identity/quoted.ts';

describe('A value in a fault’s detail', () => {
  it('is one line of printable ASCII, bounded, whatever it was', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.jsonValue()), (value) => {
        expect(quoted(value)).toMatch(/^[\x20-\x7e]{1,800}$/);
      }),
    );
  });

  it('shows what an operator needs to see', () => {
    expect(quoted('https://idp.example.com/')).toBe('"https://idp.example.com/"');
    expect(quoted('a\u202e\n"b')).toBe('"a\\u202e\\n\\"b"');
    expect([undefined, null, [], {}, 1].map(quoted)).toEqual([
      'nothing',
      'null',
      'an array',
      'a value of type object',
      'a value of type number',
    ]);
  });
});
