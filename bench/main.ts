import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { coldLoad } from './cold-load.ts';
import { cachedCommand } from './command.ts';
import { decisions } from './decide.ts';
import { evaluations } from './evaluate.ts';
import type { Figure } from './figure.ts';
import { ledger } from './ledger.ts';
import { portal } from './portal.ts';
import { requests } from './requests.ts';
import { reviews } from './review.ts';
import { sso } from './sso.ts';

/**
 * `npm run bench`: every figure is a ratio against a floor measured in the same run, or the time of something
 * that does no input or output. A missed target is shown, and does not fail the run: machines differ.
 */
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const directory = mkdtempSync(path.join(tmpdir(), 'daypass-bench-'));
const figures: Figure[] = [];
try {
  for (const bench of [coldLoad, requests, portal, sso, decisions, evaluations, reviews, ledger, cachedCommand]) {
    process.stderr.write(`measuring ${bench.name} …\n`);
    figures.push(...(await bench(directory)));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.stdout.write(values.json ? `${JSON.stringify(figures, undefined, 2)}\n` : table(figures));

function table(rows: readonly Figure[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, value, unit, target, ok }) => {
      const goal = target === null ? '' : `target ≤ ${target} ${unit}`.padEnd(17);
      const verdict = target === null ? '' : ok ? 'ok' : 'MISSED';
      return `${name.padEnd(width)}  ${String(value).padStart(6)} ${unit.padEnd(2)}  ${goal}  ${verdict}\n`;
    })
    .join('');
}
