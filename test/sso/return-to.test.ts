import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { returnPath } from '../../lib/sso/return-to.ts';

const ORIGIN = 'https://daypass.example.com';

describe('Where a sign-in returns to', () => {
  it.each([
    '/',
    '/sessions',
    '/roles/prod/ReadOnly',
    '/roles/prod/a%2Bb',
    '/audit?caller=dev%40example.com&outcome=denied',
    '/sessions?cursor=01K%23outcome',
  ])('is %s, a path of this origin', (path) => {
    expect(returnPath(path)).toBe(path);
  });

  const HOSTILE = [
    undefined,
    '',
    'evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/ /evil.example',
    'https://evil.example',
    'https:evil.example',
    'https:/evil.example',
    'HTTPS://evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/..//evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/a/../..//evil.example',
    '/%2e%2e//evil.example',
    '/%2e//evil.example',
    '/\u0000/evil.example',
    '/／evil.example',
    '/。evil',
    '@evil.example',
    '/\u202eevil',
    `/${'a'.repeat(4100)}`,
    '/#//evil.example',
    '/<script>',
    '/"onmouseover=x',
    '?x=//evil.example',
  ];
  it.each(HOSTILE)('is the home page instead of %j', (text) => {
    expect(returnPath(text)).toBe('/');
  });

  it('never leaves the origin, whatever is asked for', () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      '\\',
      '.',
      '..',
      '%2f',
      '%5c',
      '%2e',
      '@',
      ':',
      '?',
      '#',
      '\t',
      '\r\n',
      'https:',
      'javascript:',
      'evil.example',
      'roles',
      '&',
      '=',
      ' ',
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.oneof(text, fc.string(), fc.webUrl()), (given) => {
        const path = returnPath(given);
        expect(path).toMatch(/^\/(?![/\\])/);
        expect(new URL(path, ORIGIN).origin).toBe(ORIGIN);
        // As a Location header and as a link.
        expect(path).not.toMatch(/[\s"<>\\]/);
      }),
      { numRuns: 2000 },
    );
  });
});
