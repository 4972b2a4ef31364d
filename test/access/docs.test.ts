import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { compilePolicy } from '../../lib/access/compile.ts';
import { decide } from '../../lib/access/decide.ts';
import type { AccessTarget } from '../../lib/access/decision.ts';
import { formatDiagnostic } from '../../lib/access/diagnostic.ts';
import type { Permission } from '../../lib/access/policy.ts';
import { indexPolicy } from '../../lib/access/policy-index.ts';
import { caller, NOW } from './policies.ts';

/**
 * Runs docs/access-policy.md. A `yaml` block is a whole policy, or grants for the first whole policy on the page. The
 * `text` block behind it holds either what the checker prints of it, or lines such as
 * `{ claims } asks role with { request } → allow by grant`.
 */
const PAGE = readFileSync(new URL('../../docs/access-policy.md', import.meta.url), 'utf8');

interface Example {
  readonly line: number;
  readonly source: string;
  readonly expected: readonly string[];
}

function examples(): Example[] {
  const blocks = [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((match) => ({
    line: PAGE.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }));
  const whole = blocks.find(({ text }) => text.startsWith('version:'))?.text ?? '';
  const head = whole.slice(0, whole.indexOf('grants:\n') + 'grants:\n'.length);
  return blocks.flatMap(({ line, language, text }, index) => {
    if (language !== 'yaml') return [];
    const next = blocks[index + 1];
    return [
      {
        line,
        source: text.startsWith('version:') ? text : head + text,
        expected: next?.language === 'text' ? next.text.trimEnd().split('\n') : [],
      },
    ];
  });
}

const EXAMPLES = examples();
const CHECKS = EXAMPLES.filter(({ expected }) => expected[0]?.startsWith('access.yml:'));
const DECISIONS = EXAMPLES.filter((example) => !CHECKS.includes(example));

describe('docs/access-policy.md', () => {
  it('has examples of everything', () => {
    expect(CHECKS.length).toBeGreaterThanOrEqual(3);
    expect(DECISIONS.length).toBeGreaterThanOrEqual(8);
    const fences = PAGE.match(/^```/gm)?.length ?? 0;
    const tested = EXAMPLES.length + EXAMPLES.filter(({ expected }) => expected.length > 0).length;
    expect(tested * 2).toBe(fences);
  });

  test.each(CHECKS)('line $line prints what it says', ({ source, expected }) => {
    const { diagnostics } = compilePolicy(source, 'access.yml');
    // The catalogue is the first policy's: roles that an example's grants leave out are not what it is about.
    const shown = diagnostics.filter(({ path }) => !path.startsWith('roles'));
    expect(shown.map(formatDiagnostic).join('\n').split('\n')).toEqual(expected);
  });

  test.each(DECISIONS)('line $line compiles and decides what it says', ({ source, expected }) => {
    const { policy, diagnostics } = compilePolicy(source, 'access.yml');
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    if (policy === undefined) throw new Error('no policy');
    const index = indexPolicy(policy);
    // Everybody is of `corp`, or of the first issuer where the policy has no `corp`.
    const issuer = index.issuers.has('corp') ? 'corp' : policy.issuers[0]?.name;
    expect(expected.length).toBeGreaterThan(0);
    for (const line of expected) {
      const [, claims, name = '', sent, outcome] =
        /^(\{.*?\}) asks (\S+?)(?: with (\{.*?\}))? → (.+)$/.exec(line) ?? [];
      const target: AccessTarget = name.includes(':')
        ? { kind: 'permission', permission: name as Permission }
        : { kind: 'role', role: name };
      const decision = decide(index, {
        ...(sent === undefined ? {} : parse(sent)),
        caller: { ...caller(parse(claims ?? '')), ...(issuer !== undefined && { issuer }) },
        target,
        now: NOW,
      });
      const seconds =
        decision.effect === 'allow' && decision.kind === 'role' ? ` for ${decision.durationSeconds} seconds` : '';
      const said = decision.effect === 'deny' ? `deny: ${decision.reason}` : `allow by ${decision.grant}`;
      expect(`${line} — ${outcome?.includes('seconds') ? said + seconds : said}`).toBe(`${line} — ${outcome}`);
    }
  });
});
