import { S3Error } from './error.ts';

/** A part of an object, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * One range of bytes. S3 takes no lists of them, and a header that is none is as if it were not there.
 *
 * @returns undefined for the whole object
 * @throws S3Error InvalidRange
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-byte-ranges
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    if (length === 0) throw invalid(header, size);
    return { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw invalid(header, size);
  return { start, end };
}

function invalid(header: string | undefined, size: number): S3Error {
  const details = { RangeRequested: header, ActualObjectSize: size };
  return new S3Error('InvalidRange', undefined, details, { 'content-range': `bytes */${size}` });
}
