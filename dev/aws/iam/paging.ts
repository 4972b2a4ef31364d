import { validationError } from '../error.ts';
import type { Parameters } from '../query-protocol.ts';

export interface Page<Item> {
  readonly items: Item[];
  readonly IsTruncated: boolean;
  /** Opaque; there only when `IsTruncated`. */
  readonly Marker?: string;
}

/** IAM's paging: `MaxItems` 1–1000, default 100, and a `Marker` that goes on where the last page ended. */
export function page<Item>(all: readonly Item[], parameters: Parameters): Page<Item> {
  const size = parameters.integer('MaxItems') ?? 100;
  if (size < 1 || size > 1000) throw refusal('maxItems', 'between 1 and 1000');
  const marker = parameters.get('Marker');
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0 || start > all.length)
    throw refusal('marker', 'a Marker of an earlier answer');
  const end = start + size;
  const items = all.slice(start, end);
  if (end >= all.length) return { items, IsTruncated: false };
  return { items, IsTruncated: true, Marker: Buffer.from(String(end)).toString('base64url') };
}

function refusal(member: string, expected: string): Error {
  return validationError([`Value at '${member}' failed to satisfy constraint: Member must be ${expected}`]);
}
