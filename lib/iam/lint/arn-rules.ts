import { nearest } from '../../nearest.ts';
import { type ArnParts, isAccountId, isPartition, PARTITIONS, partitionOfRegion } from '../arn.ts';
import { compileGlob, hasWildcard } from '../glob.ts';
import { resourcePatternProblem } from '../resource.ts';
import { arnPattern } from './arn-pattern.ts';
import type { LintScope } from './scope.ts';
import { isEverything } from './scope.ts';
import type { ElementView } from './statement-view.ts';

/** Partitions beside those that Daypass itself works in: isolated regions and the European sovereign cloud. */
const OTHER_PARTITIONS = ['aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f', 'aws-eusc'];

const REGION = /^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$/;

/** ARNs that cannot be anything's, whatever the actions are. */
export function checkArns({ texts }: ElementView, { document, data, findings }: LintScope): void {
  for (const { text, path } of texts) {
    if (findings.isFull) return;
    if (isEverything(text) || resourcePatternProblem(text, document.version === '2012-10-17') !== undefined) continue;
    const parts = arnPattern(text);
    const problem = parts === undefined ? undefined : arnProblem(parts, data.arnServices);
    if (problem !== undefined) findings.add('arn_invalid', path, problem.message, { hint: problem.hint });
  }
}

interface ArnProblem {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Fields with wildcards or variables may be right. */
function arnProblem(parts: ArnParts, services: ReadonlySet<string>): ArnProblem | undefined {
  const [, partition, service, region, account] = parts;
  if (!hasWildcard(partition) && !isPartition(partition) && !OTHER_PARTITIONS.includes(partition)) {
    const message = partition === '' ? 'the ARN names no partition' : `"${partition}" is no partition of AWS`;
    return { message, hint: `the partitions are ${Object.keys(PARTITIONS).join(', ')}` };
  }
  const known = hasWildcard(service) ? matchesAny(service, services) : services.has(service);
  if (!known) {
    const near = nearest(service, [...services]);
    const hint = near === undefined ? undefined : `did you mean arn:${partition}:${near}:…?`;
    return { message: service === '' ? 'the ARN names no service' : `no ARN has the service "${service}"`, hint };
  }
  if (region !== '' && !hasWildcard(region)) {
    if (!REGION.test(region)) return { message: `"${region}" is no region` };
    const home = partitionOfRegion(region);
    if (home !== undefined && isPartition(partition) && home !== partition) {
      return { message: `region ${region} is in partition ${home}, not ${partition}` };
    }
  }
  if (account !== '' && account !== 'aws' && !hasWildcard(account) && !isAccountId(account)) {
    if (/^[0-9]+$/.test(account)) return { message: `"${account}" is no account: an id has twelve digits` };
    return SPECIAL_ACCOUNTS.has(account) ? undefined : { message: `"${account}" is no account id` };
  }
  return undefined;
}

/** What stands for AWS itself in some services' ARNs. */
const SPECIAL_ACCOUNTS = new Set(['aws-managed', 'amazon', 'offering', 'cloudfront', 'aws-marketplace', 'ec2']);

function matchesAny(pattern: string, names: ReadonlySet<string>): boolean {
  const glob = compileGlob(pattern);
  for (const name of names) if (glob.matches(name)) return true;
  return false;
}
