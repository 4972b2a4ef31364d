/**
 * Amazon Resource Names, and the partitions they live in.
 *
 *     arn:partition:service:region:account-id:resource
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */

export type PartitionName = 'aws' | 'aws-cn' | 'aws-us-gov';

/** What differs between partitions. Nothing ever crosses from one to another. */
export interface PartitionFacts {
  readonly name: PartitionName;
  /** Regions of this partition start with one of these; a region of no other partition does. */
  readonly regionPrefixes: readonly string[];
  /** DNS suffix of the service endpoints. */
  readonly dnsSuffix: string;
  /** Host of the federation endpoint that turns credentials into a console sign-in. */
  readonly signInHost: string;
  /** Host of the console itself; services and regions are below it. */
  readonly consoleHost: string;
  /** Consoles of services that have a host of their own, with nothing below it. */
  readonly otherConsoleHosts: readonly string[];
}

export const PARTITIONS: Readonly<Record<PartitionName, PartitionFacts>> = {
  aws: {
    name: 'aws',
    regionPrefixes: ['af-', 'ap-', 'ca-', 'eu-', 'il-', 'me-', 'mx-', 'sa-', 'us-'],
    dnsSuffix: 'amazonaws.com',
    signInHost: 'signin.aws.amazon.com',
    consoleHost: 'console.aws.amazon.com',
    otherConsoleHosts: ['health.aws.amazon.com', 'lightsail.aws.amazon.com'],
  },
  'aws-cn': {
    name: 'aws-cn',
    regionPrefixes: ['cn-'],
    dnsSuffix: 'amazonaws.com.cn',
    signInHost: 'signin.amazonaws.cn',
    consoleHost: 'console.amazonaws.cn',
    otherConsoleHosts: ['health.amazonaws.cn'],
  },
  'aws-us-gov': {
    name: 'aws-us-gov',
    regionPrefixes: ['us-gov-'],
    dnsSuffix: 'amazonaws.com',
    signInHost: 'signin.amazonaws-us-gov.com',
    consoleHost: 'console.amazonaws-us-gov.com',
    otherConsoleHosts: ['phd.amazonaws-us-gov.com'],
  },
};

const REGION = /^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$/;

export function isPartition(text: string): text is PartitionName {
  return Object.hasOwn(PARTITIONS, text);
}

/** The partition a region belongs to, by its name; undefined when it is no region's name. */
export function partitionOfRegion(region: string): PartitionName | undefined {
  if (!REGION.test(region)) return undefined;
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return PARTITIONS.aws.regionPrefixes.some((prefix) => region.startsWith(prefix)) ? 'aws' : undefined;
}

export function isRegionOf(region: string, partition: PartitionName): boolean {
  return partitionOfRegion(region) === partition;
}

/**
 * The regional STS endpoint, `https://sts.<region>.amazonaws.com[.cn]`.
 *
 * @throws RangeError when the region is in no partition
 */
export function stsEndpoint(region: string): string {
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw new RangeError(`region "${region}" is in no partition`);
  return `https://sts.${region}.${PARTITIONS[partition].dnsSuffix}`;
}

export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly accountId: string;
  /** Everything after the fifth colon; may itself hold colons and slashes. */
  readonly resource: string;
}

/** The six parts of an ARN, or undefined when it does not have them. Does not judge the parts. */
export function parseArn(text: string): Arn | undefined {
  const parts = splitArn(text);
  if (parts === undefined) return undefined;
  const [, partition, service, region, accountId, resource] = parts;
  if (partition === '' || service === '' || resource === '') return undefined;
  return { partition, service, region, accountId, resource };
}

export function formatArn(arn: Arn): string {
  return `arn:${arn.partition}:${arn.service}:${arn.region}:${arn.accountId}:${arn.resource}`;
}

export type ArnParts = readonly [string, string, string, string, string, string];

/** Splits at the first five colons; undefined when there are fewer or the text does not start with `arn:`. */
export function splitArn(text: string): ArnParts | undefined {
  if (!text.startsWith('arn:')) return undefined;
  const parts: string[] = [];
  let start = 0;
  for (let count = 0; count < 5; count++) {
    const colon = text.indexOf(':', start);
    if (colon < 0) return undefined;
    parts.push(text.slice(start, colon));
    start = colon + 1;
  }
  parts.push(text.slice(start));
  return parts as unknown as ArnParts;
}

export interface RoleArn {
  readonly partition: PartitionName;
  readonly accountId: string;
  /** `/` or `/a/path/`. */
  readonly path: string;
  readonly name: string;
}

const ACCOUNT_ID = /^[0-9]{12}$/;
/** IAM: a path is 1–512 of `!`–`~` between slashes; a role's name 1–64 of `[A-Za-z0-9_+=,.@-]`. */
const ROLE_RESOURCE = /^role(\/(?:[!-.0-~]+\/)*)([A-Za-z0-9_+=,.@-]{1,64})$/;

export function isAccountId(text: string): boolean {
  return ACCOUNT_ID.test(text);
}

/**
 * The parts of an IAM role's ARN, `arn:aws:iam::111122223333:role/path/Name`, or undefined when it is anything
 * else: an unknown partition, a region, a wildcard, another kind of resource.
 */
export function parseRoleArn(text: string): RoleArn | undefined {
  const arn = parseArn(text);
  if (arn === undefined || !isPartition(arn.partition)) return undefined;
  if (arn.service !== 'iam' || arn.region !== '' || !isAccountId(arn.accountId)) return undefined;
  const resource = ROLE_RESOURCE.exec(arn.resource);
  const [, path, name] = resource ?? [];
  if (path === undefined || name === undefined || path.length > 512) return undefined;
  // `*` and `?` are legal in IAM paths but would be wildcards wherever this ARN is put into a policy.
  if (path.includes('*') || path.includes('?')) return undefined;
  return { partition: arn.partition, accountId: arn.accountId, path, name };
}

/** `arn:aws:iam::111122223333:role/path/Admin` → `arn:aws:sts::111122223333:assumed-role/Admin/<session>`. */
export function assumedRoleArn(request: { readonly roleArn: string; readonly roleSessionName: string }): string {
  const [, partition, , , account, resource] = request.roleArn.split(':');
  const name = resource?.split('/').at(-1);
  return `arn:${partition}:sts::${account}:assumed-role/${name}/${request.roleSessionName}`;
}
