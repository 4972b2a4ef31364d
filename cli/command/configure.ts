import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { RoleSummary } from '../../lib/http/contract.ts';
import { updateConfig } from '../aws/config-file.ts';
import { diff } from '../aws/diff.ts';
import { isForBroker, profilesFor } from '../aws/profiles.ts';
import { BROKER_OPTIONS, type Command } from '../command.ts';
import { openContext } from '../context.ts';
import { EXIT, errorCode, Failure } from '../failure.ts';
import { hint, say, withProgress, writeOut } from '../output.ts';
import { printable } from '../text.ts';
import { listRoles } from './roles.ts';

export const configure: Command = {
  name: 'configure',
  summary: 'write a profile per role into the AWS config file',
  usage: '[--dry-run] [--role PATTERN] [--prefix TEXT] [--region REGION]',
  description: [
    'Writes the profiles between two marked lines of the AWS config file (AWS_CONFIG_FILE, or ~/.aws/config) and',
    'leaves the rest as it is. Profiles of roles that are no longer open to you go; with --role, only those it',
    'names are written and no others go. Then: aws --profile ROLE sts get-caller-identity',
  ],
  options: {
    ...BROKER_OPTIONS,
    'dry-run': { help: 'print what would change, as a diff, and change nothing' },
    role: { value: 'PATTERN', help: 'only these roles, such as prod/ReadOnly or prod/*' },
    prefix: { value: 'TEXT', help: 'put this before every profile’s name' },
    region: { value: 'REGION', help: 'the region of the profiles' },
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const context = openContext({ url: input.text('url'), tokenFile: input.text('token-file') }, process.env);
    const pattern = input.text('role');
    const region = checkedRegion(input.text('region'));
    const roles = select(await withProgress('waiting for the broker', listRoles(context)), pattern);
    const tokenFile = input.text('token-file');
    const profiles = profilesFor(roles, {
      broker: context.broker,
      prefix: input.text('prefix') ?? '',
      region,
      program: [process.execPath, realpathSync(process.argv[1] ?? '')],
    });
    const names = new Set(profiles.map((profile) => profile.name));
    const file = configFile(process.env);
    const before = read(file);
    const after = updateConfig(before, {
      profiles,
      replaces: (old) => isForBroker(old, context.broker) && (pattern === undefined || names.has(old.name)),
    });
    if (input.isSet('dry-run')) {
      // The file's bytes as text again, made safe line by line: a config file may hold anything.
      const text = Buffer.from(diff(before, after, file), 'latin1').toString('utf8');
      writeOut(text.split('\n').map(printable).join('\n'));
      if (before === after) say(`${file} is up to date`);
      return EXIT.ok;
    }
    if (before === after) say(`${file} is up to date`);
    else {
      replace(file, after);
      say(`${profiles.length === 1 ? '1 profile' : `${profiles.length} profiles`} in ${file}`);
    }
    if (profiles[0] !== undefined) hint(`aws --profile ${profiles[0].name} sts get-caller-identity`);
    if (tokenFile !== undefined)
      hint('the profiles use the sign-in or DAYPASS_TOKEN; --token-file is not written into them');
    return EXIT.ok;
  },
};

/** The roles to write: the open ones, and those that only lack a reason or ticket, which a person gives first. */
function select(roles: readonly RoleSummary[], pattern: string | undefined): readonly RoleSummary[] {
  const chosen = pattern === undefined ? roles : roles.filter((role) => matches(role.role, pattern));
  const usable = chosen.filter(
    (role) => role.available || role.missing.every(({ kind }) => kind === 'reason' || kind === 'ticket'),
  );
  if (usable.length > 0 || pattern === undefined) return usable;
  throw new Failure('refused', `no role that is open to you matches ${pattern}`, {
    hint: '`daypass roles` shows them, and what is missing for the others',
  });
}

/** `*` stands for any characters; everything else for itself. */
function matches(role: string, pattern: string): boolean {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`).replaceAll(String.raw`\*`, '.*');
  return new RegExp(`^(?:${source})$`).test(role);
}

function checkedRegion(region: string | undefined): string | undefined {
  if (region === undefined || /^[a-z0-9-]{1,64}$/.test(region)) return region;
  throw new Failure('usage', `--region “${region}” is not the name of a region`, { hint: 'such as eu-central-1' });
}

function configFile(env: NodeJS.ProcessEnv): string {
  const named = env['AWS_CONFIG_FILE'] || '~/.aws/config';
  return resolve(named.replace(/^~(?=\/)/, env['HOME'] || homedir()));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return '';
    throw new Failure('local', `${file} cannot be read (${errorCode(thrown) ?? 'unknown error'})`);
  }
}

/** In one step, where the file really is if its name is a link, with the rights it has. */
function replace(file: string, content: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const { path, mode } = target(file);
    const temporary = `${path}.daypass-${process.pid}`;
    try {
      const descriptor = openSync(temporary, 'wx', mode);
      try {
        writeFileSync(descriptor, content, 'latin1');
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, path);
    } catch (thrown) {
      if (errorCode(thrown) !== 'EEXIST') rmSync(temporary, { force: true });
      throw thrown;
    }
  } catch (thrown) {
    throw new Failure('local', `${file} cannot be written (${errorCode(thrown) ?? 'unknown error'})`, {
      cause: thrown,
    });
  }
}

function target(file: string): { path: string; mode: number } {
  try {
    const path = realpathSync(file);
    return { path, mode: statSync(path).mode & 0o777 };
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return { path: file, mode: 0o600 };
    throw thrown;
  }
}
