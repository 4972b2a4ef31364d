import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { simulate } from '../../lib/iam/simulation.ts';
import type { Json } from '../../lib/json.ts';

/** Runs docs/iam.md and docs/iam-ideas.md: a `json` block is a question, the `text` block behind it the answer. */

interface Example {
  readonly line: number;
  readonly question: string;
  readonly answer: readonly string[];
}

function read(page: string): { readonly text: string; readonly examples: readonly Example[] } {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const found = [...text.matchAll(/^```json\n(.*?)^```\n\n```text\n(.*?)^```$/gms)];
  const examples = found.map(({ index, 1: question = '', 2: answer = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    question,
    answer: answer.trimEnd().split('\n'),
  }));
  return { text, examples };
}

describe.each([
  ['iam.md', 13],
  ['iam-ideas.md', 11],
])('docs/%s', (page, count) => {
  const { text, examples } = read(page);

  it('has an answer to every question', () => {
    expect(examples.length).toBe(count);
    expect(text.match(/^```(json|text)$/gm)?.length).toBe(count * 2);
  });

  test.each(examples)('line $line is answered as it says', ({ question, answer }) => {
    const { result, problems } = simulate(JSON.parse(question) as Json, { explain: true });
    expect(problems).toEqual([]);
    expect(result?.explanation).toEqual(answer);
  });
});
