import { html } from 'hono/html';
import type { Account } from '../access/policy.ts';
import type { Html } from './layout.ts';

/** The class that carries an account's colour. */
export function colorClass({ color }: Pick<Account, 'color'>): string {
  return color === undefined ? '' : `c-${color}`;
}

/** An account's name as pages show it: never its colour alone. */
export function accountName({ label, id }: Pick<Account, 'label' | 'id'>): Html {
  return html`${label} <small>${id}</small>`;
}

/** `Admin` of `prod/Admin`. */
export function roleName(id: string): string {
  return id.slice(id.indexOf('/') + 1);
}

/** The page of a role. */
export function rolePath(id: string): string {
  // Most need no escaping, and a page may hold hundreds.
  return /^[\w./-]+$/.test(id) ? `/roles/${id}` : `/roles/${id.split('/').map(encodeURIComponent).join('/')}`;
}
