import { html } from 'hono/html';
import type { RoleStanding } from '../access/standing.ts';
import { accountName, colorClass, roleName, rolePath } from './account.ts';
import { type Html, layout, type Person } from './layout.ts';

export interface Home {
  readonly person: Person;
  readonly standings: readonly RoleStanding[];
  /** What was searched for; empty for everything. */
  readonly search: string;
  /** Role ids. */
  readonly favourites: readonly string[];
  /** Role ids, the latest first. */
  readonly recents: readonly string[];
}

/** The accounts and roles that a person may use or is close to. */
export function homePage({ person, standings, search, favourites, recents }: Home): string {
  const found = matching(standings, search);
  return layout(
    { title: 'Roles', person, here: 'roles', hasScript: true },
    html`<div class="head">
<h1>Your roles</h1>
<form class="search" role="search" action="/">
<input type="search" name="q" value="${search}" aria-label="Search roles and accounts" placeholder="Search roles and accounts" data-filter autocomplete="off" maxlength="100"><button>Search</button>
</form>
</div>
${search === '' ? quick(standings, favourites, recents) : ''}
<p id="live" class="live soft small" role="status" aria-live="polite">${search === '' ? '' : counted(found.length)}</p>
${byAccount(found)}
${standings.length === 0 ? nothing() : ''}`,
  );
}

function quick(standings: readonly RoleStanding[], favourites: readonly string[], recents: readonly string[]): Html {
  const byId = new Map(standings.map((standing) => [standing.role.id, standing]));
  const known = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const [liked, latest] = [known(favourites), known(recents)];
  if (liked.length + latest.length === 0) return html``;
  return html`<div class="quick">${chips('Favourites', liked)}${chips('Recent', latest)}</div>`;
}

function chips(title: string, standings: readonly RoleStanding[]): Html {
  if (standings.length === 0) return html``;
  return html`<section><h2>${title}</h2><ul class="chips">${standings.map(
    ({ role, account }) =>
      html`<li><a class="${colorClass(account)}" href="${rolePath(role.id)}">${roleName(role.id)} <small>${account.label}</small></a></li>`,
  )}</ul></section>`;
}

function byAccount(standings: readonly RoleStanding[]): Html {
  const groups = Map.groupBy(standings, ({ account }) => account.name);
  return html`${[...groups.values()].map((group) => {
    const account = group[0]?.account;
    if (account === undefined) return '';
    return html`<section class="account ${colorClass(account)}"><h2>${accountName(account)}</h2><ul class="roles">${group.map(row)}</ul></section>
`;
  })}`;
}

function row({ role, available, missing, requires }: RoleStanding): Html {
  const { id, description = '' } = role;
  if (available && requires.length === 0) {
    return html`<li><a href="${rolePath(id)}"><b>${roleName(id)}</b><span>${description}</span></a></li>`;
  }
  const need = available ? requires.map((name) => `needs a ${name}`).join(', ') : missing[0]?.message;
  return html`<li><a href="${rolePath(id)}"><b>${roleName(id)}</b><span>${description}</span><i>${need}</i></a></li>`;
}

/** Every word has to be somewhere in the role's or its account's names; the script in the page does the same. */
function matching(standings: readonly RoleStanding[], search: string): readonly RoleStanding[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return standings;
  return standings.filter(({ role, account }) => {
    const text = `${account.label} ${account.id} ${roleName(role.id)} ${role.description ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function counted(number: number): string {
  return number === 1 ? '1 role' : `${number} roles`;
}

function nothing(): Html {
  return html`<div class="card"><h2>No roles yet</h2><p>No grant of the access policy is for you. Ask whoever looks after AWS access in your company;
they see why in the audit log.</p></div>`;
}
