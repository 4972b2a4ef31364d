import { Failure } from '../failure.ts';

/**
 * Our part of the AWS config file. Only what is between the two markers is ever written:
 *
 *     # >>> daypass >>>
 *     # Written by `daypass configure`; changes in here are lost.
 *     [profile prod/ReadOnly]
 *     credential_process = /usr/bin/node /opt/daypass.cjs credentials prod/ReadOnly --url https://…
 *     # <<< daypass <<<
 *
 * The file is a string of bytes (`latin1`), because what is not ours need not be UTF-8 and must come out as it
 * went in. Pure: text in, text out.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export const BEGIN = '# >>> daypass >>>';
export const END = '# <<< daypass <<<';
const NOTE = '# Written by `daypass configure`; changes in here are lost.';

/** One section of ours: a profile, unless it says otherwise. */
export interface Profile {
  readonly kind?: 'sso-session' | 'services';
  readonly name: string;
  /** The lines under the heading, without it. */
  readonly lines: readonly string[];
}

export interface Update {
  /** The profiles that have to be in the block, in order. */
  readonly profiles: readonly Profile[];
  /** Which of the profiles already in the block are dropped unless they are among the new ones. */
  readonly replaces: (profile: Profile) => boolean;
}

/**
 * The file's new content. Everything outside the block is the same, byte for byte; a file without a block gets
 * one at its end. Applying the same update again changes nothing.
 *
 * @throws Failure `local` when the markers are not one pair in order, or a profile exists outside the block
 */
export function updateConfig(content: string, update: Update): string {
  const { before, inside, after } = split(content);
  const newline = newlineOf(inside ?? content);
  const outside = new Set([...sectionKeys(before), ...sectionKeys(after)]);
  const kept = parseBlock(inside).filter((old) => !update.replaces(old));
  for (const profile of update.profiles) {
    const key = keyOf(profile);
    if (outside.has(key)) throw taken(profile, 'is already there, and not written by daypass');
    if (kept.some((old) => keyOf(old) === key)) throw taken(profile, 'already belongs to another broker');
  }
  const profiles = [...kept, ...update.profiles];
  const sections = profiles.flatMap((profile) => [`[${keyOf(profile)}]`, ...profile.lines]);
  const block = [BEGIN, NOTE, ...sections, END].join(newline);
  if (inside !== undefined) return `${before}${block}${after}`;
  const gap = before === '' || before.endsWith('\n') ? '' : newline;
  return `${before}${gap}${block}${newline}`;
}

/** CRLF where every line ends so. A block keeps its own, whatever is written around it. */
function newlineOf(text: string): string {
  return text.includes('\r\n') && !/(^|[^\r])\n/.test(text) ? '\r\n' : '\n';
}

function taken({ kind, name }: Profile, why: string): Failure {
  return new Failure('local', `the ${kind ?? 'profile'} ${name} ${why}`, {
    hint: 'give the profiles another name with --prefix, or choose roles with --role',
  });
}

interface Parts {
  readonly before: string;
  /** From marker to marker, both included; undefined when there is no block. */
  readonly inside: string | undefined;
  readonly after: string;
}

function split(content: string): Parts {
  const begins = markers(content, BEGIN);
  const ends = markers(content, END);
  const [begin] = begins;
  const [end] = ends;
  if (begin === undefined && end === undefined) return { before: content, inside: undefined, after: '' };
  if (begins.length === 1 && ends.length === 1 && begin !== undefined && end !== undefined && begin < end) {
    const stop = end + END.length;
    return { before: content.slice(0, begin), inside: content.slice(begin, stop), after: content.slice(stop) };
  }
  const counts = `${begins.length} × “${BEGIN}” and ${ends.length} × “${END}”`;
  throw new Failure('local', `the file has ${counts}, not one pair`, {
    hint: 'leave one pair of them, in this order, or remove both; nothing was changed',
  });
}

/** Where the marker stands alone on a line. */
function markers(content: string, marker: string): number[] {
  const found: number[] = [];
  for (let at = content.indexOf(marker); at >= 0; at = content.indexOf(marker, at + 1)) {
    const startsLine = at === 0 || content[at - 1] === '\n';
    const rest = content.slice(at + marker.length, at + marker.length + 2);
    if (startsLine && (rest === '' || rest[0] === '\n' || rest === '\r\n')) found.push(at);
  }
  return found;
}

function parseBlock(inside: string | undefined): Profile[] {
  const profiles: (Profile & { lines: string[] })[] = [];
  for (const line of (inside ?? '').split(/\r?\n/)) {
    const section = sectionOf(line);
    if (section !== undefined) profiles.push({ ...section, lines: [] });
    else if (line !== END && line !== '') profiles.at(-1)?.lines.push(line);
  }
  return profiles;
}

function sectionKeys(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const section = sectionOf(line);
    return section === undefined ? [] : [keyOf(section)];
  });
}

/** `[profile name]`, `[profile "name"]`, `[default]` and the like, as loosely as any AWS client reads them. */
function sectionOf(line: string): Omit<Profile, 'lines'> | undefined {
  const match = /^\s*\[\s*(?:(default)|(profile|sso-session|services)\s+(.*?))\s*\]/.exec(line);
  const name = (match?.[1] ?? match?.[3])?.replace(/^(["'])(.*)\1$/, '$2');
  if (name === undefined) return undefined;
  const kind = match?.[2];
  return kind === 'sso-session' || kind === 'services' ? { kind, name } : { name };
}

/** Its heading, without brackets: what no two sections may have in common. */
function keyOf({ kind, name }: Omit<Profile, 'lines'>): string {
  return `${kind ?? 'profile'} ${name}`;
}

/**
 * A word of a `credential_process` line. Python splits the line itself (`shlex`), most others give it to `sh`;
 * double quotes around a word without `"`, `\`, `$` and `` ` `` mean the same to all of them, and to Windows.
 *
 * @throws Failure `local` for a word that clients would read differently
 */
export function quoteProcessWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  // ` #` and ` ;` start a comment for some readers of the file, quotes or not.
  if (/["$`!\p{Cc}]|\s[#;]/u.test(word) || (word.includes('\\') && process.platform !== 'win32')) {
    throw new Failure('local', `AWS clients do not agree on how to read the path ${word}`, {
      hint: 'install daypass and node in directories with plain names',
    });
  }
  return `"${word}"`;
}
