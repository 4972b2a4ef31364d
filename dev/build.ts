import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build as bundle } from 'esbuild';
import { compilePolicy } from '../lib/access/compile.ts';
import { formatDiagnostic } from '../lib/access/diagnostic.ts';
import { accessPolicyJsonSchema } from '../lib/access/json-schema.ts';
import type { AccessPolicy } from '../lib/access/policy.ts';
import { VERSION } from '../lib/version.ts';
import { bundleCli } from './bundle-cli.ts';
import { ROOT } from './root.ts';

/**
 * `npm run build`: everything that is deployed or installed, under `dist/`.
 *
 * ```
 * dist/functions/<name>.cjs   one bundle per Lambda function
 * dist/access.json            the compiled access policy, read by the functions at cold start
 * dist/deploy.json            what serverless.yml needs to know of the policy
 * dist/daypass.cjs, dist/cli/ the command
 * access.schema.json          for editors
 * ```
 */
export interface ProjectBuildOptions {
  /** The access policy's YAML file. */
  readonly accessPolicy: string;
  /** Default `dist` beside package.json. */
  readonly outdir?: string;
}

const DIST = path.join(ROOT, 'dist');

export const FUNCTIONS = [
  'audit',
  'catalogue',
  'credentials',
  'export',
  'portal',
  'public',
  'seal',
  'signin',
  'sso',
] as const;

export async function build({ accessPolicy, outdir = DIST }: ProjectBuildOptions): Promise<void> {
  const policy = await compile(accessPolicy);
  await Promise.all([
    buildCode(outdir),
    writeJson(path.join(outdir, 'access.json'), policy),
    writeJson(path.join(outdir, 'deploy.json'), {
      version: VERSION,
      policyDigest: policy.digest,
      assumeRoleResources: assumeRoleResources(policy),
    }),
    writeJson(path.join(ROOT, 'access.schema.json'), accessPolicyJsonSchema(), 2),
  ]);
}

/**
 * The bundles alone. The local stack runs them on a policy of its own, which must never lie where a deployment
 * would pick it up.
 */
export async function buildCode(outdir: string = DIST): Promise<void> {
  await Promise.all([bundleFunctions(outdir), bundleCli(outdir)]);
}

/** How a function is bundled. */
export const FUNCTION_BUNDLE = {
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // The ES modules of the SDK can be tree-shaken, its CommonJS build cannot: a third of the cold load.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'error',
} as const satisfies BuildOptions;

/** One bundle per function, so that each loads and may do only its own part. */
export async function bundleFunctions(outdir: string): Promise<void> {
  await bundle({
    ...FUNCTION_BUNDLE,
    entryPoints: FUNCTIONS.map((name) => path.join(ROOT, 'functions', `${name}.ts`)),
    outdir: path.join(outdir, 'functions'),
  });
}

async function compile(file: string): Promise<AccessPolicy> {
  const { policy, diagnostics } = compilePolicy(await readFile(file, 'utf8'), path.relative(process.cwd(), file));
  for (const diagnostic of diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
  if (!policy) throw new Error(`${file} has errors; nothing was built`);
  return policy;
}

/** Characters that the list may take of the 10,240 that a role's inline policies have together. */
const MAX_RESOURCE_CHARACTERS = 6000;

/** The roles themselves while they fit into the function's policy, else every role of the policy's accounts. */
export function assumeRoleResources(policy: AccessPolicy): string[] {
  const roles = policy.roles.map((role) => role.arn).sort();
  if (roles.join('","').length <= MAX_RESOURCE_CHARACTERS) return roles;
  const accounts = policy.accounts.map(({ partition, id }) => `arn:${partition}:iam::${id}:role/*`).sort();
  if (accounts.join('","').length <= MAX_RESOURCE_CHARACTERS) return accounts;
  throw new Error(
    `the ${policy.accounts.length} accounts of the access policy do not fit into one IAM role's policy: ` +
      'split them over several stages of the broker (docs/deploy.md, "Hundreds of accounts")',
  );
}

async function writeJson(file: string, value: unknown, indent?: number): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(value, undefined, indent)}\n`);
}

if (import.meta.main) {
  await build({ accessPolicy: process.env['DAYPASS_ACCESS_POLICY'] ?? path.join(ROOT, 'access.yml') });
}
