import { realpathSync } from 'node:fs';
import type { RoleSummary } from '../../lib/http/contract.ts';
import { configPath, readConfig, writeConfig } from '../aws/config-disk.ts';
import { type Profile, updateConfig } from '../aws/config-file.ts';
import { diff } from '../aws/diff.ts';
import { chooseRoles, isForBroker, processLines, profilesFor } from '../aws/profiles.ts';
import { ssoLines, ssoSections, whyNotBySso } from '../aws/sso-profiles.ts';
import { configuration } from '../broker/api.ts';
import { BROKER_OPTIONS, type Command, type Input } from '../command.ts';
import { type Context, contextOf } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';
import { hint, say, withProgress, writeOut } from '../output.ts';
import { counted, printable } from '../text.ts';
import { listRoles } from './roles.ts';

export const configure: Command = {
  name: 'configure',
  summary: 'write a profile per role into the AWS config file',
  usage: '[--sso] [--dry-run] [--role PATTERN] [--prefix TEXT] [--region REGION]',
  description: [
    'Writes the profiles between two marked lines of the AWS config file (AWS_CONFIG_FILE, or ~/.aws/config) and',
    'leaves the rest as it is. Profiles of roles that are no longer open to you go; with --role, only those it',
    'names are written and no others go. Then: aws --profile ROLE sts get-caller-identity',
    'With --sso the profiles need nothing installed: the AWS command and SDKs sign in by themselves, as they do to IAM',
    'Identity Center. Then: aws sso login --profile ROLE',
  ],
  options: {
    ...BROKER_OPTIONS,
    sso: { help: 'profiles for `aws sso login`, which run no other program' },
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
    const { broker } = context;
    const isSso = input.isSet('sso');
    if (isSso) await requireSso(context);
    const open = chooseRoles(await withProgress('waiting for the broker', listRoles(context)), pattern);
    const roles = isSso ? withinReach(open) : open;
    const program = [process.execPath, realpathSync(process.argv[1] ?? '')];
    const own = profilesFor(roles, input.text('prefix') ?? '', (role) =>
      isSso ? ssoLines(role, { broker, region }) : processLines(role, { broker, region, program }),
    );
    const profiles = isSso ? [...own, ...ssoSections(broker)] : own;
    const names = new Set(profiles.map((profile) => profile.name));
    const file = configPath(process.env);
    const before = readConfig(file);
    const after = updateConfig(before, {
      profiles,
      replaces: (old) => isForBroker(old, broker) && (pattern === undefined || names.has(old.name)),
    });
    const isDry = input.isSet('dry-run');
    if (before === after) say(`${file} is up to date`);
    else if (isDry) showDiff(before, after, file);
    else {
      writeConfig(file, after);
      say(`${counted(own.length, 'profile')} in ${file}`);
    }
    if (!isDry) showUse(own, input, isSso);
    return EXIT.ok;
  },
};

function showDiff(before: string, after: string, file: string): void {
  // The file's bytes as text again, made safe line by line: a config file may hold anything.
  const text = Buffer.from(diff(before, after, file), 'latin1').toString('utf8');
  writeOut(text.split('\n').map(printable).join('\n'));
}

/** @throws Failure `refused` when nobody can sign a tool in there: profiles would only lead round in a circle */
async function requireSso(context: Context): Promise<void> {
  const { sso } = await withProgress('waiting for the broker', configuration(context, { anew: true }));
  if (sso === true) return;
  throw new Failure('refused', 'the access policy of this broker lets nobody sign in the AWS tools', {
    hint: 'without --sso the profiles run daypass; operators can add `sso` to an issuer',
  });
}

/** The roles that these clients can have; of the others, what keeps them from it. */
function withinReach(roles: readonly RoleSummary[]): RoleSummary[] {
  return roles.filter((role) => {
    const why = whyNotBySso(role);
    if (why !== undefined) hint(`${role.role} is left out: ${why}; daypass exec ${role.role} gives it`);
    return why === undefined;
  });
}

function showUse(profiles: readonly Profile[], input: Input, isSso: boolean): void {
  const [first] = profiles;
  if (first !== undefined && isSso) {
    hint(`aws sso login --profile ${first.name}`);
    hint('SDKs that do not find the broker: AWS_PROFILE names the profile, see docs/aws-tools.md');
    return;
  }
  if (first !== undefined) hint(`aws --profile ${first.name} sts get-caller-identity`);
  if (input.text('token-file') !== undefined)
    hint('the profiles use the sign-in or DAYPASS_TOKEN; --token-file is not written into them');
}

function checkedRegion(region: string | undefined): string | undefined {
  if (region === undefined || /^[a-z0-9-]{1,64}$/.test(region)) return region;
  throw new Failure('usage', `--region “${region}” is not the name of a region`, { hint: 'such as eu-central-1' });
}
