/**
 * Walks over a JSON text (RFC 8259) without recursion and says where everything stands, or where it stops being JSON.
 * `JSON.parse` tells neither in a way that all versions of Node agree on.
 */
export interface JsonVisitor {
  /** A member's name, decoded; its value comes next. */
  key?(name: string, offset: number): void;
  /** A value starts: a scalar, or an object or array whose content and `close` follow. */
  value?(kind: 'object' | 'array' | 'scalar', offset: number): void;
  /** The innermost open object or array ends. */
  close?(): void;
}

export interface JsonSyntaxProblem {
  readonly code: 'json_invalid' | 'json_too_deep';
  /** UTF-16 code units from the start of the text. */
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

/** Levels. A policy has seven. */
export const MAX_JSON_DEPTH = 100;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[A-Za-z0-9_$.+-]+/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are what a JSON text must not hold
const STRING_END = /["\\\u0000-\u001f]/g;

/** @returns what is wrong, at the first place where it is; undefined when the whole text is JSON */
export function walkJson(text: string, visitor: JsonVisitor = {}): JsonSyntaxProblem | undefined {
  return new Walker(text, visitor).walk();
}

/** Thrown inside this file only, so that every rule can stop the walk where it stands. */
class Stop {
  readonly problem: JsonSyntaxProblem;

  constructor(problem: JsonSyntaxProblem) {
    this.problem = problem;
  }
}

class Walker {
  readonly #text: string;
  readonly #visitor: JsonVisitor;
  /** Where each open object or array starts. */
  readonly #open: number[] = [];
  #at = 0;

  constructor(text: string, visitor: JsonVisitor) {
    this.#text = text;
    this.#visitor = visitor;
  }

  walk(): JsonSyntaxProblem | undefined {
    try {
      this.#document();
      return undefined;
    } catch (thrown) {
      if (thrown instanceof Stop) return thrown.problem;
      throw thrown;
    }
  }

  #document(): void {
    this.#space();
    if (this.#at === this.#text.length) {
      throw stop(0, this.#text === '' ? 'it is empty' : 'it holds nothing but white space');
    }
    this.#value();
    while (this.#open.length > 0) this.#afterValue();
    this.#space();
    if (this.#at < this.#text.length) throw stop(this.#at, 'the document has ended, and more text follows');
  }

  /** One value up to its end; of an object or array, up to its first value or its end. */
  #value(): void {
    for (;;) {
      const start = this.#at;
      const character = this.#text[start];
      if (character === '{' || character === '[') {
        if (this.#open.length === MAX_JSON_DEPTH) {
          const message = `nested more than ${MAX_JSON_DEPTH} levels deep; a policy has seven`;
          throw new Stop({ code: 'json_too_deep', offset: start, message });
        }
        this.#visitor.value?.(character === '{' ? 'object' : 'array', start);
        this.#open.push(start);
        this.#at++;
        this.#space();
        if (this.#text[this.#at] === (character === '{' ? '}' : ']')) {
          this.#close();
          return;
        }
        if (character === '{') this.#key();
        continue;
      }
      this.#visitor.value?.('scalar', start);
      this.#scalar();
      return;
    }
  }

  /** A comma and the next value, or the end of what is open. */
  #afterValue(): void {
    const inObject = this.#text[this.#open.at(-1) ?? 0] === '{';
    this.#space();
    const character = this.#text[this.#at];
    if (character === (inObject ? '}' : ']')) {
      this.#close();
      return;
    }
    if (character === undefined) throw this.#endsInside();
    if (character !== ',') throw this.#noComma(character, inObject);
    const comma = this.#at;
    this.#at++;
    this.#space();
    const next = this.#text[this.#at];
    if (next === '}' || next === ']') throw stop(comma, `a comma before "${next}"`, 'JSON has no trailing commas');
    if (next === ',') throw stop(this.#at, 'a second comma in a row');
    if (inObject) this.#key();
    this.#value();
  }

  #key(): void {
    const start = this.#at;
    const character = this.#text[start];
    if (character === undefined) throw this.#endsInside();
    if (character !== '"') throw this.#notAName(character);
    const name = this.#string();
    this.#space();
    if (this.#text[this.#at] !== ':') {
      if (this.#at === this.#text.length) throw this.#endsInside();
      throw stop(this.#at, 'a colon is missing between a name and its value');
    }
    this.#at++;
    this.#space();
    this.#visitor.key?.(name, start);
  }

  #scalar(): void {
    const start = this.#at;
    const character = this.#text[start];
    if (character === '"') {
      this.#string();
      return;
    }
    if (character === undefined) throw this.#endsInside();
    const word = match(WORD, this.#text, start);
    if (word === 'true' || word === 'false' || word === 'null' || (word !== '' && match(NUMBER, word, 0) === word)) {
      this.#at += word.length;
      return;
    }
    throw this.#notAValue(character, word);
  }

  /** @returns the text that it stands for, when anybody wants it */
  #string(): string {
    const { key } = this.#visitor;
    const start = this.#at;
    let escaped = false;
    for (let from = start + 1; ; ) {
      STRING_END.lastIndex = from;
      const found = STRING_END.exec(this.#text);
      const end = found?.index ?? this.#text.length;
      if (found?.[0] === '"') {
        this.#at = end + 1;
        if (!escaped) return key === undefined ? '' : this.#text.slice(start + 1, end);
        return JSON.parse(this.#text.slice(start, end + 1)) as string;
      }
      if (found?.[0] !== '\\') throw this.#notAString(start, end);
      escaped = true;
      const kind = this.#text[end + 1] ?? '';
      if (kind === 'u') {
        if (!/^[0-9A-Fa-f]{4}$/.test(this.#text.slice(end + 2, end + 6))) {
          throw stop(end, '"\\u" without four hexadecimal digits behind it');
        }
        from = end + 6;
      } else if ('"\\/bfnrt'.includes(kind) && kind !== '') {
        from = end + 2;
      } else if (kind === '') throw stop(start, 'a text that starts here never ends');
      else throw stop(end, `"\\${kind}" is no escape of JSON`, 'a backslash itself is written \\\\');
    }
  }

  #close(): void {
    this.#open.pop();
    this.#at++;
    this.#visitor.close?.();
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #endsInside(): Stop {
    const start = this.#open.at(-1);
    if (start === undefined) return stop(this.#at, 'the text ends where a value belongs');
    const what = this.#text[start] === '{' ? 'object' : 'list';
    return stop(start, `the text ends before the ${what} that starts here is closed`);
  }

  #noComma(character: string, inObject: boolean): Stop {
    if (isComment(character)) return stop(this.#at, 'a comment', 'JSON has no comments');
    if (character === '}' || character === ']') {
      return stop(this.#at, `"${character}" closes what was opened with "${inObject ? '{' : '['}"`);
    }
    if (character === ':') return stop(this.#at, inObject ? 'a second colon' : 'a colon in a list');
    return stop(this.#at, 'a comma is missing before this');
  }

  #notAName(character: string): Stop {
    if (isComment(character)) return stop(this.#at, 'a comment', 'JSON has no comments');
    if (character === ',') return stop(this.#at, 'a comma where a name belongs');
    return stop(this.#at, 'a name in double quotes belongs here', quoteHint(character));
  }

  #notAValue(character: string, word: string): Stop {
    if (isComment(character)) return stop(this.#at, 'a comment', 'JSON has no comments');
    if (character === ',' || character === '}' || character === ']' || character === ':') {
      return stop(this.#at, `"${character}" where a value belongs`);
    }
    const small = word.toLowerCase();
    if (word !== small && /^(true|false|null)$/.test(small)) {
      return stop(this.#at, `"${word}" is no value of JSON`, `write ${small}`);
    }
    if (small === 'none') return stop(this.#at, `"${word}" is no value of JSON`, 'write null');
    if (/^[+-]?[0-9.]/.test(word)) return stop(this.#at, `"${word.slice(0, 60)}" is no number of JSON`);
    const message = word === '' ? 'no value of JSON starts like this' : `"${word.slice(0, 60)}" is no value of JSON`;
    return stop(this.#at, message, quoteHint(character));
  }

  #notAString(start: number, end: number): Stop {
    const code = this.#text.charCodeAt(end);
    if (end === this.#text.length || code === 0x0a || code === 0x0d) {
      const where = end === this.#text.length ? 'never ends' : 'does not end on its line';
      return stop(start, `a text that starts here ${where}`, 'a line end inside a text is written \\n');
    }
    if (code === 0x09) return stop(end, 'a tab inside a text', 'write \\t');
    return stop(end, `a control character (U+${code.toString(16).padStart(4, '0')}) inside a text`);
  }
}

function stop(offset: number, message: string, hint?: string): Stop {
  return new Stop({
    code: 'json_invalid',
    offset,
    message: `not JSON: ${message}`,
    ...(hint !== undefined && { hint }),
  });
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function isComment(character: string): boolean {
  return character === '/' || character === '#';
}

function quoteHint(character: string): string | undefined {
  if ("'`“”„‘’".includes(character)) return 'the quotes of JSON are "';
  return /[A-Za-z_$]/.test(character) ? 'put it in double quotes' : undefined;
}
