import type { ArnParts } from '../arn.ts';
import { hasWildcard } from '../glob.ts';
import { arnFields } from '../resource.ts';

/**
 * A pattern of `Resource`, made comparable with the ARNs of resource types: six fields, in which a policy variable
 * stands for any text. Undefined for what is no ARN, and for `*`.
 */
export function arnPattern(pattern: string): ArnParts | undefined {
  const fields = arnFields(pattern)?.map((field) => field.replace(/\$\{[^}]*\}/g, '*'));
  if (fields === undefined) return undefined;
  // A "*" that ends an ARN early stands for the fields that are missing.
  if (fields.length < 6 && !pattern.endsWith('*')) return undefined;
  while (fields.length < 6) fields.push('*');
  return fields as unknown as ArnParts;
}

/** What AWS publishes for everybody, in ARNs without an account where others have one. */
const PUBLISHED: ReadonlyMap<string, RegExp> = new Map([
  ['ssm', /^(parameter\/aws\/|document\/|automation-definition\/|\*|parameter\/?\*)/],
]);

/** Whether anything is both what the pattern and what the resource type's ARN stands for. */
export function overlaps(pattern: ArnParts, type: TypePattern): boolean {
  const isPublished = pattern[4] === '' && PUBLISHED.get(pattern[2])?.test(pattern[5]) === true;
  for (let field = 1; field < (isPublished ? 4 : 5); field++) {
    if (!fieldOverlaps(pattern[field] ?? '', type.fields[field] ?? '')) return false;
  }
  return intersects(resourceTokens(pattern[5]), type.tokens);
}

/** The fields before the resource, of which those of a type are a placeholder or a plain text. */
export function fieldOverlaps(pattern: string, field: string): boolean {
  if (field.startsWith('${') || field === '*') return pattern !== '';
  if (!hasWildcard(pattern)) return pattern === field;
  return intersects(resourceTokens(pattern), resourceTokens(field));
}

/** A resource type's ARN, taken apart. */
export interface TypePattern {
  readonly fields: ArnParts;
  readonly tokens: readonly number[];
}

const ANY_RUN = -1;
const ANY_ONE = -2;
/** The same for names that hold no slash. */
const NAME_RUN = -3;
const NAME_ONE = -4;
const SLASH = 0x2f;

/**
 * Placeholders whose values hold no slash, where the next resource type begins with one: an object's ARN is its
 * bucket's with a slash and the key. Any other may stand for any text, as names with paths do.
 */
const PLAIN_NAMES = new Set(['s3:${BucketName}', 'dynamodb:${TableName}', 's3express:${BucketName}']);

/** @param arn such as `arn:${Partition}:s3:::${BucketName}/${ObjectName}` */
export function typePattern(arn: string): TypePattern | undefined {
  const fields = arnFields(arn);
  if (fields === undefined || fields.length !== 6) return undefined;
  const [, , service = '', , , resource = ''] = fields;
  const tokens: number[] = [];
  for (const part of resource.split(/(\$\{[^}]*\})/)) {
    if (!part.startsWith('${')) tokens.push(...resourceTokens(part));
    else if (PLAIN_NAMES.has(`${service}:${part}`)) tokens.push(NAME_ONE, NAME_RUN);
    else tokens.push(ANY_ONE, ANY_RUN);
  }
  return { fields: fields as unknown as ArnParts, tokens };
}

function resourceTokens(pattern: string): number[] {
  const tokens: number[] = [];
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index];
    if (character === '*') {
      if (tokens.at(-1) !== ANY_RUN) tokens.push(ANY_RUN);
    } else tokens.push(character === '?' ? ANY_ONE : pattern.charCodeAt(index));
  }
  return tokens;
}

/**
 * Whether two patterns have a text in common. Row by row over all pairs of places in them that one text can reach:
 * |one| × |other| steps at most, and far fewer where they differ early.
 */
function intersects(one: readonly number[], other: readonly number[]): boolean {
  let row = new Uint8Array(other.length + 1);
  row[0] = 1;
  for (let at = 0; ; at++) {
    const token = one[at];
    const next = new Uint8Array(other.length + 1);
    let alive = false;
    for (let place = 0; place <= other.length; place++) {
      if (row[place] !== 1) continue;
      alive = true;
      const wanted = other[place];
      if (isRun(wanted)) {
        row[place + 1] = 1;
        if (token !== undefined && !isRun(token) && meets(token, wanted)) next[place] = 1;
      }
      if (token === undefined) continue;
      if (isRun(token)) {
        next[place] = 1;
        if (wanted !== undefined && !isRun(wanted) && meets(wanted, token)) row[place + 1] = 1;
      } else if (wanted !== undefined && !isRun(wanted) && meets(token, wanted)) next[place + 1] = 1;
    }
    if (token === undefined) return row[other.length] === 1;
    if (!alive) return false;
    row = next;
  }
}

function isRun(token: number | undefined): boolean {
  return token === ANY_RUN || token === NAME_RUN;
}

/** Whether one character can be both. */
function meets(one: number, other: number | undefined): boolean {
  if (one === other) return true;
  if (one >= 0 && other !== undefined && other >= 0) return false;
  const isName = (token: number | undefined) => token === NAME_ONE || token === NAME_RUN;
  return !((isName(one) && other === SLASH) || (isName(other) && one === SLASH));
}
