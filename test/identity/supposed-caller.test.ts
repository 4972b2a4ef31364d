import { describe, expect, it } from 'vitest';
import { supposedCaller } from '../../lib/identity/supposed-caller.ts';
import type { JsonObject } from '../../lib/json.ts';
import { NOW, policyOf } from '../access/policies.ts';

const { issuers } = policyOf('  - { name: all, roles: [prod/ReadOnly], callers: { groups: [a] } }\n');
const SECONDS = NOW / 1000;
const suppose = (claims: JsonObject, issuer?: string) => supposedCaller(issuers, { claims, issuer, now: NOW });

describe('A caller of a what-if question', () => {
  it('has what every token has, filled in, and the claims as they are', () => {
    expect(suppose({ groups: ['sre'] })).toEqual({
      issuer: 'corp',
      issuerUrl: 'https://idp.example.com',
      subject: 'somebody',
      username: 'somebody',
      claims: { groups: ['sre'] },
      authenticatedAt: undefined,
      issuedAt: SECONDS,
      expiresAt: SECONDS + 3600,
      tokenSha256: '',
    });
  });

  it('is who the claims say, with the times that they say', () => {
    const claims = { iss: 'https://idp.example.com', sub: 'u1', email: 'a@example.com', auth_time: SECONDS - 9 };
    expect(suppose({ ...claims, iat: SECONDS - 5, exp: SECONDS + 60 })).toMatchObject({
      subject: 'u1',
      username: 'a@example.com',
      authenticatedAt: SECONDS - 9,
      issuedAt: SECONDS - 5,
      expiresAt: SECONDS + 60,
    });
  });

  it('of a saved token that has ended is asked about as if it were new', () => {
    expect(suppose({ exp: SECONDS - 60 }).expiresAt).toBe(SECONDS + 3600);
  });

  it.each<[string, JsonObject, string | undefined, string]>([
    ['another issuer', { iss: 'https://other.example.com' }, undefined, 'issuer_not_trusted'],
    ['an issuer that has no such name', {}, 'nobody', 'issuer_not_trusted'],
    ['an iss that is not the named issuer’s', { iss: 'https://other.example.com' }, 'corp', 'issuer_not_trusted'],
    ['a username that STS cannot hold', { email: 'ä@example.com' }, undefined, 'identity_not_representable'],
    [
      'an address that is not verified',
      { email: 'a@b.c', email_verified: false },
      undefined,
      'identity_not_representable',
    ],
    ['groups in one string', { groups: 'a,b' }, undefined, 'claim_type_invalid'],
    ['groups left out by the issuer', { hasgroups: true }, undefined, 'groups_unavailable'],
    ['a time in words', { auth_time: 'yesterday' }, undefined, 'time_claim_invalid'],
  ])('%s is refused as the verifier would', (_, claims, issuer, code) => {
    expect(() => suppose(claims, issuer)).toThrow(expect.objectContaining({ code }));
  });
});
