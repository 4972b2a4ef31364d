import { countedWords, dayOfTime, grouped, lastInstantOf, lengthOf, minuteOf } from '../numbers.ts';
import type { AuditReport } from '../report.ts';
import { code, name, names, section, why } from './cells.ts';
import { bar } from './charts.ts';
import { html, type Markup } from './markup.ts';
import { type Column, listing } from './table.ts';

export function grants({ grants: use, baseline }: AuditReport): Markup {
  if (use === undefined) {
    return section(
      'grants',
      'Grants',
      html`<p class="quiet">No access policy was given (<code>--policy access.yml</code>), so nothing can be said about grants that were not used.</p>`,
    );
  }
  const columns: Column<(typeof use.unused)[number]>[] = [
    { name: 'Grant', head: true, cell: ({ grant }) => name(grant) },
    { name: 'Gives', cell: ({ roles: given, permissions }) => names([...given, ...permissions]) },
  ];
  if (baseline !== undefined) {
    const before = (time: string | undefined): string => (time === undefined ? 'never' : dayOfTime(time));
    columns.push({ name: 'Last before the period', cell: ({ lastBefore }) => before(lastBefore), time: true });
  }
  const table = listing(use.unused, columns, {
    caption: 'Grants that gave nothing in this period',
    none: 'Every grant of the access policy gave something in this period.',
    most: 200,
  });
  return section(
    'grants',
    'Unused grants',
    html`<p class="quiet">Candidates for removal, not orders: access for emergencies is meant to be unused, and where two grants allow the same, only the first in the policy is counted.</p>`,
    table,
    use.unusedRoles.length === 0
      ? undefined
      : html`<p class="more">Roles without a session: ${names(use.unusedRoles)}</p>`,
    use.gone.length === 0
      ? undefined
      : html`<p class="more">Grants that decided in this period and are not in the policy: ${names(use.gone)}</p>`,
  );
}

export function denials({ denials: found, denialsByReason, denialsNotListed }: AuditReport): Markup {
  const most = found[0]?.count ?? 0;
  const spots = listing(
    found,
    [
      { name: 'Times', number: true, cell: ({ count }) => grouped(count) },
      { name: '', cell: ({ count }) => bar(count, most, 'refused', 70) },
      {
        name: 'Person',
        head: true,
        cell: ({ username }) => (username === undefined ? 'not verified' : name(username)),
      },
      { name: 'Role', cell: ({ role }) => (role === undefined ? '' : name(role)) },
      { name: 'Outcome', cell: ({ outcome }) => outcome },
      { name: 'Reason', cell: ({ reason }) => code(reason) },
      { name: 'Last', cell: ({ last }) => minuteOf(last), time: true },
    ],
    { caption: 'The same person, role and reason, most frequent first', none: 'Nothing was refused.' },
  );
  const reasons = listing(
    denialsByReason,
    [
      { name: 'Reason', head: true, cell: ({ reason }) => code(reason) },
      { name: 'Outcome', cell: ({ outcome }) => outcome },
      { name: 'Times', number: true, cell: ({ count }) => grouped(count) },
      { name: '', cell: ({ count }) => bar(count, denialsByReason[0]?.count ?? 0, 'refused', 70) },
    ],
    { caption: 'All of them by reason', none: 'Nothing was refused.' },
  );
  const rest =
    denialsNotListed === 0
      ? undefined
      : html`<p class="more">${countedWords(denialsNotListed, 'refusal')} of rare kinds ${denialsNotListed === 1 ? 'is' : 'are'} only in the totals.</p>`;
  return section('denials', 'Denial hot spots', spots, rest, html`<br>`, reasons);
}

export function firstAccess({ firstAccess: accesses, baseline }: AuditReport): Markup {
  const note =
    baseline === undefined
      ? html`<p class="quiet">Nothing earlier than the period was read (<code>--baseline 90d</code>), so this is when each person was first seen in each role.</p>`
      : html`<p class="quiet">Sessions of a person in a role that the person had not used from ${dayOfTime(baseline.since)} to ${dayOfTime(lastInstantOf(baseline.until))}.</p>`;
  const table = listing(
    accesses,
    [
      { name: 'First session', cell: ({ at }) => minuteOf(at), time: true },
      { name: 'Person', head: true, cell: ({ username }) => name(username) },
      { name: 'Role', cell: ({ role }) => name(role) },
      { name: 'Grant', cell: ({ grant }) => (grant === undefined ? '' : name(grant)) },
      { name: 'Why', cell: why, text: true },
      { name: 'Sessions', number: true, cell: ({ sessions }) => grouped(sessions) },
    ],
    { caption: 'Newest first', none: 'There was no first-time access.' },
  );
  return section('first', 'First-time access', note, table);
}

export function longest({ longest: sessions }: AuditReport): Markup {
  const table = listing(
    sessions,
    [
      { name: 'Length', number: true, cell: ({ durationSeconds }) => lengthOf(durationSeconds) },
      { name: 'Person', head: true, cell: ({ username }) => name(username) },
      { name: 'Role', cell: ({ role }) => name(role) },
      { name: 'Began', cell: ({ at }) => minuteOf(at), time: true },
      { name: 'Why', cell: why, text: true },
      { name: 'Session', cell: ({ sessionId }) => code(sessionId) },
    ],
    { caption: 'As long as the credentials were good for; of equal ones the newest', none: 'No session was issued.' },
  );
  return section('longest', 'Longest sessions', table);
}
