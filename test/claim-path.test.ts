import { expect, test } from 'vitest';
import { claimAt } from '../lib/claim-path.ts';
import type { JsonObject } from '../lib/json.ts';

const POD: JsonObject = {
  sub: 'system:serviceaccount:shop:deployer',
  'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'deployer', uid: 'e4a1' } },
};

test.each<[string, JsonObject, unknown]>([
  ['sub', POD, 'system:serviceaccount:shop:deployer'],
  ['kubernetes.io.namespace', POD, 'shop'],
  ['kubernetes.io.serviceaccount.uid', POD, 'e4a1'],
  ['kubernetes.io.serviceaccount.name.first', POD, undefined],
  ['kubernetes', POD, undefined],
  ['kubernetes.namespace', POD, undefined],
  ['a.b', { a: { b: 1 }, 'a.b': 2 }, 2],
  ['a.b.c', { a: { b: { c: 1 } } }, 1],
  ['a.b.c', { a: { 'b.c': 1 } }, 1],
  // A name that holds dots goes first, and what goes first is final.
  ['a.b.c', { 'a.b': { c: 1 }, a: { b: { c: 2 } } }, 1],
  ['a.b.c', { 'a.b': 'text', a: { b: { c: 2 } } }, undefined],
  ['a.0', { a: ['x'] }, undefined],
  ['a.length', { a: 'text' }, undefined],
  ['constructor.name', {}, undefined],
  ['a.constructor', { a: {} }, undefined],
  ['.a', { '': { a: 1 } }, undefined],
  ['a.', { a: { '': 1 } }, 1],
  ['...', {}, undefined],
])('%s of %j is %j', (path, claims, value) => expect(claimAt(claims, path)).toEqual(value));
