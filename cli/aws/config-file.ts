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

/** One profile of ours. */
export interface Profile {
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
  const outside = new Set([...profileNames(before), ...profileNames(after)]);
  const kept = parseBlock(inside).filter((old) => !update.replaces(old));
  for (const { name } of update.profiles) {
    if (outside.has(name)) throw taken(name, 'is already there, and not written by daypass');
    if (kept.some((old) => old.name === name)) throw taken(name, 'already belongs to another broker');
  }
  const profiles = [...kept, ...update.profiles];
  const sections = profiles.flatMap((profile) => [heading(profile.name), ...profile.lines]);
  const block = [BEGIN, NOTE, ...sections, END].join(newline);
  if (inside !== undefined) return `${before}${block}${after}`;
  const gap = before === '' || before.endsWith('\n') ? '' : newline;
  return `${before}${gap}${block}${newline}`;
}

/** CRLF where every line ends so. A block keeps its own, whatever is written around it. */
function newlineOf(text: string): string {
  return text.includes('\r\n') && !/(^|[^\r])\n/.test(text) ? '\r\n' : '\n';
}

function taken(name: string, why: string): Failure {
  return new Failure('local', `the profile ${name} ${why}`, {
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
  const profiles: { name: string; lines: string[] }[] = [];
  for (const line of (inside ?? '').split(/\r?\n/)) {
    const name = profileName(line);
    if (name !== undefined) profiles.push({ name, lines: [] });
    else if (line !== END && line !== '') profiles.at(-1)?.lines.push(line);
  }
  return profiles;
}

function profileNames(text: string): string[] {
  return text.split('\n').flatMap((line) => profileName(line) ?? []);
}

/** `[profile name]`, `[profile "name"]` and `[default]`, as loosely as any AWS client reads them. */
function profileName(line: string): string | undefined {
  const match = /^\s*\[\s*(?:(default)|profile\s+(.*?))\s*\]/.exec(line);
  const name = match?.[1] ?? match?.[2];
  return name?.replace(/^(["'])(.*)\1$/, '$2');
}

function heading(name: string): string {
  return `[profile ${name}]`;
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
