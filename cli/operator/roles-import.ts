import { readFileSync, realpathSync, statSync } from 'node:fs';
import type { AccessPolicy, Account } from '../../lib/access/policy.ts';
import { diff } from '../aws/diff.ts';
import { Failure, reasonOf } from '../failure.ts';
import { detail, hint, say, writeOut } from '../output.ts';
import { Progress } from '../progress.ts';
import { readText } from '../read-text.ts';
import { replaceFile } from '../store/replace-file.ts';
import { counted, printable } from '../text.ts';
import { type AccessOptions, operatorAccess } from './iam-client.ts';
import { type GrantChanges, groupsClaim, planGrants } from './import/grants.ts';
import { type ImportPlan, planImport, type WantedRole } from './import/plan.ts';
import { PolicyText, type RoleMembers } from './import/policy-text.ts';
import { listRoles, type RoleList, type RoleSelection } from './role-list.ts';

export interface ImportRequest extends RoleSelection {
  readonly file: string;
  readonly policy: AccessPolicy;
  /** Its name in the access policy, and its id where it is new there. */
  readonly account: { readonly name: string; readonly id: string | undefined };
  readonly access: AccessOptions;
  readonly grants: boolean;
  readonly prune: boolean;
  readonly dryRun: boolean;
}

/** Notes beyond this many are only counted. */
const SHOWN_NOTES = 20;

/**
 * Brings the access policy up to date with an account's roles: a diff on standard output, what was left alone on standard
 * error, then the file. The file is written only when what comes out of it compiles.
 *
 * @throws Failure
 */
export async function importRoles(request: ImportRequest): Promise<void> {
  const { policy, file } = request;
  const source = readText(file);
  const access = operatorAccess(request.access);
  const { partition } = await access.identity();
  const account = accountOf(request, partition);
  const list = await readRoles(request, account, access);
  const text = new PolicyText(source);
  const plan = planImport(policy, list.roles, {
    account,
    isInScope: list.isInScope,
    prune: request.prune,
    grantsNaming: (id) => remainingGrants(text, id, request),
  });
  const grants = request.grants ? grantChanges(request, account, text, plan, list) : NO_GRANTS;
  if (!policy.accounts.some(({ name }) => name === account.name)) text.addAccount(account.name, account.id, partition);
  apply(text, plan, grants, policy);
  const result = text.toString();
  await requireCompiled(result, file);
  tell(account, list, plan, grants);
  if (result === source) return say(`${file} is up to date`);
  writeOut(printableLines(diff(source, result, file)));
  if (request.dryRun) return say('nothing was written (--dry-run)');
  write(file, source, result);
  say(`${file} was written`);
}

const NO_GRANTS: GrantChanges = { additions: [], changes: [], notes: [] };

function accountOf({ policy, account }: ImportRequest, partition: string): Account {
  const { name, id } = account;
  const known = policy.accounts.find((candidate) => candidate.name === name);
  if (known !== undefined) {
    if (id === undefined || id === known.id) return known;
    throw new Failure('refused', `account ${name} is ${known.id} in the access policy, not ${id}`);
  }
  const twin = policy.accounts.find((candidate) => candidate.id === id);
  if (twin !== undefined) throw new Failure('refused', `account ${id} is named ${twin.name} in the access policy`);
  if (id === undefined) {
    const hint = `--account ${name}=111122223333 adds it`;
    throw new Failure('refused', `the access policy has no account ${name}`, { hint });
  }
  return { name, id, label: name, partition: partition as Account['partition'] };
}

async function readRoles(request: ImportRequest, account: Account, access: ReturnType<typeof operatorAccess>) {
  const progress = new Progress();
  try {
    const place = { accountId: account.id, partition: account.partition };
    return await listRoles(access, place, request, (text) => progress.show(`${account.name}: ${text}`));
  } finally {
    progress.clear();
  }
}

/** Those that would still name the role when what was imported is brought up to date. */
function remainingGrants(text: PolicyText, id: string, { grants, prune }: ImportRequest): readonly string[] {
  const naming = text.grantsNaming(id);
  return grants && prune ? naming.filter((name) => text.grantNamed(name) === 'own') : naming;
}

function grantChanges(
  { policy, prune }: ImportRequest,
  account: Account,
  text: PolicyText,
  plan: ImportPlan,
  list: RoleList,
): GrantChanges {
  const arns = new Map(policy.roles.map(({ id, arn }) => [id, arn]));
  return planGrants(text, plan, {
    accountName: account.name,
    prune,
    isInScope: (id) => list.isInScope(arns.get(id) ?? ''),
  });
}

/** Changes first, then what goes, then what comes: what comes is put below what stays. */
function apply(text: PolicyText, plan: ImportPlan, grants: GrantChanges, policy: AccessPolicy): void {
  for (const { id, member, value } of plan.changes) text.setMember(id, member, value);
  for (const id of plan.removals) text.removeRole(id);
  for (const { id, role } of plan.additions) text.addRole(id, membersOf(role));
  for (const { name, added, removed } of grants.changes) text.changeGrantRoles(name, added, removed);
  const claim = grants.additions.length > 0 ? groupsClaim(policy) : '';
  for (const grant of grants.additions) text.addGrant({ ...grant, claim });
}

function membersOf({ arn, maxDuration, externalId, description }: WantedRole): RoleMembers {
  const members = { arn, maxDuration, externalId, description };
  return Object.entries(members).filter((member): member is [string, string] => member[1] !== undefined);
}

/** @throws Failure `refused` with what is wrong; then the file is as it was */
async function requireCompiled(source: string, file: string): Promise<void> {
  const { compilePolicy, formatDiagnostic } = await import('../access-policy.ts');
  const errors = compilePolicy(source, file).diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new Failure(
    'refused',
    `with these changes ${file} would have ${counted(errors.length, 'error')}; it is as it was`,
    {
      lines: errors.slice(0, SHOWN_NOTES).flatMap((error) => formatDiagnostic(error).split('\n')),
      hint: 'the positions are those of the changed text; correct the file or the roles’ tags',
    },
  );
}

function tell(account: Account, list: RoleList, plan: ImportPlan, grants: GrantChanges): void {
  const { additions, changes, removals, unwanted } = plan;
  const changed = new Set(changes.map(({ id }) => id)).size;
  const parts = [
    `${additions.length} new`,
    `${changed} changed`,
    ...(removals.length > 0 ? [`${removals.length} removed`] : []),
    ...(unwanted > 0 ? [`${unwanted} kept out by a tag`] : []),
    ...(list.reserved > 0 ? [`${list.reserved} of AWS services left out`] : []),
  ];
  say(`${account.name} (${account.id}): ${counted(list.roles.length, 'role')}: ${parts.join(', ')}`);
  if (grants.additions.length + grants.changes.length > 0) {
    say(`grants from tags: ${grants.additions.length} new, ${grants.changes.length} changed`);
    hint('whoever may tag roles in that account decides who gets them');
  }
  const notes = [...plan.notes, ...grants.notes];
  for (const note of notes.slice(0, SHOWN_NOTES)) detail(note);
  if (notes.length > SHOWN_NOTES) detail(`… and ${notes.length - SHOWN_NOTES} more`);
}

/** Each line of it: the file may hold anything. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** In one step, and not over somebody else's change. */
function write(file: string, before: string, after: string): void {
  try {
    const path = realpathSync(file);
    if (readFileSync(path, 'utf8') !== before) {
      throw new Failure('local', `${file} was changed meanwhile, so it was not written`, { hint: 'run it again' });
    }
    replaceFile(path, after, statSync(path).mode & 0o777);
  } catch (thrown) {
    if (Failure.is(thrown)) throw thrown;
    throw new Failure('local', `${file} cannot be written (${reasonOf(thrown)})`, { cause: thrown });
  }
}
