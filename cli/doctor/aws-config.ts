import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import { ROLE_ID } from '../arguments.ts';
import { configPath, readConfig } from '../aws/config-disk.ts';
import { counted } from '../text.ts';
import { processWords, profilesIn, type Section } from './aws-files.ts';
import type { Check, Finding } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** The profiles of the AWS config file that get their credentials from this command. */
export function awsConfigCheck(surroundings: Surroundings): Check {
  return { name: 'aws-config', run: () => checkConfig(surroundings) };
}

async function checkConfig(surroundings: Surroundings): Promise<readonly Finding[]> {
  const check = 'aws-config';
  const file = configPath(surroundings.env);
  const profiles = profilesIn(readConfig(file), 'config').flatMap((section) => {
    const words = processWords(section.settings.get('credential_process') ?? '');
    const at = words.findIndex((word) => word === 'credentials' || word === 'credential-process');
    const usesDaypass =
      at > 0 && words.slice(0, at).some((word) => /^daypass(\.cjs|\.exe|\.cmd)?$/.test(basename(word)));
    return usesDaypass ? [{ section, words, at }] : [];
  });
  if (profiles.length === 0) {
    const hint = '`daypass configure` writes one for each of your roles';
    return [{ check, status: 'skipped', message: `no profile in ${file} uses daypass`, hint }];
  }
  const policy = await surroundings.policy.catch(() => undefined);
  const overridden = staticProfiles(surroundings.env);
  const found = profiles.flatMap(({ section, words, at }): Finding[] => {
    const problem =
      programProblem(words.slice(0, at), surroundings.env) ??
      roleProblem(words[at + 1], policy) ??
      (overridden.has(section.profile)
        ? 'the credentials file has keys under this name, which AWS clients use instead'
        : undefined);
    if (problem !== undefined) {
      const hint = '`daypass configure --write` writes the profiles anew';
      return [{ check, subject: section.profile, status: 'failed', message: problem, hint }];
    }
    return regionFinding(section, surroundings.env);
  });
  if (found.length > 0) return found;
  return [{ check, status: 'ok', message: `${file}: ${counted(profiles.length, 'profile')} that use daypass` }];
}

/** Both the interpreter and the program have to be there: `node /opt/daypass.cjs`, or `daypass` alone. */
function programProblem(words: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word.startsWith('-')) continue;
    if (index === 0 ? findProgram(word, env) === undefined : isAbsolute(word) && !isFile(word)) {
      return `its credential_process names ${word}, which is not there or cannot be run`;
    }
  }
  return undefined;
}

function roleProblem(role: string | undefined, policy: AccessPolicy | undefined): string | undefined {
  if (role === undefined || !ROLE_ID.test(role)) return `its credential_process names no role: ${role ?? 'nothing'}`;
  if (policy === undefined || policy.roles.some(({ id }) => id === role)) return undefined;
  return `its role ${role} is not in the access policy`;
}

function regionFinding({ profile, settings }: Section, env: NodeJS.ProcessEnv): Finding[] {
  if (settings.has('region') || env['AWS_REGION'] || env['AWS_DEFAULT_REGION']) return [];
  const message = 'it has no region, and neither AWS_REGION nor AWS_DEFAULT_REGION is set';
  const hint = '`daypass configure --region REGION --write` sets one';
  return [{ check: 'aws-config', subject: profile, status: 'warning', message, hint }];
}

/** Profiles with keys of their own. A file that cannot be read has none for AWS clients either. */
function staticProfiles(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const named = env['AWS_SHARED_CREDENTIALS_FILE'] || '~/.aws/credentials';
  try {
    const content = readFileSync(resolve(named.replace(/^~(?=\/)/, env['HOME'] || homedir())), 'latin1');
    const sections = profilesIn(content, 'credentials');
    return new Set(sections.filter(({ settings }) => settings.has('aws_access_key_id')).map(({ profile }) => profile));
  } catch {
    return new Set();
  }
}

/** Where a program is, by its path or on PATH. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  if (isAbsolute(name) || name.includes('/')) return isExecutable(name) ? name : undefined;
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  const places = (env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return places
    .flatMap((directory) => suffixes.map((suffix) => join(directory, name + suffix)))
    .find((path) => isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
