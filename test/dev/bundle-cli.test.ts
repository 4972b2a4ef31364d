import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli } from '../../dev/bundle-cli.ts';

let outdir: string;
let metafile: Metafile;

beforeAll(async () => {
  outdir = mkdtempSync(join(tmpdir(), 'daypass-bundle-'));
  metafile = await bundleCli(outdir);
});

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** Sources that went into a file of the bundle. */
function inputsOf(name: string): string[] {
  const output = Object.entries(metafile.outputs).find(([path]) => basename(path) === name)?.[1];
  return Object.keys(output?.inputs ?? {});
}

test('is one executable file and one file for each part that is loaded later', () => {
  const names = Object.keys(metafile.outputs)
    .map((path) => basename(path))
    .filter((name) => name.endsWith('.cjs'))
    .sort();
  expect(names).toEqual([
    'access-policy.cjs',
    'audit-report.cjs',
    'daypass.cjs',
    'iam.cjs',
    'program.cjs',
    'sign-in-oidc.cjs',
  ]);
  expect(statSync(join(outdir, 'daypass.cjs')).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(outdir, 'daypass.cjs'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n"use strict";/);
});

test('holds no AWS SDK', () => {
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.length).toBeGreaterThan(30);
  expect(inputs.filter((path) => /@aws-sdk|@smithy|aws-sdk/.test(path))).toEqual([]);
});

test('the entry holds what the cached path needs and no more', () => {
  const inputs = inputsOf('daypass.cjs');
  expect(inputs.filter((path) => path.includes('node_modules'))).toEqual([]);
  expect(inputs.map((path) => path.replace(/^.*cli\//, '')).sort()).toEqual([
    'address.ts',
    'duration.ts',
    'failure.ts',
    'fast.ts',
    'main.ts',
    'output.ts',
    'store/credentials.ts',
    'store/home.ts',
    'store/private-file.ts',
    'store/sha256.ts',
    'store/sign-in.ts',
    'token.ts',
  ]);
  const required = [...readFileSync(join(outdir, 'daypass.cjs'), 'utf8').matchAll(/require\("([^"]+)"\)/g)].map(
    (match) => match[1],
  );
  expect(new Set(required)).toEqual(new Set(['node:fs', './cli/program.cjs']));
});

test('schemas and the YAML reader are loaded by check only, openid-client by signing in only', () => {
  expect(inputsOf('program.cjs').filter((path) => path.includes('node_modules'))).toEqual([]);
  expect(
    inputsOf('sign-in-oidc.cjs').filter((path) => /node_modules\/(?!openid-client|oauth4webapi|jose)/.test(path)),
  ).toEqual([]);
});

test('calls nothing that Node 20 does not have', () => {
  const newer =
    /\b(?:Map|Object)\.groupBy\b|\bPromise\.(?:withResolvers|try)\b|\bArray\.fromAsync\b|\bRegExp\.escape\b/;
  for (const path of Object.keys(metafile.outputs).filter((name) => name.endsWith('.cjs'))) {
    expect(newer.exec(readFileSync(path, 'utf8'))?.[0], basename(path)).toBeUndefined();
  }
});
