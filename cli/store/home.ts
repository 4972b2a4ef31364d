import { sha256 } from './sha256.ts';

/**
 * Where the command keeps its files. Everything below is 0700 and 0600:
 *
 *     sign-in/<sha256 of broker>.json         the tokens of one sign-in per broker
 *     configuration/<sha256 of broker>.json   what the broker said about itself, for a day
 *     credentials/<key>.json                  one cached session
 *     lock/<name>.lock                        held while one process asks for the others
 *
 * @param env `DAYPASS_HOME`, else `$XDG_STATE_HOME/daypass`, else `~/.local/state/daypass`
 */
export function homeDirectory(env: NodeJS.ProcessEnv): string | undefined {
  if (env['DAYPASS_HOME']) return env['DAYPASS_HOME'];
  const state = env['XDG_STATE_HOME'];
  // The XDG base directory specification: a relative path is invalid and is ignored.
  if (state?.startsWith('/')) return `${state}/daypass`;
  const user = env['HOME'] || env['USERPROFILE'];
  return user ? `${user}/.local/state/daypass` : undefined;
}

/** Which session a cached file is for. Two identities never share one. */
export interface CredentialsKey {
  /** Normal form of `brokerUrl()`. */
  readonly broker: string;
  readonly role: string;
  /** Seconds asked for; null when it was left to the broker. */
  readonly durationSeconds: number | null;
  /** `iss` and `sub` of the token. */
  readonly issuer: string;
  readonly subject: string;
}

export function credentialsPath(home: string, key: CredentialsKey): string {
  return `${home}/credentials/${credentialsName(key)}.json`;
}

/** SHA-256 over a JSON array: unlike joined text, no two keys can spell the same. */
export function credentialsName(key: CredentialsKey): string {
  return sha256(JSON.stringify([key.broker, key.role, key.durationSeconds, key.issuer, key.subject]));
}

export function signInPath(home: string, broker: string): string {
  return `${home}/sign-in/${sha256(broker)}.json`;
}

export function configurationPath(home: string, broker: string): string {
  return `${home}/configuration/${sha256(broker)}.json`;
}

export function lockPath(home: string, name: string): string {
  return `${home}/lock/${name}.lock`;
}
