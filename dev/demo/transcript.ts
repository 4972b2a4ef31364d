import { stripVTControlCharacters, styleText } from 'node:util';
import type { StepFailed } from './expect.ts';
import { SecretKeeper } from './mask.ts';

const PAGE_WIDTH = 100;

type Style = Parameters<typeof styleText>[0];

/**
 * The demo's output: headings in plain words, what was asked (`>`), what came (`<`) and the essential part of it.
 * Colours on a terminal only. Nothing is written that `secrets` was told to keep.
 */
export class Transcript {
  readonly secrets = new SecretKeeper();
  readonly #stream: NodeJS.WritableStream;
  #steps = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  title(text: string): void {
    this.#write('', this.#styled('bold', text), '');
  }

  /** What the next lines show. */
  step(heading: string): void {
    this.#steps += 1;
    this.#write('', this.#styled(['bold', 'cyan'], `${String(this.#steps).padStart(2)}. ${heading}`));
  }

  asked(text: string): void {
    this.#write(`    ${this.#styled('dim', '>')} ${text}`);
  }

  came(text: string, good: boolean): void {
    this.#write(`    ${this.#styled('dim', '<')} ${this.#styled(good ? 'green' : 'yellow', text)}`);
  }

  line(text: string): void {
    this.#write(text);
  }

  note(text: string): void {
    this.#write(`      ${text}`);
  }

  /** Names and values in two columns. */
  fields(fields: Readonly<Record<string, string>>): void {
    const width = Math.max(...Object.keys(fields).map(({ length }) => length));
    for (const [name, value] of Object.entries(fields)) {
      this.note(`${this.#styled('dim', name.padEnd(width))}  ${value}`);
    }
  }

  /** Columns as wide as their widest value; a table too wide for the page is set tighter. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
    const roomy = 6 + widths.reduce((sum, width) => sum + width + 2, -2) <= PAGE_WIDTH;
    const [margin, gap] = roomy ? ['      ', '  '] : ['  ', ' '];
    const laid = (row: readonly string[]): string =>
      `${margin}${row.map((value, column) => value.padEnd(widths[column] ?? 0)).join(gap)}`.trimEnd();
    this.#write(this.#styled('dim', laid(head)), ...rows.map(laid));
  }

  done(text: string): void {
    this.#write('', this.#styled(['bold', 'green'], text));
  }

  failed({ what, expected, came }: StepFailed): void {
    this.#write(
      '',
      this.#styled(['bold', 'red'], `Step ${this.#steps} did not show what it claims: ${what}`),
      `    expected  ${shown(expected)}`,
      `    came      ${shown(came)}`,
    );
  }

  /** Something failed that is not about what a step shows. */
  broke(error: unknown, output = ''): void {
    const message = error instanceof Error ? error.message : String(error);
    const where = this.#steps === 0 ? 'The local stack did not start' : `Step ${this.#steps} broke off`;
    this.#write('', this.#styled(['bold', 'red'], `${where}: ${message}`));
    if (output.trim() !== '') this.#write('The local gateway said last:', stripVTControlCharacters(output.trim()));
  }

  #write(...lines: readonly string[]): void {
    this.#stream.write(`${this.secrets.hide(lines.join('\n'))}\n`);
  }

  /** Plain where the stream is no terminal or `NO_COLOR` is set. */
  #styled(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
