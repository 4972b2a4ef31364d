/**
 * The file in which the command carries the service data: `service-data.jsonl`, ASCII.
 *
 *     {"day":"2026-09-26","source":"…","services":{"s3":[offset,length],…},…}    the head, one line
 *     {"name":"Amazon S3","keys":[…],"types":[…],"actions":[…]}                  one line per service
 *
 * A policy names few services: the head says where the line of each stands, and only those are parsed.
 */
export interface Head {
  readonly day: string;
  /** Name and version of the package that it was made from. */
  readonly source: string;
  /** Prefix → offset of its line from the end of the head's, and length, in characters. */
  readonly services: Readonly<Record<string, readonly [number, number]>>;
  readonly arnServices: readonly string[];
  readonly resourceControlServices: readonly string[];
  readonly globalKeys: readonly KeyEntry[];
}

/** Name and type; the type is `ArrayOf…` for a key of several values. */
export type KeyEntry = readonly [name: string, type: string];

export interface ServiceLine {
  readonly name: string;
  readonly keys: readonly KeyEntry[];
  /** Name, ARN with placeholders. */
  readonly types: readonly (readonly [name: string, arn: string])[];
  /** Name, access levels as letters of `LEVELS`, indexes into `types`, indexes into `keys`. */
  readonly actions: readonly (readonly [
    name: string,
    levels: string,
    types: readonly number[],
    keys: readonly number[],
  ])[];
}

export const LEVELS = {
  L: 'List',
  R: 'Read',
  W: 'Write',
  T: 'Tagging',
  P: 'Permissions management',
} as const;
