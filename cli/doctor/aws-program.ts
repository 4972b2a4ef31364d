import { execFile } from 'node:child_process';
import { findProgram } from './aws-config.ts';
import type { Check, Finding } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** Milliseconds. The AWS CLI takes one or two seconds to start on a cold disk. */
const TIMEOUT = 10_000;

/** Is there an AWS CLI, and can it use `credential_process`? SDKs and `daypass exec` do without it. */
export function awsProgramCheck({ env }: Surroundings): Check {
  return { name: 'aws-program', run: async () => [await checkProgram(env)] };
}

async function checkProgram(env: NodeJS.ProcessEnv): Promise<Finding> {
  const check = 'aws-program';
  const program = findProgram('aws', env);
  if (program === undefined) return { check, status: 'skipped', message: 'there is no `aws` on PATH' };
  const text = await versionOf(program);
  const [, name, major = '', minor = '', patch = ''] = /(aws-cli)\/(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  if (name === undefined) {
    return { check, status: 'warning', message: `${program} --version says nothing that the AWS CLI would say` };
  }
  const version = `${major}.${minor}.${patch}`;
  if (Number(major) === 1 && Number(minor) < 14) {
    const message = `${program} is version ${version}, which is older than credential_process`;
    return { check, status: 'failed', message, hint: 'install the AWS CLI version 2' };
  }
  return { check, status: 'ok', message: `${program}, version ${version}` };
}

/** What it prints, on either stream: version 1 used standard error. Empty when it cannot be run. */
function versionOf(program: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: TIMEOUT, maxBuffer: 65_536 }, (_error, stdout, stderr) => {
      resolve(`${stdout}\n${stderr}`);
    });
  });
}
