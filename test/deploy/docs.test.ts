import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import { parseTemplate, resourcesOf, type Template } from './cloudformation.ts';
import { ROOT } from './packaged.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const DOCUMENTS = ['SECURITY.md', 'CONTRIBUTING.md', 'docs/deploy.md', 'docs/scale.md'];

const deploy = read('docs/deploy.md');
const serverless = parseTemplate(read('serverless.yml')) as unknown as {
  params: { default: Record<string, string> };
  resources: Template;
};

test.each(DOCUMENTS)('every file that %s names is there', (document) => {
  const text = read(document);
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path = '']) =>
    join(dirname(document), path),
  );
  const named = [...text.matchAll(/`((?:lib|test|examples|docs|dev|cli|functions)\/[\w./-]+)`/g)].map(
    ([, path = '']) => path,
  );
  const missing = [...linked, ...named].filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});

test('deploy.md lists every setting of serverless.yml with its variable, and no other', () => {
  const table = deploy.slice(deploy.search(/\| parameter +\|/), deploy.indexOf('Give the same settings'));
  const columns = [...table.matchAll(/^\|([^|]+)\|([^|]+)\|/gm)].map(
    ([, names = '', variables = '']) => [names, variables] as const,
  );
  const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  const documented = columns.flatMap(([names, variables]) => {
    return quoted(names).map((name, index) => [name, quoted(variables)[index]] as const);
  });
  const settings = Object.entries(serverless.params.default)
    .filter(([name]) => name !== 'policyFile') // for the local stack only
    .map(([name, value]) => [name, /\$\{env:(\w+)/.exec(value)?.[1]] as const);
  expect([...documented].sort()).toEqual([...settings].sort());
});

test('deploy.md says what to do about each alarm', () => {
  const alarms = resourcesOf(serverless.resources, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => {
    return String(Properties['AlarmName']).replace('daypass-${sls:stage}-', '');
  });
  const section = deploy.slice(deploy.indexOf('## Alarms'), deploy.indexOf('## Changing'));
  const documented = [...section.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(alarms.sort());
});

describe('the issuers of deploy.md', () => {
  const blocks = [...deploy.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) =>
    block.replaceAll(/<[\w ]+>/g, 'some-id').trimEnd(),
  );
  const compile = (issuers: readonly string[]) => {
    const names = issuers.map((block) => block.slice(0, block.indexOf(':')));
    const source = [
      'version: 1',
      'issuers:',
      ...issuers
        .join('\n')
        .split('\n')
        .map((line) => `  ${line}`),
      'accounts: { prod: { id: "111122223333" } }',
      'roles: { prod/ReadOnly: { arn: "arn:aws:iam::111122223333:role/ReadOnly" } }',
      'grants:',
      '  - name: readers',
      `    issuers: [${names.join(', ')}]`,
      '    roles: [prod/ReadOnly]',
      '    callers: { groups: [engineering] }',
    ].join('\n');
    return compilePolicy(source, 'deploy.md');
  };

  test('are accepted by the access policy one by one, and their client ids are audiences', () => {
    const issuers = blocks.flatMap((block) => {
      const { policy, diagnostics } = compile([block]);
      expect(diagnostics).toEqual([]);
      return policy?.issuers ?? [];
    });
    expect(issuers.map(({ name }) => name)).toEqual(['okta', 'entra', 'google', 'keycloak']);
    for (const { audience, login } of issuers) expect(audience).toContain(login?.clientId);
  });

  test('are accepted together once all but one have a prefix, as it says', () => {
    expect(compile(blocks).diagnostics.map(({ code }) => code)).toEqual(Array(3).fill('usernames_overlap'));
    const prefixed = blocks.map((block, index) => (index === 0 ? block : `${block}\n  usernamePrefix: p${index}-`));
    expect(compile(prefixed).diagnostics).toEqual([]);
  });
});
