/** Texts that are held at most; what comes later is not shared. */
const MOST = 100_000;

/**
 * Texts that come again and again (roles, people, files), each held once. A log of a million sessions has a few
 * hundred of them.
 */
export class Words {
  readonly #held = new Map<string, string>();

  /** The same text, the one that is held. */
  share(text: string): string {
    const held = this.#held.get(text);
    if (held === undefined && this.#held.size < MOST) this.#held.set(text, text);
    return held ?? text;
  }

  /** The object with these members shared. */
  shareIn<Members extends object>(object: Members, names: readonly (keyof Members)[]): Members {
    for (const name of names) {
      const text = object[name];
      if (typeof text === 'string') object[name] = this.share(text) as Members[typeof name];
    }
    return object;
  }
}
