/** HTML that was made by `html` and nothing else, so that no text can pass for it. */
export class Markup {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** For `html` and for constants of this folder. Never of anything that was read. */
  static trusted(text: string): Markup {
    return new Markup(text);
  }
}

export type Fragment = string | number | Markup | undefined | readonly Fragment[];

/**
 * A template whose values are escaped, in text and in double-quoted attributes. Markup of another template stays as it
 * is; undefined is nothing.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) text += textOf(value) + (strings[index + 1] ?? '');
  return Markup.trusted(text);
}

function textOf(value: Fragment): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return escaped(String(value));
}

/**
 * Characters of HTML, and those that nobody sees: control and format characters, lone surrogates, separators of lines.
 * Bidirectional overrides among them would show one name as another.
 */
const SPECIAL = /[&<>"'`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** What cannot be seen is shown as `\u{202e}`. */
function escaped(text: string): string {
  return text.replace(
    SPECIAL,
    (character) => ENTITIES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
