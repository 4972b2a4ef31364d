import { DARK, LIGHT, type Palette } from './palette.ts';

/** The page's one style sheet. Colours are variables; paper has the light ones. */
export const STYLE = `
:root { color-scheme: light dark; ${variables(LIGHT)} }
@media (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
@media print { :root { color-scheme: light; ${variables({ ...LIGHT, page: '#ffffff' })} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 .25rem; }
details + h2 { margin-top: 1.5rem; }
a { color: var(--issued); }
p { margin: 0 0 .75rem; max-width: 48rem; }
.quiet, caption, .unit { color: var(--quiet); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1.25rem; margin: 1rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .75rem; margin: 1.25rem 0 1rem;
  padding: 0; list-style: none; }
.figures li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.figures b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figures .is-refused { color: var(--refused); }
.stands-out { margin: .25rem 0 0; padding-left: 1.2rem; }
.stands-out li { margin: .25rem 0; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1rem; align-items: start;
  margin: 1rem 0; }
.two section { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.time { white-space: nowrap; }
thead td { border-top: 0; }
th :is(bdi, code), td :is(bdi, code) { display: inline-block; max-width: 22rem; overflow-wrap: break-word; vertical-align: top; }
p :is(bdi, code), td.text bdi { overflow-wrap: anywhere; }
tbody th .quiet { font-weight: 400; }
code { font: .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
svg { display: block; max-width: 100%; }
.wide > svg { height: auto; min-width: 44rem; }
svg.bar { display: inline-block; vertical-align: middle; max-width: none; }
svg text { fill: var(--quiet); font-size: 11px; }
.issued { fill: var(--issued); } .refused { fill: var(--refused); }
.axis { stroke: var(--line); stroke-width: 1; }
.legend { display: flex; gap: 1.25rem; font-size: .875rem; margin: .5rem 0; }
.legend svg { display: inline-block; vertical-align: -1px; margin-right: .4rem; }
.heat { table-layout: fixed; min-width: 46rem; }
.heat th, .heat td { border: 1px solid var(--line); padding: .2rem 0; text-align: center; font-size: .75rem; font-weight: 400; }
.heat tbody th, .heat thead th:first-child { text-align: left; width: 5.5rem; padding-left: .4rem; font-size: .8125rem; }
${LIGHT.heat.map((_, level) => `.heat .h${level} { background: var(--h${level}); color: var(--t${level}); }`).join('\n')}
details { margin-top: .5rem; }
summary { cursor: pointer; color: var(--quiet); font-size: .875rem; }
summary:focus-visible { outline: 2px solid var(--issued); outline-offset: 2px; }
.more { margin: .5rem 0 0; color: var(--quiet); font-size: .875rem; }
footer { color: var(--quiet); font-size: .8125rem; margin-top: 1.5rem; }
footer p { max-width: none; margin: 0 0 .25rem; }
@media print {
  html { font-size: 12px; }
  body { font-size: 1rem; }
  main { max-width: none; padding: 0; }
  section { break-inside: auto; border-radius: 0; }
  .figures { grid-template-columns: repeat(4, 1fr); }
  tr, svg, .figures li { break-inside: avoid; }
  h2, caption, thead { break-after: avoid; }
  .wide { overflow: visible; }
  .heat, .wide > svg { min-width: 0; }
  .heat td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details:not([open]) { display: none; }
  th :is(bdi, code), td :is(bdi, code) { max-width: 18rem; }
}
`;

function variables({ heat, ...colours }: Palette): string {
  const plain = Object.entries(colours).map(([name, colour]) => `--${name}: ${colour};`);
  const levels = heat.map(([background, text], level) => `--h${level}: ${background}; --t${level}: ${text};`);
  return [...plain, ...levels].join(' ');
}
