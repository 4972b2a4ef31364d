import type {
  AccessLevel,
  ConditionKey,
  KeyType,
  Service,
  ServiceAction,
  ServiceData,
} from '../../lib/iam/service-data.ts';
import { type Head, type KeyEntry, LEVELS, type ServiceLine } from './format.ts';

/**
 * The service data in a text as `format.ts` describes it. A service is parsed when it is first asked for.
 *
 * @throws SyntaxError when the text is none
 */
export function readServiceData(text: string): ServiceData {
  const start = text.indexOf('\n') + 1;
  const head = JSON.parse(text.slice(0, start)) as Head;
  const places = new Map(Object.entries(head.services));
  const read = new Map<string, Service>();
  return {
    day: head.day,
    prefixes: [...places.keys()],
    arnServices: new Set(head.arnServices),
    resourceControlServices: new Set(head.resourceControlServices),
    globalKeys: head.globalKeys.map(keyOf),
    service(prefix) {
      const folded = prefix.toLowerCase();
      const place = places.get(folded);
      if (place === undefined) return undefined;
      const known = read.get(folded);
      if (known !== undefined) return known;
      const line = text.slice(start + place[0], start + place[0] + place[1]);
      const service = serviceOf(folded, JSON.parse(line) as ServiceLine);
      read.set(folded, service);
      return service;
    },
  };
}

function serviceOf(prefix: string, { name, keys, types, actions }: ServiceLine): Service {
  const conditionKeys = keys.map(keyOf);
  const resourceTypes = types.map(([typeName, arn]) => ({ name: typeName, arn }));
  const pick = <T>(list: readonly T[], indexes: readonly number[]): T[] =>
    indexes.flatMap((index) => list[index] ?? []);
  const read = actions.map(([action, levels, typeIndexes, keyIndexes]): [string, ServiceAction] => [
    action.toLowerCase(),
    {
      name: `${prefix}:${action}`,
      accessLevels: [...levels].flatMap((letter) => (LEVELS as Readonly<Record<string, AccessLevel>>)[letter] ?? []),
      resourceTypes: pick(resourceTypes, typeIndexes),
      conditionKeys: pick(conditionKeys, keyIndexes),
    },
  ]);
  return { prefix, name, actions: new Map(read), conditionKeys };
}

function keyOf([name, type]: KeyEntry): ConditionKey {
  const multivalued = type.startsWith('ArrayOf');
  return { name, type: (multivalued ? type.slice('ArrayOf'.length) : type) as KeyType, multivalued };
}
