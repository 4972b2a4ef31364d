import { grouped } from '../numbers.ts';
import { type Fragment, html, type Markup } from './markup.ts';

export interface Column<Row> {
  /** Heading; empty for a picture of the number beside it. */
  readonly name: string;
  readonly cell: (row: Row) => Fragment;
  /** What the row is about: its heading. */
  readonly head?: boolean;
  readonly number?: boolean;
  /** Never broken over lines. */
  readonly time?: boolean;
  /** Of any length, and broken anywhere. */
  readonly text?: boolean;
}

export interface ListingOptions {
  readonly caption: string;
  /** What is said instead of an empty table. */
  readonly none?: string;
  /** Rows that are shown; how many more there are is said below. */
  readonly most?: number;
}

const MOST_ROWS = 25;

export function listing<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { caption, none = 'None.', most = MOST_ROWS }: ListingOptions,
): Markup {
  if (rows.length === 0) return html`<p class="quiet">${none}</p>`;
  const heads = columns.map(({ name, number }) =>
    name === '' ? html`<td></td>` : html`<th scope="col" class="${number === true ? 'number' : ''}">${name}</th>`,
  );
  const body = rows.slice(0, most).map(
    (row) => html`<tr>${columns.map((column) => cell(column, row))}</tr>
`,
  );
  const more = rows.length - most;
  return html`<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>
${body}</tbody></table>${more > 0 ? html`<p class="more">… and ${grouped(more)} more; <code>--format json</code> has all of them.</p>` : undefined}`;
}

function cell<Row>({ cell: content, head, number, time, text }: Column<Row>, row: Row): Markup {
  if (head === true) return html`<th scope="row">${content(row)}</th>`;
  const kind = number === true ? 'number' : time === true ? 'time' : text === true ? 'text' : '';
  return html`<td class="${kind}">${content(row)}</td>`;
}
