import { countedWords, grouped, roundUp } from '../numbers.ts';
import type { DayUse } from '../report.ts';
import { type Fragment, html, type Markup } from './markup.ts';

/** Charts in SVG. Each says in its title and description what it shows; the figures are in a table beside it. */

const WIDTH = 1040;
const [LEFT, RIGHT, TOP] = [44, 8, 10];
const [UPPER, LOWER, LABELS] = [150, 60, 22];

/** More bars than this are too thin to be seen: several days make one. */
const MOST_BARS = 130;

/** Sessions upwards, refusals downwards, each side with an axis of its own: told apart by place, not only by colour. */
export function dayChart(days: readonly DayUse[]): Markup {
  const bars = joined(days);
  const [most, mostRefused] = [greatest(bars, 'issued'), greatest(bars, 'refusals')];
  const [top, bottom] = [roundUp(Math.max(1, most)), roundUp(Math.max(1, mostRefused))];
  const middle = TOP + UPPER;
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, bars.length);
  const width = Math.max(1, step * 0.72);
  const columns = bars.map((bar, index) => {
    const x = LEFT + index * step + (step - width) / 2;
    const up = (bar.issued / top) * UPPER;
    const down = (bar.refusals / bottom) * LOWER;
    const words = `${bar.name}: ${countedWords(bar.issued, 'session')}, ${countedWords(bar.refusals, 'refusal')}`;
    return html`<g><title>${words}</title>${rect('issued', x, middle - up, width, up)}${rect('refused', x, middle + 1, width, down)}</g>`;
  });
  const every = Math.ceil(bars.length / 8);
  const labels = bars.map((bar, index) =>
    index % every === 0 && index * step < WIDTH - LEFT - 60
      ? html`<text x="${fixed(LEFT + index * step)}" y="${middle + LOWER + 18}">${bar.from}</text>`
      : undefined,
  );
  return html`<svg viewBox="0 0 ${WIDTH} ${TOP + UPPER + LOWER + LABELS}" width="${WIDTH}" role="img" aria-labelledby="days-title days-description">
<title id="days-title">Sessions and refusals by day</title>
<desc id="days-description">${description(bars, most, mostRefused)}</desc>
${axis(TOP, grouped(top))}${top % 2 === 0 ? axis(TOP + UPPER / 2, grouped(top / 2)) : undefined}${axis(middle, '0')}${axis(middle + LOWER, grouped(bottom))}
${columns}
${labels}
</svg>`;
}

/** A bar beside a number that says the same, so it is nothing to be read out. */
export function bar(count: number, most: number, kind: 'issued' | 'refused', width = 120): Markup {
  const length = most === 0 ? 0 : Math.max(count > 0 ? 1 : 0, (count / most) * width);
  return html`<svg class="bar" width="${width}" height="10" viewBox="0 0 ${width} 10" aria-hidden="true">${rect(kind, 0, 0, length, 10)}</svg>`;
}

export function legend(): Markup {
  const swatch = (kind: string) =>
    html`<svg width="12" height="12" aria-hidden="true"><rect class="${kind}" width="12" height="12"/></svg>`;
  return html`<div class="legend"><span>${swatch('issued')}sessions (upwards)</span><span>${swatch('refused')}refusals (downwards, own scale)</span></div>`;
}

interface Bar {
  /** The day, or the first and the last. */
  readonly name: string;
  readonly from: string;
  issued: number;
  refusals: number;
}

function joined(days: readonly DayUse[]): Bar[] {
  const size = Math.ceil(days.length / MOST_BARS);
  const bars: Bar[] = [];
  for (let at = 0; at < days.length; at += size) {
    const part = days.slice(at, at + size);
    const [first = '', last = ''] = [part[0]?.day, part.at(-1)?.day];
    const bar = { name: first === last ? first : `${first} to ${last}`, from: first, issued: 0, refusals: 0 };
    for (const { issued, refusals } of part) {
      bar.issued += issued;
      bar.refusals += refusals;
    }
    bars.push(bar);
  }
  return bars;
}

function greatest(bars: readonly Bar[], what: 'issued' | 'refusals'): number {
  return bars.reduce((most, bar) => Math.max(most, bar[what]), 0);
}

function description(bars: readonly Bar[], most: number, mostRefused: number): string {
  const busiest = bars.find(({ issued }) => issued === most);
  const refused = bars.find(({ refusals }) => refusals === mostRefused);
  if (busiest === undefined || most === 0) return 'No session was issued.';
  const refusals =
    mostRefused === 0 ? 'Nothing was refused.' : `Most refusals: ${grouped(mostRefused)} on ${refused?.name}.`;
  return `Most sessions: ${grouped(most)} on ${busiest.name}. ${refusals}`;
}

function axis(y: number, label: string): Fragment {
  return html`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${label}</text>`;
}

function rect(kind: string, x: number, y: number, width: number, height: number): Fragment {
  if (height <= 0 || width <= 0) return undefined;
  return html`<rect class="${kind}" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(height)}"/>`;
}

function fixed(length: number): string {
  return String(Math.round(length * 10) / 10);
}
