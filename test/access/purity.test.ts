import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('what decides brings no library into a Lambda bundle, not even a schema or YAML one', async () => {
  const { metafile } = await build({
    stdin: {
      contents: "export * from './lib/access/decide.ts'; export * from './lib/access/policy-index.ts';",
      resolveDir: root,
    },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs).filter((path) => path !== '<stdin>');
  expect(inputs).toContain('lib/access/decide.ts');
  expect(
    inputs.filter((path) => !/^lib\/(access|iam|fault\.ts|json\.ts|claim-path\.ts|nearest\.ts)/.test(path)),
  ).toEqual([]);
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.filter(({ external }) => external));
  expect(imports).toEqual([]);
});
