import { Failure } from '../failure.ts';

/**
 * A program and its arguments, cut at blanks that are not between quotes: `firefox -P work`,
 * `open -na "Google Chrome" --args --profile-directory=Work`. No shell is involved, and a backslash is a backslash, as
 * in paths of Windows.
 *
 * @param source where the text comes from, for messages
 * @throws Failure `usage` when it names no program or a quote does not end
 */
export function browserCommand(text: string, source: string): [string, ...string[]] {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const [word = ''] = /^(?:"[^"]*"|'[^']*'|[^\s"'])+/.exec(rest) ?? [];
    if (word === '' || /^["']/.test(rest.slice(word.length))) {
      throw new Failure('usage', `${source} has a quote that does not end: ${text}`);
    }
    words.push(word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
    rest = rest.slice(word.length).trimStart();
  }
  const [program, ...args] = words;
  if (program === undefined || program === '') throw new Failure('usage', `${source} names no program`);
  return [program, ...args];
}
