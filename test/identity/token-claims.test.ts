import { describe, expect, it } from 'vitest';
import { unverifiedClaims } from '../../lib/identity/token-claims.ts';
import { claims, makeToken } from '../support/tokens.ts';

describe('The claims of a token of which nothing is verified', () => {
  it('are its payload, whoever signed it', () => {
    const token = makeToken({ payload: claims({ groups: ['sre'] }) });
    expect(unverifiedClaims(token)).toMatchObject({ groups: ['sre'] });
    const [header, payload] = token.split('.');
    expect(unverifiedClaims(`${header}.${payload}.c2ln`)).toEqual(unverifiedClaims(token));
  });

  it.each([
    ['nothing', '', 'token_malformed'],
    ['two parts', 'e30.e30', 'token_malformed'],
    ['a payload that is no object', 'e30.W10.c2ln', 'token_malformed'],
    ['a claim twice', `e30.${Buffer.from('{"a":1,"a":2}').toString('base64url')}.c2ln`, 'token_duplicate_member'],
    ['an encrypted token', 'a.b.c.d.e', 'token_encrypted'],
  ])('are not read of %s', (_, token, code) => {
    expect(() => unverifiedClaims(token)).toThrow(expect.objectContaining({ code }));
  });
});
