import { expect, test } from 'vitest';
import { nearest } from '../lib/nearest.ts';

test.each([
  ['roels', 'roles'],
  ['rolse', 'roles'],
  ['orels', 'roles'],
  ['ROLES', 'roles'],
  ['role', 'roles'],
  ['cred', 'credentials'],
  ['credentails', 'credentials'],
  ['x', undefined],
  ['frobnicate', undefined],
  ['', undefined],
])('the nearest to %j is %j', (name, expected) => {
  expect(nearest(name, ['login', 'roles', 'credentials', 'env'])).toBe(expected);
});

test('what is closest goes before what stands first', () => {
  expect(nearest('group', ['grope', 'groups', 'group'])).toBe('group');
  expect(nearest('adn', ['add', 'and'])).toBe('add');
  expect(nearest('ab', ['abcdef', 'ab'])).toBe('ab');
});

test('a swap of neighbours is one slip, which in a short name leaves room for one more', () => {
  expect(nearest('iusser', ['issuer'])).toBe('issuer');
  expect(nearest('siseur', ['issuer'])).toBe('issuer');
  expect(nearest('sisrue', ['issuer'])).toBeUndefined();
});
