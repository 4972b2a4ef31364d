import type { Item, RangeQuery, Table } from './dynamodb.ts';

/** Where a shard lies: a partition of the table or of an index. */
export type Partition = Pick<RangeQuery, 'index' | 'partition'>;

/** Items that one query brings at most: enough that a page is a few queries per shard, few enough to throw away. */
const LARGEST_CHUNK = 100;
const SMALLEST_CHUNK = 10;
/** Shards are filled by chance: the fullest of 16 has about so many times the share of each. */
const UNEVENNESS = 1.3;

/**
 * The items of several partitions as one sequence by sort key. Each shard keeps its own place and is read in
 * chunks as its items are used up, so that nothing is read twice and no more than a chunk per shard in vain.
 *
 * @param wanted how many items the reader hopes to take: a shard's first chunk is its share of them, the second one
 *   completes it to 100
 * @throws what the table throws
 */
export async function* readMerged(
  table: Table,
  partitions: readonly Partition[],
  range: Pick<RangeQuery, 'from' | 'to' | 'order'>,
  wanted = Number.POSITIVE_INFINITY,
): AsyncGenerator<Item> {
  if (range.from > range.to) return;
  const share = Math.max(Math.ceil((wanted / partitions.length) * UNEVENNESS), SMALLEST_CHUNK);
  const chunk = share > LARGEST_CHUNK - SMALLEST_CHUNK ? LARGEST_CHUNK : share;
  const shards = partitions.map((partition) => new Shard(table, partition, range, chunk));
  await Promise.all(shards.map((shard) => shard.fill()));
  for (;;) {
    let next: Shard | undefined;
    for (const shard of shards) if (shard.isBefore(next)) next = shard;
    const item = next?.take();
    if (item === undefined) return;
    yield item;
    await next?.fill();
  }
}

class Shard {
  readonly #table: Table;
  readonly #partition: Partition;
  readonly #order: RangeQuery['order'];
  #from: string;
  #to: string;
  /** What the next query brings. */
  #chunk: number;
  #taken = 0;
  #items: Item[] = [];
  #at = 0;
  #ended = false;

  constructor(table: Table, partition: Partition, range: Pick<RangeQuery, 'from' | 'to' | 'order'>, chunk: number) {
    this.#table = table;
    this.#partition = partition;
    this.#order = range.order;
    this.#from = range.from;
    this.#to = range.to;
    this.#chunk = chunk;
  }

  /** Reads the next chunk when the last one is used up. */
  async fill(): Promise<void> {
    if (this.#at < this.#items.length || this.#ended) return;
    const range = { from: this.#from, to: this.#to, order: this.#order, limit: this.#chunk };
    this.#items = await this.#table.range({ ...this.#partition, ...range });
    this.#at = 0;
    this.#ended = this.#items.length < this.#chunk;
    this.#taken += this.#chunk;
    this.#chunk = LARGEST_CHUNK - (this.#taken % LARGEST_CHUNK);
    const last = this.#items.at(-1);
    if (last === undefined) return;
    if (this.#order === 'newest') this.#to = before(String(last['sk']));
    else this.#from = after(String(last['sk']));
    this.#ended ||= this.#from > this.#to;
  }

  /** Whether this shard's next item comes before the other's. */
  isBefore(other: Shard | undefined): boolean {
    const own = this.key;
    const others = other?.key;
    if (own === undefined || others === undefined) return own !== undefined;
    return this.#order === 'newest' ? own > others : own < others;
  }

  take(): Item | undefined {
    const item = this.#items[this.#at];
    this.#at += 1;
    return item;
  }

  /** The next item's sort key; undefined when there is none. */
  get key(): string | undefined {
    const item = this.#items[this.#at];
    return item && String(item['sk']);
  }
}

/** The greatest sort key less than `sk`: its last character one lower, then the highest there is. */
export function before(sk: string): string {
  return `${sk.slice(0, -1)}${String.fromCharCode(sk.charCodeAt(sk.length - 1) - 1)}\uffff`;
}

/** The least sort key greater than `sk`, as sort keys hold no control characters. */
export function after(sk: string): string {
  return `${sk}\u0001`;
}
