import { nearest } from '../../lib/nearest.ts';
import { BrokerClient, configuration } from '../broker/api.ts';
import { BROKER_OPTIONS, type Command, type Input } from '../command.ts';
import { type Context, signInContextOf } from '../context.ts';
import { spokenDuration } from '../duration.ts';
import { EXIT, Failure } from '../failure.ts';
import { hint, say, withProgress } from '../output.ts';
import { openBrowser } from '../sign-in/browser.ts';
import { listen } from '../sign-in/listener.ts';
import type { Tokens } from '../sign-in/oidc.ts';
import { signInLock } from '../sign-in/session.ts';
import { withLock } from '../store/lock.ts';
import { forgetSignIn, type LoginIssuer, type SignIn, writeSignIn } from '../store/sign-in.ts';

/** Milliseconds a person has in the browser. */
const PATIENCE = 300_000;

export const login: Command = {
  name: 'login',
  summary: 'sign in through the browser, or with --device on another device',
  usage: '[--device] [--issuer NAME]',
  description: [
    'Signs in at your identity provider and keeps the tokens on this machine, readable by you only.',
    'The sign-in is renewed by itself for as long as the identity provider allows.',
  ],
  options: {
    url: BROKER_OPTIONS.url,
    issuer: { value: 'NAME', help: 'which identity provider, if the broker trusts several' },
    device: { help: 'show a code to enter on another device instead of opening a browser here' },
    'no-browser': { help: 'only print the address to open' },
    fresh: { help: 'enter the password again even if the identity provider remembers you' },
    consent: { help: 'ask for consent, which some identity providers need to let a sign-in be renewed' },
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const context = signInContextOf(input);
    const { issuers } = await configuration(context, { anew: true });
    const issuer = choose(issuers, input.text('issuer'));
    const tokens = input.isSet('device') ? await withDevice(issuer) : await withBrowser(issuer, input);
    const signIn: SignIn = { version: 1, broker: context.broker, issuer, ...tokens };
    await withLock(
      context.home,
      signInLock(context.broker),
      () => undefined,
      async () => {
        writeSignIn(context.home, signIn);
      },
    );
    await confirm(context, signIn);
    return EXIT.ok;
  },
};

function choose(issuers: readonly LoginIssuer[], name: string | undefined): LoginIssuer {
  const names = issuers.map((issuer) => issuer.name);
  const only = issuers.length === 1 ? issuers[0] : undefined;
  const chosen = name === undefined ? only : issuers.find((issuer) => issuer.name === name);
  if (chosen !== undefined) return chosen;
  if (names.length === 0)
    throw new Failure('signIn', 'this broker trusts no identity provider that people sign in with');
  if (name === undefined) {
    throw new Failure('usage', `this broker trusts several identity providers: ${names.join(', ')}`, {
      hint: `\`daypass login --issuer ${names[0]}\``,
    });
  }
  const close = nearest(name, names);
  throw new Failure('usage', `this broker trusts no identity provider named ${name}`, {
    hint: close === undefined ? `there is ${names.join(', ')}` : `did you mean ${close}?`,
  });
}

async function withBrowser(issuer: LoginIssuer, input: Input): Promise<Tokens> {
  const { startCodeFlow } = await import('../sign-in/oidc.ts');
  const prompts = [...(input.isSet('fresh') ? ['login'] : []), ...(input.isSet('consent') ? ['consent'] : [])];
  const listener = await listen();
  try {
    const flow = await startCodeFlow(issuer, listener.redirectUri, prompts.join(' ') || undefined);
    const arrival = listener.next(flow.state);
    const opened = input.isSet('no-browser') ? false : await openBrowser(flow.url);
    say(
      opened ? 'continue in the browser; if it did not open, go to' : 'open this address in a browser on this machine',
    );
    say(flow.url.href);
    const redirect = await withProgress('waiting for the browser', withDeadline(arrival));
    try {
      const tokens = await flow.finish(redirect.url);
      redirect.answer(true);
      return tokens;
    } catch (thrown) {
      redirect.answer(false);
      throw thrown;
    }
  } finally {
    listener.close();
  }
}

function withDeadline<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Failure('signIn', 'nobody finished the sign-in in time', { hint: '`daypass login` starts over' }));
    }, PATIENCE);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function withDevice(issuer: LoginIssuer): Promise<Tokens> {
  const { startDeviceFlow } = await import('../sign-in/oidc.ts');
  const flow = await startDeviceFlow(issuer);
  say(`open ${flow.verificationUri}`);
  say(`and enter the code ${flow.userCode} within ${spokenDuration(flow.expiresIn)}`);
  // RFC 8628 §5.4: the remedy for phishing with device codes is a person who knows what a code is.
  hint('never enter a code that somebody sent you, and send this one to nobody');
  return withProgress('waiting for the other device', flow.finish());
}

/** Asks the broker who this is: the earliest moment at which a token it will not accept can be told. */
async function confirm(context: Context, signIn: SignIn): Promise<void> {
  const lasts = spokenDuration(signIn.expiresAt - context.now() / 1000);
  try {
    const { username, issuer } = await new BrokerClient(context, signIn.idToken).whoami();
    say(`signed in as ${username} (${issuer})`);
  } catch (thrown) {
    if (!Failure.is(thrown) || thrown.kind !== 'unavailable') {
      forgetSignIn(context.home, context.broker);
      throw thrown;
    }
    say(`signed in, but the broker could not be asked as whom: ${thrown.message}`);
  }
  if (signIn.refreshToken === undefined) {
    say(`the identity provider gave no refresh token: this sign-in lasts ${lasts}`);
    if (signIn.issuer.scopes.includes('offline_access')) hint('try `daypass login --consent`');
  }
  if (process.env['DAYPASS_TOKEN']) hint('DAYPASS_TOKEN is set and goes before this sign-in');
}
