interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text and what is to be changed in it, by offsets of the text as it was. What is not named stays, byte for byte. */
export class TextEdits {
  readonly source: string;
  /** As the text ends its lines. */
  readonly newline: string;
  readonly #edits: Edit[] = [];

  constructor(source: string) {
    this.source = source;
    this.newline = source.includes('\r\n') ? '\r\n' : '\n';
  }

  insert(at: number, text: string): void {
    this.replace(at, at, text);
  }

  /** Lines below the one that the offset is in, its comment included. */
  insertBelow(offset: number, lines: readonly string[]): void {
    const newline = this.source.indexOf('\n', offset);
    const end = newline < 0 ? this.source.length : this.source[newline - 1] === '\r' ? newline - 1 : newline;
    if (lines.length > 0) this.insert(end, lines.map((line) => this.newline + line).join(''));
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  isReplaced(start: number): boolean {
    return this.#edits.some((edit) => edit.start === start && edit.end > start);
  }

  /** The lines from one offset to the other, whole. */
  removeLines(start: number, end: number): void {
    const newline = this.source.indexOf('\n', end);
    this.replace(this.#lineStart(start), newline < 0 ? this.source.length : newline + 1, '');
  }

  /** The spaces that put something under what stands at the offset. */
  indentOf(offset: number): string {
    return ' '.repeat(offset - this.#lineStart(offset));
  }

  /** The text with all changes. Insertions at one place are in the order in which they were made. */
  toString(): string {
    const edits = this.#edits.map((edit, order) => ({ ...edit, order }));
    edits.sort((one, other) => one.start - other.start || one.order - other.order);
    const parts: string[] = [];
    let at = 0;
    for (const { start, end, text } of edits) {
      parts.push(this.source.slice(at, start), text);
      at = Math.max(at, end);
    }
    return parts.join('') + this.source.slice(at);
  }

  #lineStart(offset: number): number {
    return this.source.lastIndexOf('\n', offset - 1) + 1;
  }
}
