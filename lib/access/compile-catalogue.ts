import { parseRoleArn, partitionOfRegion } from '../iam/arn.ts';
import { externalIdProblem, sessionSecondsProblem } from '../iam/limits.ts';
import { nearest } from '../nearest.ts';
import type { Path, Reporter } from './diagnostic.ts';
import type { Account, Role } from './policy.ts';
import { type AccessPolicySource, durationSeconds } from './schema.ts';

export function compileAccounts(sources: AccessPolicySource['accounts'], reporter: Reporter): Account[] {
  const seen = new Map<string, string>();
  return Object.entries(sources).map(([name, source]) => {
    const twin = seen.get(source.id);
    if (twin !== undefined) {
      // A deny on one name would leave the other open.
      reporter.error('account_duplicate', ['accounts', name, 'id'], `account "${twin}" has the same id`);
    }
    seen.set(source.id, name);
    return {
      name,
      id: source.id,
      label: source.label ?? name,
      ...(source.color !== undefined && { color: source.color }),
      partition: source.partition ?? 'aws',
    };
  });
}

/** The roles whose account is known. Whatever is wrong with the others has been reported. */
export function compileRoles(
  sources: AccessPolicySource['roles'],
  accounts: readonly Account[],
  reporter: Reporter,
): Role[] {
  const byName = new Map(accounts.map((account) => [account.name, account]));
  const seen = new Map<string, string>();
  return Object.entries(sources).flatMap(([id, source]) => {
    const path = ['roles', id];
    const accountName = id.slice(0, id.indexOf('/'));
    const account = byName.get(accountName);
    if (account === undefined) {
      const near = nearest(accountName, [...byName.keys()]);
      const hint = near === undefined ? undefined : `did you mean ${near}?`;
      reporter.keyError('account_unknown', path, `unknown account "${accountName}"`, hint);
      return [];
    }
    checkArn(source.arn, account, [...path, 'arn'], reporter);
    // IAM role names are unique without regard to case. A deny on one id would leave the other open.
    const twin = seen.get(source.arn.toLowerCase());
    if (twin !== undefined) reporter.error('role_duplicate', [...path, 'arn'], `role "${twin}" has the same ARN`);
    seen.set(source.arn.toLowerCase(), id);
    const maxDurationSeconds = durationSeconds(source.maxDuration ?? '1h');
    const wrong = sessionSecondsProblem(maxDurationSeconds);
    if (wrong !== undefined) reporter.error('duration_out_of_range', [...path, 'maxDuration'], wrong);
    checkExtras(source, account, path, reporter);
    const role: Role = {
      id,
      account: account.name,
      accountId: account.id,
      partition: account.partition,
      arn: source.arn,
      ...(source.region !== undefined && { region: source.region }),
      maxDurationSeconds,
      ...(source.externalId !== undefined && { externalId: source.externalId }),
      ...(source.description !== undefined && { description: source.description }),
    };
    return [role];
  });
}

function checkArn(text: string, account: Account, path: Path, reporter: Reporter): void {
  const arn = parseRoleArn(text);
  if (arn === undefined) {
    const hint = 'a role’s ARN looks like arn:aws:iam::111122223333:role/Name';
    reporter.error('arn_invalid', path, `"${text}" is not the ARN of an IAM role`, hint);
    return;
  }
  if (arn.partition !== account.partition) {
    const message = `the ARN is in partition ${arn.partition}, account "${account.name}" in ${account.partition}`;
    reporter.error('partition_mismatch', path, message);
  }
  if (arn.accountId !== account.id) {
    const message = `the ARN is of account ${arn.accountId}, account "${account.name}" is ${account.id}`;
    reporter.error('account_mismatch', path, message);
  }
}

function checkExtras(
  source: AccessPolicySource['roles'][string],
  account: Account,
  path: Path,
  reporter: Reporter,
): void {
  const { externalId, region } = source;
  const wrong = externalId === undefined ? undefined : externalIdProblem(externalId);
  if (wrong !== undefined) reporter.error('external_id_invalid', [...path, 'externalId'], wrong);
  if (region === undefined) return;
  const partition = partitionOfRegion(region);
  if (partition === undefined) {
    reporter.error('region_unknown', [...path, 'region'], `"${region}" is no AWS region`);
  } else if (partition !== account.partition) {
    const message = `region ${region} is in partition ${partition}, account "${account.name}" in ${account.partition}`;
    reporter.error('partition_mismatch', [...path, 'region'], message);
  }
}
