import { BrokerClient } from '../broker/api.ts';
import type { Context } from '../context.ts';
import { spokenDuration } from '../duration.ts';
import { Failure } from '../failure.ts';
import { readSignIn } from '../store/sign-in.ts';
import type { Check, Finding } from './finding.ts';
import { asFinding } from './run-checks.ts';
import type { Surroundings } from './surroundings.ts';

/** Who is signed in, until when, and whether the broker takes the token. It is never renewed here, and never shown. */
export function signInCheck(surroundings: Surroundings): Check {
  return { name: 'sign-in', run: async () => [await checkSignIn(surroundings)] };
}

async function checkSignIn({ context }: Surroundings): Promise<Finding> {
  const check = 'sign-in';
  if (context === undefined) return { check, status: 'skipped', message: 'there is no broker to be signed in at' };
  const { readyToken } = context;
  if (readyToken !== undefined) return accepted(context, readyToken.token, readyToken.source);
  const signIn = readSignIn(context.home, context.broker);
  if (signIn === undefined) {
    const message = `nobody is signed in at ${context.broker}`;
    return { check, status: 'warning', message, hint: '`daypass login` signs in' };
  }
  const left = Math.floor(signIn.expiresAt - context.now() / 1000);
  const who = `${signIn.subject} at ${signIn.issuer.name}`;
  if (left > 0) return accepted(context, signIn.idToken, `the sign-in of ${who}, which lasts ${spokenDuration(left)}`);
  if (signIn.refreshToken !== undefined) {
    return { check, status: 'ok', message: `${who}; the token has ended and is renewed when it is needed` };
  }
  return {
    check,
    status: 'warning',
    message: `the sign-in of ${who} has ended`,
    hint: '`daypass login` signs in again',
  };
}

async function accepted(context: Context, token: string, source: string): Promise<Finding> {
  const check = 'sign-in';
  try {
    const { username, expiresAt } = await new BrokerClient(context, token).whoami();
    return { check, status: 'ok', message: `the broker takes ${source} for ${username}; the token ends ${expiresAt}` };
  } catch (thrown) {
    const finding = asFinding(check, undefined, thrown);
    const refused = Failure.is(thrown) && thrown.kind === 'signIn';
    const message = refused ? `the broker does not accept ${source}: ${finding.message}` : finding.message;
    return { ...finding, message };
  }
}
