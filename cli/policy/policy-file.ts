import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { Input } from '../command.ts';
import { Failure } from '../failure.ts';
import { readText } from '../read-text.ts';
import { counted } from '../text.ts';
import { otherFile } from './other-file.ts';

export const DEFAULT_POLICY_FILE = 'access.yml';

/** More mistakes than this are only counted: `daypass check` shows them all. */
const SHOWN_ERRORS = 10;

/**
 * The access policy that a command with `POLICY_OPTIONS` is about, compiled as the broker's build does.
 *
 * @throws Failure `local` when there is no such file, `refused` when it has errors
 */
export function policyOf(input: Input): Promise<AccessPolicy> {
  const file = input.text('policy');
  return readPolicy(
    file ?? DEFAULT_POLICY_FILE,
    file === undefined ? 'name the access policy with --policy FILE' : undefined,
  );
}

/** @param hint what to do when the file is not there */
export async function readPolicy(file: string, hint?: string): Promise<AccessPolicy> {
  return compiledPolicy(readText(file, hint), file);
}

/** @throws Failure `refused` when the text is plainly something else, which says what and which command takes it */
export function requireAccessPolicy(source: string, file: string): void {
  const other = otherFile(source, file, 'access policy');
  if (other === undefined) return;
  throw new Failure('refused', `${file} is ${other.what}, no access policy`, { hint: other.hint });
}

/**
 * @param file what to call it in messages
 * @throws Failure `refused` when it has errors
 */
export async function compiledPolicy(source: string, file: string): Promise<AccessPolicy> {
  requireAccessPolicy(source, file);
  const { compilePolicy, formatDiagnostic } = await import('../access-policy.ts');
  const { policy, diagnostics } = compilePolicy(source, file);
  if (policy !== undefined) return policy;
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const lines = errors.slice(0, SHOWN_ERRORS).flatMap((error) => formatDiagnostic(error).split('\n'));
  throw new Failure('refused', `${file} has ${counted(errors.length, 'error')}`, {
    lines,
    hint: `\`daypass check ${file}\` shows everything that is wrong with it`,
  });
}
