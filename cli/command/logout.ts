import { BROKER_OPTIONS, type Command } from '../command.ts';
import { type Context, signInContextOf } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';
import { hint, say, withProgress } from '../output.ts';
import { signInLock } from '../sign-in/session.ts';
import { forgetCached } from '../store/forget.ts';
import { withLock } from '../store/lock.ts';
import { forgetSignIn, readSignIn, type SignIn } from '../store/sign-in.ts';
import { counted } from '../text.ts';

export const logout: Command = {
  name: 'logout',
  summary: 'forget the sign-in and all cached credentials of a broker',
  usage: '',
  description: [
    'Removes the tokens and every cached session of the broker from this machine, and tells the identity',
    'provider that the refresh token is no longer good, where it offers that. Sessions that programs already',
    'hold stay good until they expire.',
  ],
  options: { url: BROKER_OPTIONS.url },
  positionals: { names: [], required: 0 },
  async run(input) {
    const context = signInContextOf(input);
    const signIn = await withLock(
      context.home,
      signInLock(context.broker),
      () => undefined,
      async () => {
        const found = readWhatCanBeRead(context);
        forgetSignIn(context.home, context.broker);
        return found;
      },
    );
    const sessions = forgetCached(context.home, context.broker);
    const what = signIn === undefined ? 'nobody was signed in' : 'signed out';
    say(`${what} at ${context.broker}; ${counted(sessions, 'cached session')} removed`);
    if (signIn?.refreshToken !== undefined) await revoke(signIn, signIn.refreshToken);
    return EXIT.ok;
  },
};

/** A damaged or unsafe file is what logging out should get rid of, so it must not stop it. */
function readWhatCanBeRead(context: Context): SignIn | undefined {
  try {
    return readSignIn(context.home, context.broker);
  } catch (thrown) {
    if (!Failure.is(thrown)) throw thrown;
    say(thrown.message);
    return undefined;
  }
}

async function revoke(signIn: SignIn, refreshToken: string): Promise<void> {
  const { revokeToken } = await import('../sign-in/oidc.ts');
  try {
    const revoked = await withProgress('waiting for the identity provider', revokeToken(signIn.issuer, refreshToken));
    say(revoked ? 'the identity provider has revoked the refresh token' : 'the identity provider offers no revocation');
  } catch (thrown) {
    if (!Failure.is(thrown)) throw thrown;
    say(`the refresh token is forgotten here, but could not be revoked: ${thrown.message}`);
    hint('it ends by itself; your identity provider’s page of sessions can end it at once');
  }
}
