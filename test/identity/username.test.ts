import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../lib/fault.ts';
import { readUsername } from '../../lib/identity/username.ts';
import { CORP } from '../support/tokens.ts';

/** Written as a list of characters, so that it shares no mistake with a regular expression. */
const LEGAL = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-');
const issuer = { ...CORP, username: 'login' };

function usernameOf(login: string): string | undefined {
  try {
    return readUsername({ login }, issuer);
  } catch (error) {
    expect((error as Fault).code).toBe('identity_not_representable');
    return undefined;
  }
}

describe('A username', () => {
  const odd = fc.constantFrom(
    '\u212a',
    '\u017f',
    '\u0131',
    'ﬀ',
    '\u00df',
    '\u202e',
    '\n',
    '\0',
    ' ',
    ':',
    '/',
    '*',
    '?',
    '$',
    '@',
  );
  const likely = fc.string({ unit: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...LEGAL) }, odd), maxLength: 70 });

  it('is the claim as it stands or is refused, and is always one that STS can hold', () => {
    fc.assert(
      fc.property(fc.oneof(likely, fc.string({ unit: 'binary' })), (login) => {
        const isLegal =
          login.length >= 2 && login.length <= 64 && [...login].every((character) => LEGAL.has(character));
        const isPlain = login.split('@').length <= 2;
        expect(usernameOf(login)).toBe(isLegal && isPlain ? login : undefined);
      }),
      { numRuns: 5_000 },
    );
  });

  it('is never the same for two different claims', () => {
    fc.assert(
      fc.property(likely, odd, fc.nat(70), (login, inserted, at) => {
        const other = `${login.slice(0, at)}${inserted}${login.slice(at)}`;
        const [one, two] = [usernameOf(login), usernameOf(other)];
        if (one !== undefined && two !== undefined) expect(one).not.toBe(two);
        expect(usernameOf(login.toUpperCase())).toSatisfy((name) => name === undefined || name === login.toUpperCase());
      }),
      { numRuns: 2_000 },
    );
  });

  it('needs a verified email only when it is the email itself', () => {
    expect(() => readUsername({ email: 'dev@example.com' }, CORP)).toThrow(Fault);
    expect(readUsername({ login: 'dev@example.com' }, issuer)).toBe('dev@example.com');
  });
});
