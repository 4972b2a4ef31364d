import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readServiceData } from '../../cli/service-data/reader.ts';
import { bundleCli } from '../../dev/bundle-cli.ts';
import { hostNode } from '../cli/harness.ts';

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
    'audit-run-export.cjs',
    'audit-run-reconcile.cjs',
    'daypass.cjs',
    'doctor-main.cjs',
    'iam.cjs',
    'ledger.cjs',
    'operator-doctor.cjs',
    'operator-ledger-bucket.cjs',
    'operator-roles-import.cjs',
    'operator-session-acts.cjs',
    'program.cjs',
    'service-data.cjs',
    'sign-in-oidc.cjs',
  ]);
  expect(statSync(join(outdir, 'daypass.cjs')).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(outdir, 'daypass.cjs'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n"use strict";/);
});

/** Files of the bundle that hold code of such a path. */
function holding(pattern: RegExp): string[] {
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  return names.filter((name) => name.endsWith('.cjs') && inputsOf(name).some((path) => pattern.test(path))).sort();
}

test('the AWS SDK is in the parts for operators, and in no other', () => {
  expect(Object.keys(metafile.inputs).length).toBeGreaterThan(30);
  const operators = [
    'operator-doctor.cjs',
    'operator-ledger-bucket.cjs',
    'operator-roles-import.cjs',
    'operator-session-acts.cjs',
  ];
  expect(holding(/@aws-sdk|@smithy|aws-sdk/)).toEqual(operators);
  expect(holding(/^cli\/operator\//)).toEqual(operators);
});

test('carries the service data as one file with its licence, and not the package it is made of', () => {
  const file = join(outdir, 'cli', 'service-data.jsonl');
  expect(statSync(file).size).toBeLessThan(3_000_000);
  const data = readServiceData(readFileSync(file, 'latin1'));
  expect(data.service('s3')?.actions.get('getobject')?.name).toBe('s3:GetObject');
  expect(readFileSync(`${file}.LICENSE.txt`, 'utf8')).toMatch(/^MIT License\n\nCopyright /);
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('@cloud-copilot'))).toEqual([]);
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

test('every part loads on the Node that people have', () => {
  const parts = Object.keys(metafile.outputs)
    .map((path) => basename(path))
    .filter((name) => name.endsWith('.cjs') && name !== 'daypass.cjs');
  const script = `for (const part of ${JSON.stringify(parts)}) require(${JSON.stringify(join(outdir, 'cli'))} + '/' + part)`;
  const { status, stderr } = spawnSync(hostNode(), ['--pending-deprecation', '-e', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('calls nothing that Node 20 does not have', () => {
  const newer =
    /\b(?:Map|Object)\.groupBy\b|\bPromise\.(?:withResolvers|try)\b|\bArray\.fromAsync\b|\bRegExp\.escape\b/;
  for (const path of Object.keys(metafile.outputs).filter((name) => name.endsWith('.cjs'))) {
    expect(newer.exec(readFileSync(path, 'utf8'))?.[0], basename(path)).toBeUndefined();
  }
});
