import { describe, expect, it, test } from 'vitest';
import { loadServiceData } from '../../../cli/service-data.ts';
import { POLICY_KINDS } from '../../../lib/iam/document.ts';
import { LINT_SEVERITIES } from '../../../lib/iam/lint/finding.ts';
import { lintText } from '../../../lib/iam/lint/lint-text.ts';
import { documentOf, SAMPLES, type Sample, type SampleName } from './corpus.ts';
import { MUTATIONS } from './mutations.ts';

const data = await loadServiceData();
const samples: Readonly<Record<SampleName, Sample>> = SAMPLES;

function lint(document: unknown, kind: Sample['kind']) {
  return lintText(JSON.stringify(document, undefined, 2), kind, data).findings;
}

describe('policies as people write them', () => {
  it('are at least forty, of every kind', () => {
    expect(Object.keys(samples).length).toBeGreaterThanOrEqual(40);
    expect(new Set(Object.values(samples).map(({ kind }) => kind))).toEqual(new Set(POLICY_KINDS));
  });

  test.each(Object.entries(samples))('%s has nothing to be said of', (_name, sample) => {
    expect(lint(documentOf(sample), sample.kind)).toEqual([]);
  });
});

describe('a mistake that was planted', () => {
  it('is one of at least eighty', () => expect(MUTATIONS.length).toBeGreaterThanOrEqual(80));

  it('is of every code that is about a parsed document', () => {
    // Of these the text is what is wrong, see lint-text.test.ts.
    const ofTheText = ['encoding_invalid', 'json_duplicate_member', 'json_too_deep'];
    const planted = new Set<string>([...MUTATIONS.map(({ code }) => code), ...ofTheText]);
    expect(Object.keys(LINT_SEVERITIES).filter((code) => !planted.has(code))).toEqual([]);
  });

  test.each(MUTATIONS.map((mutation) => ({ ...mutation, shown: JSON.stringify(mutation.value)?.slice(0, 60) })))(
    '$code: $sample with $shown',
    ({ sample, path, value, code, at = path, hint }) => {
      const { kind } = samples[sample];
      const document = structuredClone(documentOf(samples[sample]));
      put(document, full(path), value);
      const found = lint(document, kind).filter((finding) => finding.code === code);
      expect(found.map((finding) => finding.path)).toContainEqual(full(at));
      if (hint === undefined) return;
      expect(found.some((finding) => hint.test(finding.hint ?? ''))).toBe(true);
    },
  );
});

/** From the document's root. */
function full(path: readonly (string | number)[]): readonly (string | number)[] {
  return path[0] === '$' ? path.slice(1) : ['Statement', 0, ...path];
}

function put(document: unknown, path: readonly (string | number)[], value: unknown): void {
  let target = document as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) target = target[step] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete target[last];
  else target[last] = value;
}
