import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { say } from '../output.ts';
import { withLock } from '../store/lock.ts';
import { sha256 } from '../store/sha256.ts';
import { readSignIn, type SignIn, writeSignIn } from '../store/sign-in.ts';
import type { TokenIdentity } from '../token.ts';

/** Seconds before its end from which a token is renewed: a request may wait and clocks differ. */
const RENEW_AHEAD = 120;

/** Who the next request will be made as, without asking anybody. @throws Failure `signIn` when nobody is signed in */
export function currentIdentity(context: Context): TokenIdentity {
  if (context.readyToken !== undefined) return context.readyToken;
  const signIn = requireSignIn(context);
  return { issuer: signIn.issuer.issuer, subject: signIn.subject };
}

/** A token the broker should accept: the ready one as it is, or the stored one, renewed when it is about to end. */
export async function currentToken(context: Context): Promise<string> {
  if (context.readyToken !== undefined) return context.readyToken.token;
  return (await currentSignIn(context)).idToken;
}

async function currentSignIn(context: Context): Promise<SignIn> {
  const lasting = (): SignIn | undefined => {
    const signIn = requireSignIn(context);
    return secondsLeft(context, signIn) > RENEW_AHEAD ? signIn : undefined;
  };
  // Refresh tokens are often good for one use: two processes that use the same one may be signed out for it.
  return lasting() ?? withLock(context.home, signInLock(context.broker), lasting, () => renew(context));
}

/** Name of the lock that whoever changes the stored sign-in holds. */
export function signInLock(broker: string): string {
  return `sign-in-${sha256(broker)}`;
}

async function renew(context: Context): Promise<SignIn> {
  const signIn = requireSignIn(context);
  const left = secondsLeft(context, signIn);
  if (signIn.refreshToken === undefined) {
    if (left > 0) return signIn;
    throw new Failure('signIn', 'the sign-in has ended', { hint: '`daypass login` signs in again' });
  }
  const { refreshTokens } = await import('./oidc.ts');
  try {
    const tokens = await refreshTokens(signIn.issuer, signIn.refreshToken, signIn.subject);
    const renewed: SignIn = { ...signIn, ...tokens };
    writeSignIn(context.home, renewed);
    return renewed;
  } catch (thrown) {
    if (!Failure.is(thrown)) throw thrown;
    if (thrown.kind === 'unavailable' && left > 0) {
      say(`the sign-in could not be renewed: ${thrown.message}; it still lasts ${left} s`);
      return signIn;
    }
    if (thrown.kind !== 'signIn') throw thrown;
    throw new Failure('signIn', `the sign-in has ended: ${thrown.message}`, {
      hint: '`daypass login` signs in again',
      cause: thrown,
    });
  }
}

function requireSignIn(context: Context): SignIn {
  const signIn = readSignIn(context.home, context.broker);
  if (signIn !== undefined) return signIn;
  throw new Failure('signIn', `nobody is signed in at ${context.broker}`, {
    hint: '`daypass login` signs in; in CI, set DAYPASS_TOKEN or use --token-file',
  });
}

function secondsLeft(context: Context, signIn: SignIn): number {
  return Math.floor(signIn.expiresAt - context.now() / 1000);
}
