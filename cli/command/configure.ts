import { realpathSync } from 'node:fs';
import { configPath, readConfig, writeConfig } from '../aws/config-disk.ts';
import { type Profile, updateConfig } from '../aws/config-file.ts';
import { diff } from '../aws/diff.ts';
import { chooseRoles, isForBroker, profilesFor } from '../aws/profiles.ts';
import { BROKER_OPTIONS, type Command, type Input } from '../command.ts';
import { contextOf } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';
import { hint, say, withProgress, writeOut } from '../output.ts';
import { counted, printable } from '../text.ts';
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
    const context = contextOf(input);
    const region = checkedRegion(input.text('region'));
    const pattern = input.text('role');
    const roles = chooseRoles(await withProgress('waiting for the broker', listRoles(context)), pattern);
    const profiles = profilesFor(roles, {
      broker: context.broker,
      prefix: input.text('prefix') ?? '',
      region,
      program: [process.execPath, realpathSync(process.argv[1] ?? '')],
    });
    const names = new Set(profiles.map((profile) => profile.name));
    const file = configPath(process.env);
    const before = readConfig(file);
    const after = updateConfig(before, {
      profiles,
      replaces: (old) => isForBroker(old, context.broker) && (pattern === undefined || names.has(old.name)),
    });
    const isDry = input.isSet('dry-run');
    if (before === after) say(`${file} is up to date`);
    else if (isDry) showDiff(before, after, file);
    else {
      writeConfig(file, after);
      say(`${counted(profiles.length, 'profile')} in ${file}`);
    }
    if (!isDry) showUse(profiles, input);
    return EXIT.ok;
  },
};

function showDiff(before: string, after: string, file: string): void {
  // The file's bytes as text again, made safe line by line: a config file may hold anything.
  const text = Buffer.from(diff(before, after, file), 'latin1').toString('utf8');
  writeOut(text.split('\n').map(printable).join('\n'));
}

function showUse(profiles: readonly Profile[], input: Input): void {
  if (profiles[0] !== undefined) hint(`aws --profile ${profiles[0].name} sts get-caller-identity`);
  if (input.text('token-file') !== undefined)
    hint('the profiles use the sign-in or DAYPASS_TOKEN; --token-file is not written into them');
}

function checkedRegion(region: string | undefined): string | undefined {
  if (region === undefined || /^[a-z0-9-]{1,64}$/.test(region)) return region;
  throw new Failure('usage', `--region “${region}” is not the name of a region`, { hint: 'such as eu-central-1' });
}
