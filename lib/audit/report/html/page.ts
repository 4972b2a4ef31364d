import { createHash } from 'node:crypto';
import { VERSION } from '../../../version.ts';
import { findings } from '../findings.ts';
import { countedWords, dayOfTime, grouped, lastInstantOf, minuteOf } from '../numbers.ts';
import type { AuditReport } from '../report.ts';
import { code } from './cells.ts';
import { html, Markup } from './markup.ts';
import { denials, firstAccess, grants, longest } from './review-sections.ts';
import { STYLE } from './style.ts';
import { activity } from './time-section.ts';
import { people, roles } from './use-sections.ts';

/**
 * The report as one HTML page that needs nothing else: no script, no request, no font. Its own Content Security Policy
 * allows this style sheet and nothing more, so that even a mistake in here could not run what a record holds.
 */
export function auditReportPage(report: AuditReport): string {
  const { period } = report;
  const days = `${dayOfTime(period.since)} to ${dayOfTime(lastInstantOf(period.until))}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleHash()}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>AWS access, ${days}</title>
<style>${Markup.trusted(STYLE)}</style>
</head>
<body>
<main>
<h1>AWS access, ${days}</h1>
<p class="quiet">What the Daypass audit log says about who used which AWS role. All times are UTC.</p>
${figures(report)}
${standsOut(report)}
${activity(report)}
${roles(report)}
${people(report)}
${grants(report)}
${denials(report)}
${firstAccess(report)}
${longest(report)}
${origin(report)}
</main>
</body>
</html>
`.text;
}

function styleHash(): string {
  return createHash('sha256').update(STYLE).digest('base64');
}

function figures({ totals }: AuditReport): Markup {
  const { outcomes } = totals;
  const figure = (count: number, words: string, kind?: string): Markup =>
    html`<li><b class="${count > 0 ? (kind ?? '') : ''}">${grouped(count)}</b><span class="unit">${words}</span></li>`;
  return html`<ul class="figures">
${figure(totals.sessions, 'sessions issued')}
${figure(totals.people, 'people')}
${figure(totals.roles, 'roles')}
${figure(totals.accounts, 'accounts')}
${figure(outcomes.denied, 'denied by policy', 'is-refused')}
${figure(outcomes.refused, 'bad token or request', 'is-refused')}
${figure(outcomes.failed, 'failed at AWS', 'is-refused')}
${figure(outcomes.unresolved + totals.unfinished, 'without a known end', 'is-refused')}
</ul>`;
}

function standsOut(report: AuditReport): Markup {
  const found = findings(report);
  const items = found.map(({ section, text }) => html`<li><a href="#${section}">${text}</a></li>`);
  return html`<section aria-labelledby="stands-out"><h2 id="stands-out">What stands out</h2>
${found.length === 0 ? html`<p class="quiet">Nothing.</p>` : html`<ul class="stands-out">${items}</ul>`}</section>`;
}

function origin({ period, baseline, policyDigests, made, grants: use, totals }: AuditReport): Markup {
  const read = `${countedWords(period.records, 'record')} from ${minuteOf(period.since)} to ${minuteOf(period.until)}`;
  const before =
    baseline === undefined
      ? ''
      : `, and ${countedWords(baseline.records, 'record')} since ${minuteOf(baseline.since)} as the baseline`;
  const digest = policyDigests.at(-1);
  const differs = use !== undefined && digest !== undefined && use.policyDigest !== digest;
  return html`<footer>
<p>Made ${minuteOf(made)} by daypass ${VERSION} from ${read}${before}. ${countedWords(totals.outcomes.allowed, 'request')} for something else than credentials ${totals.outcomes.allowed === 1 ? 'was' : 'were'} answered.</p>
${digest === undefined ? undefined : html`<p>Access policy in force at the end: ${code(digest)}${policyDigests.length > 1 ? `, the last of ${policyDigests.length}` : ''}.</p>`}
${differs ? html`<p>The access policy that was given is another one: ${code(use.policyDigest)}.</p>` : undefined}
<p>This page names people. It holds no secret and no credentials.</p>
</footer>`;
}
