import { describe, expect, it, test } from 'vitest';
import { isMap, isScalar, isSeq, LineCounter, parseDocument as parseYaml } from 'yaml';
import { loadServiceData } from '../../../cli/service-data.ts';
import { MAX_FINDINGS } from '../../../lib/iam/lint/finding.ts';
import { lintText } from '../../../lib/iam/lint/lint-text.ts';
import { formatPath } from '../../../lib/iam/policy-problem.ts';
import { INVALID_DOCUMENTS, INVALID_STATEMENTS, S, V } from '../invalid-documents.ts';

const data = await loadServiceData();

/**
 * Where a path leads, by another reader of JSON: the places of the last step's name and value that exist.
 */
function placesOf(text: string, path: readonly (string | number)[]): string[] {
  const lines = new LineCounter();
  let node: unknown = parseYaml(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false }).contents;
  const shown = (target: unknown): string => {
    const { line, col } = lines.linePos((target as { range: [number] }).range[0]);
    return `${line}:${col}`;
  };
  let places = [shown(node)];
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) return places;
      places = [shown(pair.key), shown(pair.value)];
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      node = node.items[step];
      places = [shown(node)];
    } else return places;
  }
  return places;
}

const INVALID = [
  ...INVALID_DOCUMENTS,
  ...INVALID_STATEMENTS.map(
    ([what, statement, expected, kind]) =>
      [what, kind ?? 'identity', { ...V, Statement: [statement] }, expected] as const,
  ),
];

describe('every invalid document', () => {
  it('is one of more than eighty', () => expect(INVALID.length).toBeGreaterThan(80));

  test.each(INVALID)('names the right path, line and column: %s', (_what, kind, document, expected) => {
    const text = typeof document === 'string' ? document : JSON.stringify(document, undefined, 2);
    const { findings } = lintText(text, kind, data);
    for (const problem of expected) {
      const [, code, shownPath] = problem.split(' ');
      const found = findings.find((finding) => finding.code === code && formatPath(finding.path) === shownPath);
      expect(found, problem).toMatchObject({ severity: 'error' });
      // A text that is no JSON has its place in json-walk.test.ts.
      if (found === undefined || code === 'json_invalid') continue;
      expect(placesOf(text, found.path)).toContain(`${found.line}:${found.column}`);
    }
  });
});

test('a name that is wrong is pointed at, and so is a value', () => {
  const text = '{"Version":"2012-10-17","Statement":{"Efect":"Allow","Action":"x","Resource":"*","Effect":"allow"}}';
  const places = lintText(text, 'identity', data).findings.map(({ code, column }) => [
    code,
    text.slice(column - 1, column + 6),
  ]);
  expect(places).toContainEqual(['element_unknown', '"Efect"']);
  expect(places).toContainEqual(['effect_invalid', '"allow"']);
  expect(places).toContainEqual(['action_invalid', '"x","Re']);
});

test('a member that stands twice is an error where it stands again', () => {
  const text =
    '{"Version":"2012-10-17","Statement":[],\n "Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}';
  expect(lintText(text, 'identity', data).findings).toMatchObject([
    { line: 2, column: 2, severity: 'error', code: 'json_duplicate_member', path: ['Statement'] },
  ]);
});

test('findings are in the order of the text', () => {
  const statement = { Effect: 'Allow', Action: ['s3:X', 's3:Y'], Resource: ['x', 'y'], Condition: { A: {} } };
  const text = JSON.stringify({ Statement: [statement, statement] }, undefined, 1);
  const lines = lintText(text, undefined, data).findings.map(({ line }) => line);
  expect(lines.length).toBeGreaterThan(8);
  expect(lines).toEqual(lines.toSorted((one, other) => one - other));
});

describe('the kind', () => {
  test.each([
    ['identity', { Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    ['identity', { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }],
    ['resource', { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }],
    ['resource', { Effect: 'Deny', NotPrincipal: '*', Action: 's3:*', Resource: '*' }],
    ['resource', { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' }],
    ['trust', { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    ['trust', { Effect: 'Allow', Principal: { AWS: '1' }, Action: ['STS:assumeRole', 's3:GetObject'] }],
  ])('%s is guessed from %j', (kind, statement) => {
    expect(lintText(JSON.stringify({ ...V, Statement: statement }), undefined, data).kind).toBe(kind);
  });

  test.each(['[]', '"x"', '7', 'null', '{', ''])('of %j there is none', (text) => {
    const { kind, findings } = lintText(text, undefined, data);
    expect(kind).toBeUndefined();
    expect(findings.map(({ severity }) => severity)).toEqual(['error']);
  });
});

describe('hostile documents get an answer', () => {
  const fill = (count: number, text: string) => Array<string>(count).fill(text).join();
  const many = (count: number, make: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => make(index));
  const document = (statement: unknown) => JSON.stringify({ ...V, Statement: statement });

  test.each<[string, () => string, string | undefined]>([
    [
      '10 MB of one text',
      () => document({ ...S, Resource: `arn:aws:s3:::${'x'.repeat(10_000_000)}` }),
      'document_too_large',
    ],
    ['10 MB of an open text', () => `"${'x'.repeat(10_000_000)}`, 'json_invalid'],
    ['100,000 statements', () => `{"Statement":[${fill(100_000, JSON.stringify(S))}]}`, 'document_too_large'],
    ['100,000 wrong statements', () => `{"Statement":[${fill(100_000, '{"Efect":1}')}]}`, 'document_too_large'],
    ['100,000 levels', () => '['.repeat(100_000) + ']'.repeat(100_000), 'json_too_deep'],
    ['100,000 open objects', () => '{"a":'.repeat(100_000), 'json_too_deep'],
    ['500,000 members of one name', () => `{${fill(500_000, '"a":1')}}`, 'json_duplicate_member'],
    ['300,000 members', () => `{${many(300_000, (index) => `"k${index}":1`).join()}}`, 'element_unknown'],
    ['a resource of 1,000 stars', () => document({ ...S, Resource: `arn:aws:s3:::${'*a'.repeat(1_000)}` }), undefined],
    ['an action of 60 stars', () => document({ ...S, Action: `ec2:${'*a'.repeat(60)}` }), 'action_matches_nothing'],
    [
      '5,000 actions with stars',
      () => document({ ...S, Action: many(5_000, (index) => `ec2:*${index}*`) }),
      'action_matches_nothing',
    ],
    [
      '4,000 unknown actions',
      () => document({ ...S, Action: many(4_000, (index) => `ec2:Desc${index}`) }),
      'action_unknown',
    ],
    [
      '2,400 resources for every action of EC2',
      () => document({ ...S, Action: 'ec2:*', Resource: many(2_400, (index) => `arn:aws:ec2:*:*:x${index}/*`) }),
      'resource_unsupported',
    ],
    [
      'resources of stars for every action of EC2',
      () =>
        document({
          ...S,
          Action: 'ec2:*',
          Resource: many(20, (index) => `arn:aws:ec2:*:*:${'*a?'.repeat(900)}${index}`),
        }),
      'document_too_large',
    ],
    [
      '4,000 unknown condition keys',
      () =>
        document({
          ...S,
          Condition: {
            StringEquals: Object.fromEntries(many(4_000, (index) => `s3:k${index}`).map((key) => [key, 'x'])),
          },
        }),
      'condition_key_unknown',
    ],
    [
      '__proto__ everywhere',
      () =>
        `{"__proto__":{"Statement":1},"Statement":{"__proto__":1,"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"__proto__":{"__proto__":"x"},"StringEquals":{"__proto__":"x"}}}}`,
      'condition_key_unknown',
    ],
  ])('%s', (_what, make, code) => {
    const { findings } = lintText(make(), 'identity', data);
    if (code === undefined) expect(findings).toEqual([]);
    else expect(findings.map((finding) => finding.code)).toContain(code);
    expect(findings.length).toBeLessThanOrEqual(2 * MAX_FINDINGS);
  });
});
