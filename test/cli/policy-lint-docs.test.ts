import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tally } from '../../cli/policy/diagnostics.ts';
import { loadServiceData } from '../../cli/service-data.ts';
import { type Diagnostic, formatDiagnostic } from '../../lib/access/diagnostic.ts';
import { LINT_SEVERITIES } from '../../lib/iam/lint/finding.ts';
import { lintText } from '../../lib/iam/lint/lint-text.ts';
import { POLICY_PROBLEM_CODES } from '../../lib/iam/policy-problem.ts';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/policy-lint.md', import.meta.url)), 'utf8');

describe('docs/policy-lint.md', () => {
  it('lists every code that there is, with its severity, and no other', () => {
    const rows = [...PAGE.matchAll(/^\| `(\w+)` *\| (\w+) *\|/gm)].map(([, code, severity]) => [code, severity]);
    const codes = {
      ...Object.fromEntries(POLICY_PROBLEM_CODES.map((code) => [code, 'error'])),
      ...LINT_SEVERITIES,
    };
    expect(new Set(rows.map(([code]) => code)).size).toBe(rows.length);
    expect(Object.fromEntries(rows)).toEqual(codes);
  });

  it('shows what the command prints of its examples', async () => {
    const data = await loadServiceData();
    const examples = [...PAGE.matchAll(/^`(\w+\.json)`:\n\n```json\n(.*?)^```$/gms)];
    expect(examples.length).toBe(2);
    const transcript = /^```console\n(.*?)^```$/ms.exec(PAGE)?.[1] ?? '';
    const all: Diagnostic[] = [];
    for (const [, file = '', text = ''] of examples) {
      const found = lintText(text, undefined, data).findings.map(
        (finding): Diagnostic => ({ ...finding, file, path: '' }),
      );
      all.push(...found);
      for (const diagnostic of found) expect(transcript).toContain(`${formatDiagnostic(diagnostic)}\n`);
      expect(transcript).toContain(`: ${tally(found)}\n`);
    }
    expect(transcript.match(/^\S+\.json:\d+:\d+: /gm)?.length).toBe(all.length);
  });
});
