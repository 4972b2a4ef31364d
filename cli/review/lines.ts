import { createReadStream } from 'node:fs';
import { Failure, reasonOf } from '../failure.ts';

/** A record of the audit log is at most 400 KB, as DynamoDB's items are; longer lines are not read into memory. */
const MAX_CHARACTERS = 1024 * 1024;

export interface Line {
  /** Undefined when it is too long. */
  readonly text: string | undefined;
  /** From 1. */
  readonly number: number;
}

/**
 * The lines of a file, or of standard input for `-`, that are not blank; one after the other, so that a file of any
 * size takes the memory of its longest line.
 *
 * @throws Failure `local` when it cannot be read
 */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  input.setEncoding('utf8');
  let number = 0;
  let pending = '';
  let isTooLong = false;
  try {
    for await (const chunk of input) {
      const pieces = `${pending}${chunk as string}`.split('\n');
      pending = pieces.pop() ?? '';
      for (const piece of pieces) {
        number += 1;
        const line = isTooLong || piece.length > MAX_CHARACTERS ? undefined : piece;
        isTooLong = false;
        if (line === undefined || line.trim() !== '') yield { text: line, number };
      }
      if (pending.length <= MAX_CHARACTERS) continue;
      isTooLong = true;
      pending = '';
    }
  } catch (thrown) {
    throw new Failure('local', `${file === '-' ? 'standard input' : file} cannot be read (${reasonOf(thrown)})`);
  }
  if (isTooLong || pending.trim() !== '') yield { text: isTooLong ? undefined : pending, number: number + 1 };
}
