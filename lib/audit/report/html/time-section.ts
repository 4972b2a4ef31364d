import { grouped } from '../numbers.ts';
import type { AuditReport } from '../report.ts';
import { dayChart, legend } from './charts.ts';
import { html, type Markup } from './markup.ts';
import { listing } from './table.ts';

/** When sessions were issued and requests refused. */
export function activity({ days, hours }: AuditReport): Markup {
  const busy = days.filter(({ issued, refusals }) => issued + refusals > 0);
  const table = listing(
    busy,
    [
      { name: 'Day', head: true, cell: ({ day }) => day },
      { name: 'Sessions', number: true, cell: ({ issued }) => grouped(issued) },
      { name: 'Refusals', number: true, cell: ({ refusals }) => grouped(refusals) },
    ],
    { caption: 'Days with sessions or refusals', most: 400 },
  );
  return html`<section id="outcomes" aria-labelledby="activity"><h2 id="activity">When</h2>
${legend()}
<div class="wide">${dayChart(days)}</div>
<details><summary>The figures by day</summary><div class="wide">${table}</div></details>
<h2>Sessions by hour of the week</h2>
<div class="wide">${heat(hours)}</div></section>`;
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** Levels of the heat table, none included. */
const LEVELS = 6;

function heat(hours: AuditReport['hours']): Markup {
  const most = Math.max(0, ...hours.flat());
  const level = (count: number): number => (count === 0 ? 0 : Math.max(1, Math.ceil((count / most) * (LEVELS - 1))));
  const head = Array.from({ length: 24 }, (_, hour) => html`<th scope="col">${String(hour).padStart(2, '0')}</th>`);
  const rows = hours.map(
    (counts, day) => html`<tr><th scope="row">${WEEKDAYS[day]}</th>${counts.map(
      (count) => html`<td class="h${level(count)}">${count === 0 ? '' : grouped(count)}</td>`,
    )}</tr>
`,
  );
  return html`<table class="heat"><caption>Sessions issued in each hour (UTC), all weeks together; an empty cell is none</caption>
<thead><tr><th scope="col">Day</th>${head}</tr></thead><tbody>
${rows}</tbody></table>`;
}
