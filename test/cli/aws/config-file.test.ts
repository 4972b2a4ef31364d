import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BEGIN, END, type Profile, quoteProcessWord, updateConfig } from '../../../cli/aws/config-file.ts';

const PROFILES: readonly Profile[] = [
  { name: 'prod/ReadOnly', lines: ['credential_process = x'] },
  { name: 'prod/Admin', lines: ['credential_process = y', 'region = eu-central-1'] },
];
const ALL = { profiles: PROFILES, replaces: () => true };

describe('a file without a block', () => {
  test('gets one at its end', () => {
    expect(updateConfig('[default]\nregion = eu-west-1\n', ALL)).toBe(
      [
        '[default]',
        'region = eu-west-1',
        '# >>> daypass >>>',
        '# Written by `daypass configure`; changes in here are lost.',
        '[profile prod/ReadOnly]',
        'credential_process = x',
        '[profile prod/Admin]',
        'credential_process = y',
        'region = eu-central-1',
        '# <<< daypass <<<',
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['is empty', '', ''],
    ['does not end in a newline', '[default]', '[default]\n'],
    ['ends in CRLF', 'a\r\nb\r\n', 'a\r\nb\r\n'],
  ])('that %s keeps what is there', (_, content, start) => {
    const updated = updateConfig(content, ALL);
    expect(updated.startsWith(`${start}${BEGIN}`)).toBe(true);
    expect(/[^\r]\n/.test(updated)).toBe(!content.includes('\r'));
  });
});

describe('a file with a block', () => {
  test('has it replaced where it is', () => {
    const content = `before\n${BEGIN}\n[profile old]\ncredential_process = z\n${END}\n[profile after]\n`;
    const updated = updateConfig(content, ALL);
    expect(updated).not.toContain('old');
    expect(updated).toMatch(/^before\n# >>> daypass >>>\n/);
    expect(updated).toMatch(/\n# <<< daypass <<<\n\[profile after\]\n$/);
  });

  test('keeps the profiles that are not replaced', () => {
    const first = updateConfig('', ALL);
    const updated = updateConfig(first, {
      profiles: [{ name: 'new', lines: ['a = b'] }],
      replaces: (old) => old.name === 'prod/Admin',
    });
    expect(updated).toContain('[profile prod/ReadOnly]\ncredential_process = x\n[profile new]\na = b\n');
    expect(updated).not.toContain('Admin');
  });

  test('a profile of another broker in it is not taken over', () => {
    const first = updateConfig('', ALL);
    expect(() => updateConfig(first, { profiles: PROFILES, replaces: () => false })).toThrow(
      'already belongs to another broker',
    );
  });
});

describe('is refused', () => {
  test.each([
    ['a begin without an end', `${BEGIN}\n`],
    ['an end without a begin', `x\n${END}\n`],
    ['the end before the begin', `${END}\n${BEGIN}\n`],
    ['two blocks', `${BEGIN}\n${END}\n${BEGIN}\n${END}\n`],
    ['two begins', `${BEGIN}\n${BEGIN}\n${END}\n`],
    ['two ends', `${BEGIN}\n${END}\n${END}`],
  ])('a file with %s', (_, content) => {
    expect(() => updateConfig(content, ALL)).toThrow('not one pair');
  });

  test.each([
    '[profile prod/Admin]',
    '[ profile  prod/Admin ]',
    '[profile "prod/Admin"]',
    "  [profile 'prod/Admin']  # mine",
    '[profile\tprod/Admin]',
  ])('a profile that exists outside the block: %s', (line) => {
    expect(() => updateConfig(`${line}\nregion = x\n`, ALL)).toThrow('the profile prod/Admin is already there');
    expect(() => updateConfig(`${updateConfig('', ALL)}${line}\n`, ALL)).toThrow(
      'the profile prod/Admin is already there',
    );
  });
});

describe('whatever the file holds', () => {
  const line = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('latin1')),
    fc.constantFrom(
      '[default]',
      '[profile a]',
      '[profile b/c]',
      'region = x',
      '# >>> daypass',
      ' # >>> daypass >>>',
      '# <<< daypass <<< ',
      '',
      '\r',
    ),
  );
  const content = fc
    .array(line)
    .map((lines) => lines.join('\n'))
    .filter((text) => !text.includes(`${BEGIN}\n`));

  test('every byte outside the block stays, and doing it again changes nothing', () => {
    fc.assert(
      fc.property(content, content, (before, after) => {
        const once = updateConfig(before, ALL);
        expect(once.startsWith(before)).toBe(true);
        expect(updateConfig(once, ALL)).toBe(once);
        // The person goes on writing below the block; then roles change.
        const grown = `${once}${after}`;
        const other = { profiles: [PROFILES[0] as Profile], replaces: () => true };
        const twice = updateConfig(grown, other);
        expect(twice.startsWith(before)).toBe(true);
        expect(twice.endsWith(after)).toBe(true);
        expect(updateConfig(twice, ALL)).toBe(grown);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a word of a credential_process line', () => {
  test.each([
    ['/usr/bin/node', '/usr/bin/node'],
    ['/opt/my tools/node', '"/opt/my tools/node"'],
    ["/opt/it's/node", `"/opt/it's/node"`],
    ['/opt/ä/node', '"/opt/ä/node"'],
    ['/opt/(x86)/node&', '"/opt/(x86)/node&"'],
  ])('%s is written %s', (word, written) => {
    expect(quoteProcessWord(word)).toBe(written);
  });

  test.each(['/a"b', '/a$b', '/a`b', '/a\nb', '/a\\b', '/a #b', '/a ;b', '/a!b', '/a\u0000'])(
    '%j is refused: clients differ',
    (word) => {
      expect(() => quoteProcessWord(word)).toThrow('AWS clients do not agree');
    },
  );
});
