import { readFileSync } from 'node:fs';
import { brokerUrl } from './address.ts';
import { parseDuration } from './duration.ts';
import { writeOut } from './output.ts';
import { credentialProcessDocument, freshness, readCached } from './store/credentials.ts';
import { homeDirectory } from './store/home.ts';
import { readSignIn } from './store/sign-in.ts';
import { type TokenIdentity, tokenIdentity } from './token.ts';

/**
 * `daypass credentials ROLE` when the answer is already on disk. An SDK runs this at the start of every program,
 * so it loads nothing but `node:fs` and decides nothing: whatever is not plainly a fresh session in the cache
 * (an option it does not know, a damaged file, nobody signed in) is left to the full program, which also finds
 * the words for what is wrong.
 *
 * @param args the command line without `node` and the program
 * @returns true when the document was printed
 */
export function printFreshCredentials(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  try {
    const asked = parse(args);
    const home = homeDirectory(env);
    const address = brokerUrl(asked?.url ?? env['DAYPASS_URL'] ?? '');
    if (asked === undefined || home === undefined || 'problem' in address) return false;
    const broker = address.url;
    const identity = identify(asked.tokenFile, env['DAYPASS_TOKEN'], home, broker);
    if (identity === undefined) return false;
    const { issuer, subject } = identity;
    const key = { broker, role: asked.role, durationSeconds: asked.durationSeconds, issuer, subject };
    const cached = readCached(home, key, () => undefined);
    if (cached === undefined || freshness(cached.answer, Date.now()) !== 'fresh') return false;
    writeOut(credentialProcessDocument(cached.answer));
    return true;
  } catch {
    return false;
  }
}

interface Asked {
  readonly role: string;
  readonly durationSeconds: number | null;
  readonly url?: string;
  readonly tokenFile?: string;
}

/** Only the options that a `credential_process` line carries, spelt `--name value`. */
function parse(args: readonly string[]): Asked | undefined {
  const [command, role, ...options] = args;
  if ((command !== 'credentials' && command !== 'credential-process') || role === undefined) return undefined;
  if (role.startsWith('-') || options.length % 2 !== 0) return undefined;
  let asked: Asked = { role, durationSeconds: null };
  for (let index = 0; index < options.length; index += 2) {
    const value = options[index + 1] ?? '';
    if (value === '' || value.startsWith('-')) return undefined;
    if (options[index] === '--url') asked = { ...asked, url: value };
    else if (options[index] === '--token-file') asked = { ...asked, tokenFile: value };
    else if (options[index] === '--duration') {
      const durationSeconds = parseDuration(value);
      if (durationSeconds === undefined) return undefined;
      asked = { ...asked, durationSeconds };
    } else return undefined;
  }
  return asked;
}

function identify(
  tokenFile: string | undefined,
  token: string | undefined,
  home: string,
  broker: string,
): TokenIdentity | undefined {
  if (tokenFile !== undefined) return tokenIdentity(readFileSync(tokenFile, 'utf8').trim());
  if (token) return tokenIdentity(token.trim());
  const signIn = readSignIn(home, broker);
  return signIn && { issuer: signIn.issuer.issuer, subject: signIn.subject };
}
