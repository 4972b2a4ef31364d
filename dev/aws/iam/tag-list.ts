import { AwsError } from '../error.ts';
import type { Parameters, Xml } from '../query-protocol.ts';
import { invalid, limitExceeded } from './constraints.ts';

const MAXIMUM_TAGS = 50;

/** `Tags.member.N`, whose keys differ in more than case. */
export function tagsOf(parameters: Parameters): [string, string][] {
  const tags = parameters
    .structures('Tags', ['Key', 'Value'])
    .map(({ Key, Value }): [string, string] => [Key ?? '', Value ?? '']);
  if (tags.length > MAXIMUM_TAGS) throw invalid('tags', 'at most 50');
  const shape = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
  for (const [key, value] of tags) {
    if (key.length < 1 || key.length > 128 || !shape.test(key))
      throw invalid('tags.member.key', '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+');
    if (value.length > 256 || !shape.test(value)) throw invalid('tags.member.value', '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*');
    if (key.toLowerCase().startsWith('aws:'))
      throw new AwsError('InvalidInput', 400, 'System tags cannot be added/updated by requester');
  }
  if (new Set(tags.map(([key]) => key.toLowerCase())).size !== tags.length) {
    const message = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.';
    throw new AwsError('InvalidInput', 400, message);
  }
  return tags;
}

/** The tags an entity has after these were put on it. */
export function withTags(
  existing: ReadonlyMap<string, string>,
  added: readonly (readonly [string, string])[],
): Map<string, string> {
  const folded = new Set(added.map(([key]) => key.toLowerCase()));
  const merged = new Map([...[...existing].filter(([key]) => !folded.has(key.toLowerCase())), ...added]);
  if (merged.size > MAXIMUM_TAGS) throw limitExceeded('TagsPerEntity', MAXIMUM_TAGS);
  return merged;
}

export function tagsXml(tags: ReadonlyMap<string, string>): Xml[] {
  return [...tags].map(([key, value]) => ({ Key: key, Value: value }));
}

/** `Tags` of a description: left out where there are none, as IAM does. */
export function someTagsXml(tags: ReadonlyMap<string, string>): Xml {
  return tags.size === 0 ? undefined : tagsXml(tags);
}
