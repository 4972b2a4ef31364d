/** One page of a list: what is asked for. */
export interface ListingRequest {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** The name of a key or common prefix; the page begins with the next one. Empty for the beginning. */
  readonly after: string;
  readonly limit: number;
}

export interface Listing {
  readonly keys: readonly string[];
  /** Keys rolled up to the first delimiter after the prefix, each once. */
  readonly commonPrefixes: readonly string[];
  /** The last name of the page, when there are more. */
  readonly next: string | undefined;
}

/**
 * One page of the keys that begin with a prefix. Keys and common prefixes are names of one order, and count alike.
 *
 * @param sorted all keys, in order of their UTF-8 bytes
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function listKeys(sorted: readonly string[], { prefix, delimiter, after, limit }: ListingRequest): Listing {
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  const afterBytes = Buffer.from(after);
  const prefixBytes = Buffer.from(prefix);
  // Rolled up or not, names are in the order of their keys.
  const start = firstIndex(sorted, (key) => {
    if (compareTo(prefixBytes, key) > 0) return false;
    return after === '' || compareTo(afterBytes, rolledUp(key, prefix, delimiter)) < 0;
  });
  if (limit === 0) return { keys, commonPrefixes, next: undefined };
  for (let index = start; index < sorted.length; index++) {
    const key = sorted[index] ?? '';
    if (!key.startsWith(prefix)) break;
    const name = rolledUp(key, prefix, delimiter);
    if (name === last) continue;
    if (keys.length + commonPrefixes.length === limit) return { keys, commonPrefixes, next: last };
    (isRolledUp(key, prefix, delimiter) ? commonPrefixes : keys).push(name);
    last = name;
  }
  return { keys, commonPrefixes, next: undefined };
}

function isRolledUp(key: string, prefix: string, delimiter: string): boolean {
  return delimiter !== '' && key.startsWith(prefix) && key.includes(delimiter, prefix.length);
}

function rolledUp(key: string, prefix: string, delimiter: string): string {
  if (!isRolledUp(key, prefix, delimiter)) return key;
  return key.slice(0, key.indexOf(delimiter, prefix.length) + delimiter.length);
}

function compareTo(bytes: Buffer, text: string): number {
  return Buffer.compare(bytes, Buffer.from(text));
}

/** The first index at which `holds`, which holds from some element on. */
function firstIndex(sorted: readonly string[], holds: (key: string) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}
