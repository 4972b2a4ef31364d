import type { ClientConfiguration } from '../../lib/http/contract.ts';
import { Failure } from '../failure.ts';
import { signInPath } from './home.ts';
import { readPrivate, removePrivate, writePrivate } from './private-file.ts';

export type LoginIssuer = ClientConfiguration['issuers'][number];

/** One sign-in at one broker, as it stands in the file. */
export interface SignIn {
  readonly version: 1;
  /** Normal form of `brokerUrl()`. */
  readonly broker: string;
  readonly issuer: LoginIssuer;
  /** The ID token's `sub`. */
  readonly subject: string;
  readonly idToken: string;
  /** The ID token's `exp`, epoch seconds. */
  readonly expiresAt: number;
  readonly refreshToken?: string | undefined;
}

/** The stored sign-in, or undefined when nobody is signed in at this broker. */
export function readSignIn(home: string, broker: string): SignIn | undefined {
  const path = signInPath(home, broker);
  const text = readPrivate(path);
  if (text === undefined) return undefined;
  try {
    const signIn = JSON.parse(text) as SignIn;
    const texts = [signIn.subject, signIn.idToken, signIn.issuer.name, signIn.issuer.issuer, signIn.issuer.clientId];
    const whole = texts.every((member) => typeof member === 'string' && member !== '');
    if (signIn.version === 1 && signIn.broker === broker && whole && Number.isFinite(signIn.expiresAt)) return signIn;
  } catch {
    // Told below, together with a file that is JSON but not ours.
  }
  throw new Failure('local', `the stored sign-in is damaged: ${path}`, { hint: '`daypass login` replaces it' });
}

export function writeSignIn(home: string, signIn: SignIn): void {
  writePrivate(home, signInPath(home, signIn.broker), `${JSON.stringify(signIn)}\n`);
}

export function forgetSignIn(home: string, broker: string): void {
  removePrivate(signInPath(home, broker));
}
