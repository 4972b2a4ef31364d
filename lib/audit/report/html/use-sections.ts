import { dayOfTime, grouped, minuteOf } from '../numbers.ts';
import type { AuditReport } from '../report.ts';
import { name, number, section } from './cells.ts';
import { bar } from './charts.ts';
import { html, type Markup } from './markup.ts';
import { listing } from './table.ts';

export function roles({ roles: uses, accounts }: AuditReport): Markup {
  const most = Math.max(0, ...uses.map(({ sessions }) => sessions));
  const mostOfAccount = Math.max(0, ...accounts.map(({ sessions }) => sessions));
  const byRole = listing(
    uses,
    [
      { name: 'Role', head: true, cell: ({ role }) => name(role) },
      { name: 'Sessions', number: true, cell: ({ sessions }) => grouped(sessions) },
      { name: '', cell: ({ sessions }) => bar(sessions, most, 'issued', 70) },
      { name: 'People', number: true, cell: ({ people: count }) => grouped(count) },
      { name: 'Refusals', number: true, cell: ({ refusals }) => grouped(refusals) },
      { name: 'Last', cell: ({ last }) => dayOfTime(last), time: true },
    ],
    { caption: 'Sessions by role', none: 'No session was issued.' },
  );
  const byAccount = listing(
    accounts,
    [
      { name: 'Account', head: true, cell: ({ account, accountId }) => [name(account), number(accountId)] },
      { name: 'Sessions', number: true, cell: ({ sessions }) => grouped(sessions) },
      { name: '', cell: ({ sessions }) => bar(sessions, mostOfAccount, 'issued', 70) },
      { name: 'People', number: true, cell: ({ people: count }) => grouped(count) },
      { name: 'Roles', number: true, cell: ({ roles: count }) => grouped(count) },
      { name: 'Refusals', number: true, cell: ({ refusals }) => grouped(refusals) },
    ],
    { caption: 'Sessions by account', none: 'No session was issued.' },
  );
  return html`<div class="two"><section aria-labelledby="by-role"><h2 id="by-role">Roles</h2><div class="wide">${byRole}</div></section>
<section aria-labelledby="by-account"><h2 id="by-account">Accounts</h2><div class="wide">${byAccount}</div></section></div>`;
}

export function people({ people: uses }: AuditReport): Markup {
  const most = Math.max(0, ...uses.map(({ sessions }) => sessions));
  const table = listing(
    uses,
    [
      { name: 'Person', head: true, cell: ({ username }) => name(username) },
      { name: 'Issuer', cell: ({ issuer }) => name(issuer) },
      { name: 'Sessions', number: true, cell: ({ sessions }) => grouped(sessions) },
      { name: '', cell: ({ sessions }) => bar(sessions, most, 'issued') },
      { name: 'Roles', number: true, cell: ({ roles: count }) => grouped(count) },
      { name: 'Refusals', number: true, cell: ({ refusals }) => grouped(refusals) },
      { name: 'Last seen', cell: ({ last }) => minuteOf(last), time: true },
    ],
    { caption: 'Verified callers, most sessions first', none: 'Nobody.' },
  );
  return section('people', 'People', table);
}
