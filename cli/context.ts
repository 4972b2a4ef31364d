import { readFileSync } from 'node:fs';
import { brokerUrl } from './address.ts';
import type { Input } from './command.ts';
import { Failure, reasonOf } from './failure.ts';
import { homeDirectory } from './store/home.ts';
import { type TokenIdentity, tokenIdentity } from './token.ts';

/** A JWT that was handed to the command ready made, as in CI. */
export interface ReadyToken extends TokenIdentity {
  readonly token: string;
  /** Where it came from, for messages. */
  readonly source: string;
}

/** What every command that talks to a broker needs to know. */
export interface Context {
  /** Normal form of `brokerUrl()`. */
  readonly broker: string;
  readonly home: string;
  readonly readyToken: ReadyToken | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * For a command that takes `BROKER_OPTIONS`.
 *
 * @throws Failure `usage` without a broker, `local` without a home or with a token file that cannot be read,
 *   `signIn` with a token that is none
 */
export function contextOf(input: Input): Context {
  return { ...signInContextOf(input), readyToken: givenToken(input) };
}

/**
 * For a command that is about the stored sign-in itself: a ready-made token has no say in it.
 *
 * @throws Failure `usage` without a broker, `local` without a home
 */
export function signInContextOf(input: Input): Context {
  const { env } = process;
  return {
    broker: findBroker(input.text('url'), env),
    home: findHome(env),
    readyToken: undefined,
    now: Date.now,
  };
}

function findBroker(option: string | undefined, env: NodeJS.ProcessEnv): string {
  const text = option ?? env['DAYPASS_URL'];
  const name = option === undefined ? 'DAYPASS_URL' : '--url';
  if (!text) {
    throw new Failure('usage', 'which broker? DAYPASS_URL is not set', {
      hint: 'export DAYPASS_URL=https://daypass.example.com (your operators know the address)',
    });
  }
  const address = brokerUrl(text);
  if ('problem' in address) throw new Failure('usage', `${name} ${address.problem}`);
  return address.url;
}

function findHome(env: NodeJS.ProcessEnv): string {
  const home = homeDirectory(env);
  if (home !== undefined) return home;
  throw new Failure('local', 'there is no place for files: neither DAYPASS_HOME nor HOME is set');
}

/** The token of `--token-file`, else of DAYPASS_TOKEN. @throws Failure `local`, `signIn` as `contextOf` */
export function givenToken(input: Input): ReadyToken | undefined {
  const file = input.text('token-file');
  if (file !== undefined) return readyToken(readTokenFile(file), `the file ${file}`);
  const given = process.env['DAYPASS_TOKEN'];
  return given ? readyToken(given, 'DAYPASS_TOKEN') : undefined;
}

/**
 * A token that somebody handed over.
 *
 * @param source where it came from, for messages
 * @throws Failure `signIn` when it is none
 */
export function readyToken(text: string, source: string): ReadyToken {
  // A file ends in a newline more often than not; the newline is not part of the token.
  const token = text.trim();
  const identity = tokenIdentity(token);
  if (identity === undefined) {
    throw new Failure('signIn', `${source} does not hold a JWT`, {
      hint: 'three base64url parts joined by dots, with `iss` and `sub` inside, and nothing else',
    });
  }
  return { ...identity, token, source };
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new Failure('local', `the token file ${file} cannot be read (${reasonOf(thrown)})`);
  }
}
