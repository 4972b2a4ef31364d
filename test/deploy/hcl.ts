/**
 * Reads one HCL expression: enough of the language for `jsonencode({ … })` of a policy document, and no more.
 * Objects, lists, strings without templates, and variables, which become `{ Ref: 'name' }`.
 *
 * @see https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md (Collection Values)
 */
export type Hcl = string | readonly Hcl[] | { readonly [key: string]: Hcl };

const TOKEN = /\s*(?:(?<string>"(?:[^"\\$%]|\\.)*")|(?<name>[A-Za-z_][\w.-]*)|(?<mark>[{}[\]=,]))/y;

/** The argument of the one `jsonencode(…)` behind `attribute =`. */
export function jsonencoded(source: string, attribute: string): Hcl {
  const opening = new RegExp(`^\\s*${attribute}\\s*=\\s*jsonencode\\(`, 'gm');
  const found = [...source.matchAll(opening)];
  const [only] = found;
  if (!only || found.length !== 1)
    throw new Error(`expected one jsonencode behind ${attribute}, found ${found.length}`);
  const reader = new Reader(source, only.index + only[0].length);
  return reader.value();
}

class Reader {
  readonly #source: string;
  #offset: number;

  constructor(source: string, offset: number) {
    this.#source = source;
    this.#offset = offset;
  }

  value(): Hcl {
    const { string, name, mark } = this.#next();
    if (string !== undefined) return JSON.parse(string) as string;
    if (mark === '{') return this.#object();
    if (mark === '[') return this.#list();
    if (name?.startsWith('var.')) return { Ref: name.slice(4) };
    throw new Error(`not an expression of a policy document: ${string ?? name ?? mark}`);
  }

  #object(): Hcl {
    const object: Record<string, Hcl> = {};
    for (;;) {
      const { string, name, mark } = this.#next();
      if (mark === '}') return object;
      if (mark === ',') continue;
      const key = name ?? (string && (JSON.parse(string) as string));
      if (key === undefined || this.#next().mark !== '=') throw new Error(`expected "key =" at offset ${this.#offset}`);
      if (key in object) throw new Error(`${key} is given twice`);
      object[key] = this.value();
    }
  }

  #list(): Hcl {
    const list: Hcl[] = [];
    for (;;) {
      const before = this.#offset;
      const { mark } = this.#next();
      if (mark === ']') return list;
      if (mark === ',') continue;
      this.#offset = before;
      list.push(this.value());
    }
  }

  #next(): { string?: string; name?: string; mark?: string } {
    TOKEN.lastIndex = this.#offset;
    const match = TOKEN.exec(this.#source);
    if (!match?.groups) throw new Error(`unexpected text at offset ${this.#offset}`);
    this.#offset = TOKEN.lastIndex;
    return match.groups;
  }
}
