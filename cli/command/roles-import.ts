import { isAccountId } from '../../lib/iam/arn.ts';
import { misuse } from '../arguments.ts';
import { type Command, type Input, OPERATOR_OPTIONS, POLICY_OPTIONS } from '../command.ts';
import { EXIT } from '../failure.ts';
import { DEFAULT_POLICY_FILE, policyOf } from '../policy/policy-file.ts';

export const rolesImport: Command = {
  name: 'roles import',
  summary: 'bring an account’s roles into the access policy',
  usage: '--account NAME[=ID] [--policy FILE] [--read-role NAME] [--grants] [--prune] [--dry-run]',
  description: [
    'Reads the roles of an account with AWS credentials of your own and adds those that the access policy does not',
    'have, as account/Name; a changed ARN is corrected. Comments, order and spacing of the file stay as they are.',
    'Tags of a role: daypass:import=false keeps it out; daypass:max-duration, daypass:external-id and',
    'daypass:description say more; with --grants, daypass:groups (names between spaces) says who gets it, so that',
    'whoever may tag roles in the account decides that. A tag never widens what the file says.',
    'Shows a diff, then writes the file, unless the result has an error. A second run changes nothing.',
  ],
  options: {
    account: { value: 'NAME[=ID]', help: 'the account’s name in the access policy; with its id where it is new' },
    ...POLICY_OPTIONS,
    ...OPERATOR_OPTIONS,
    'path-prefix': { value: '/PATH/', help: 'only roles below this path' },
    match: { value: 'GLOB', help: 'only roles with such a name' },
    grants: { help: 'also make and keep grants from the tags daypass:groups' },
    prune: { help: 'take out roles that are gone and that no grant names' },
    'dry-run': { help: 'show the diff and write nothing' },
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const account = accountArgument(input);
    const pathPrefix = input.text('path-prefix');
    if (pathPrefix !== undefined && !/^\/([!-~]+\/)?$/.test(pathPrefix)) {
      throw misuse(rolesImport, '--path-prefix begins and ends with a slash, such as /people/');
    }
    const policy = await policyOf(input);
    const { importRoles } = await import('../operator/roles-import.ts');
    await importRoles({
      file: input.text('policy') ?? DEFAULT_POLICY_FILE,
      policy,
      account,
      access: { readRole: input.text('read-role'), externalId: input.text('read-role-external-id') },
      pathPrefix,
      match: input.text('match'),
      grants: input.isSet('grants'),
      prune: input.isSet('prune'),
      dryRun: input.isSet('dry-run'),
    });
    return EXIT.ok;
  },
};

function accountArgument(input: Input): { readonly name: string; readonly id: string | undefined } {
  const text = input.text('account');
  if (text === undefined) throw misuse(rolesImport, '--account is missing');
  const [, name, id] = /^([a-z0-9][a-z0-9-]{0,62})(?:=(.*))?$/.exec(text) ?? [];
  if (name === undefined) throw misuse(rolesImport, `“${text}” does not name an account: a–z 0–9 -, as in access.yml`);
  if (id !== undefined && !isAccountId(id)) throw misuse(rolesImport, `“${id}” is not an account id: twelve digits`);
  return { name, id };
}
