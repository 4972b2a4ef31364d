/**
 * Counts the keys of a stream in bounded memory, so that the frequent ones survive however many rare ones there are.
 * When there are more than `capacity`, the rarer half is given up and only its sum is known.
 */
export class Frequent<Value extends { count: number }> {
  readonly #capacity: number;
  readonly #values = new Map<string, Value>();
  #notListed = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The sum of the counts that were given up. */
  get notListed(): number {
    return this.#notListed;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  /** The value of the key, made on first sight. The caller counts it up. */
  at(key: string, make: () => Value): Value {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    if (this.#values.size >= this.#capacity) this.#giveUpTheRarer();
    const value = make();
    this.#values.set(key, value);
    return value;
  }

  values(): Value[] {
    return [...this.#values.values()];
  }

  #giveUpTheRarer(): void {
    const byCount = [...this.#values].sort(([, one], [, other]) => other.count - one.count);
    for (const [key, { count }] of byCount.slice(this.#capacity >> 1)) {
      this.#values.delete(key);
      this.#notListed += count;
    }
  }
}
