import { describe, expect, it } from 'vitest';
import { HOSTILE_TOKENS } from '../support/hostile/catalogue.ts';
import { faultOf, makeToken, makeVerifier, NOW } from '../support/tokens.ts';

const verifierOf = new Map<unknown, ReturnType<typeof makeVerifier>>();

describe.each(HOSTILE_TOKENS)('$title', ({ cases }) => {
  it.each(cases)('$name is refused as $code', async ({ token, code, issuer }) => {
    const verifier = verifierOf.get(issuer) ?? makeVerifier(issuer);
    verifierOf.set(issuer, verifier);
    const text = await token();
    const fault = await faultOf(() => verifier.verify(text, NOW));
    expect(fault.code).toBe(code);
    expect(fault.detail).toMatch(/^[\x20-\x7e–]{1,400}$/);
    const signaturePart = text.slice(0, 20_000).split('.')[2] ?? '';
    if (signaturePart.length > 20) expect(fault.detail).not.toContain(signaturePart.slice(0, 20));
  });
});

it('A good token is refused by a clock that is not a number', async () => {
  const fault = await faultOf(() => makeVerifier().verify(makeToken(), Number.NaN));
  expect(fault.code).toBe('internal_error');
});
