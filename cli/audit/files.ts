import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, reasonOf } from '../failure.ts';

/** A file of a folder, or why one of its entries is none. */
export type Found = { readonly path: string } | { readonly path: string; readonly problem: string };

/**
 * The file itself, or every file under the folder in the order of names. Hidden ones are somebody's drafts.
 *
 * @param isLeftOut names of folders that are not gone into
 * @throws Failure `local` when there is nothing of that name
 */
export function* filesUnder(path: string, isLeftOut: (folder: string) => boolean = () => false): Generator<Found> {
  let entries: Dirent[];
  try {
    if (!statSync(path).isDirectory()) {
      yield { path };
      return;
    }
    entries = readdirSync(path, { withFileTypes: true });
  } catch (thrown) {
    throw new Failure('local', `${path} cannot be read (${reasonOf(thrown)})`);
  }
  yield* inFolder(path, entries, isLeftOut);
}

function* inFolder(folder: string, entries: Dirent[], isLeftOut: (folder: string) => boolean): Generator<Found> {
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    // A link could lead anywhere, in a circle too.
    if (!entry.isFile() && !entry.isDirectory()) yield { path, problem: 'it is neither a file nor a folder' };
    else if (entry.isFile()) yield { path };
    else if (!isLeftOut(entry.name)) {
      let inner: Dirent[];
      try {
        inner = readdirSync(path, { withFileTypes: true });
      } catch (thrown) {
        yield { path, problem: `it cannot be read (${reasonOf(thrown)})` };
        continue;
      }
      yield* inFolder(path, inner, isLeftOut);
    }
  }
}
