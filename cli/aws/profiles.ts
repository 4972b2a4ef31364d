import type { RoleSummary } from '../../lib/http/contract.ts';
import { compileGlob } from '../../lib/iam/glob.ts';
import { Failure } from '../failure.ts';
import { type Profile, quoteProcessWord } from './config-file.ts';
import { ssoSessionName } from './sso-profiles.ts';

export interface ProfileOptions {
  readonly broker: string;
  readonly region: string | undefined;
  /** Absolute paths of node and of this program. */
  readonly program: readonly string[];
}

/**
 * The roles that are open to the caller, of those that the pattern names: `*` is any characters, `?` is one.
 *
 * @throws Failure `refused` when a pattern names none that is open
 */
export function chooseRoles(roles: readonly RoleSummary[], pattern: string | undefined): readonly RoleSummary[] {
  const open = roles.filter((role) => role.available);
  if (pattern === undefined) return open;
  const glob = compileGlob(pattern);
  const chosen = open.filter(({ role }) => glob.matches(role));
  if (chosen.length > 0) return chosen;
  throw new Failure('refused', `no role that is open to you matches ${pattern}`, {
    hint: '`daypass roles` shows them, and what is missing for the others',
  });
}

/**
 * One profile per role, named after it.
 *
 * @param linesFor what is under the profile's heading
 */
export function profilesFor(
  roles: readonly RoleSummary[],
  prefix: string,
  linesFor: (role: RoleSummary) => string[],
): Profile[] {
  const profiles = roles.map((role) => ({ name: profileName(role.role, prefix), lines: linesFor(role) }));
  const seen = new Map<string, string>();
  for (const [index, { name }] of profiles.entries()) {
    const role = roles[index]?.role ?? '';
    const other = seen.get(name);
    if (other !== undefined) {
      throw new Failure('local', `the roles ${other} and ${role} would both be the profile ${name}`, {
        hint: 'write them apart, with --role and different --prefix',
      });
    }
    seen.set(name, role);
  }
  return profiles;
}

/** The characters that every AWS client takes in a profile's name (SDK reference guide, “Shared config files”). */
function profileName(role: string, prefix: string): string {
  if (!/^[A-Za-z0-9_./%@:+-]*$/.test(prefix)) {
    throw new Failure('usage', `--prefix “${prefix}” cannot be in the name of a profile`, {
      hint: 'letters, digits and _ . / % @ : + -',
    });
  }
  return prefix + role.replace(/[=,]/g, '-');
}

/** A profile whose credentials `daypass credentials` gives. */
export function processLines(role: RoleSummary, options: ProfileOptions): string[] {
  const words = [...options.program, 'credentials', role.role, '--url', options.broker];
  const needs = role.requires ?? [];
  const note = `# needs --${needs.join(' and --')}: run \`daypass credentials ${role.role}\` with it first`;
  return [
    ...(needs.length === 0 ? [] : [note]),
    `credential_process = ${words.map(quoteProcessWord).join(' ')}`,
    ...(options.region === undefined ? [] : [`region = ${options.region}`]),
  ];
}

/** Whether the section was written for this broker, in whatever way. */
export function isForBroker(profile: Profile, broker: string): boolean {
  const session = ssoSessionName(broker);
  if (profile.kind !== undefined) return profile.name === session;
  if (profile.lines.includes(`sso_session = ${session}`)) return true;
  const suffix = ` --url ${quoteProcessWord(broker)}`;
  return profile.lines.some((line) => line.startsWith('credential_process') && line.endsWith(suffix));
}
