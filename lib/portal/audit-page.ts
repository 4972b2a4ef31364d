import { html } from 'hono/html';
import type { AuditAction, AuditRecord } from '../audit/record.ts';
import { type Html, layout, type Person } from './layout.ts';
import { timeInWords } from './length.ts';

export interface AuditView {
  readonly person: Person;
  readonly records: readonly AuditRecord[];
  /** The filters as they were given. */
  readonly filters: Readonly<Record<string, string>>;
  /** Where the next page is; undefined at the end. */
  readonly next: string | undefined;
}

const FIELDS = [
  ['since', 'Since (UTC)', '2026-01-31T00:00:00Z'],
  ['until', 'Until (UTC)', '2026-02-01T00:00:00Z'],
  ['caller', 'Person', 'name@example.com'],
  ['role', 'Role', 'prod/Admin'],
  ['account', 'Account', 'prod'],
  ['accessKeyId', 'Access key', 'ASIA…'],
  ['session', 'Session', '01K…'],
  ['sourceIp', 'Address', '203.0.113.0/24'],
  ['code', 'Code', 'access_denied'],
] as const;

const OUTCOMES = ['issued', 'allowed', 'denied', 'refused', 'failed', 'unresolved'] as const;
const ACTIONS = [
  'credentials',
  'console',
  'sign-in',
  'sign-out',
  'authorize',
  'token',
  'audit',
  'proof',
  'explain',
  'roles',
  'sessions',
  'whoami',
  'policy-change',
] as const satisfies readonly AuditAction[];

/** The audit log, for holders of `audit:read`. Looking at it is on record too. */
export function auditPage({ person, records, filters, next }: AuditView): string {
  return layout(
    { title: 'Audit log', person, here: 'audit' },
    html`<h1>Audit log</h1>
<p class="soft">Newest first, of the last 24 hours unless a time is given. That you looked is recorded.</p>
<form class="card" action="/audit" role="search"><div class="fields">${FIELDS.map(
      ([name, text, example]) =>
        html`<div><label for="${name}">${text}</label><input id="${name}" name="${name}" value="${filters[name] ?? ''}" placeholder="${example}" autocomplete="off" maxlength="256"></div>`,
    )}${choice('outcome', 'Outcome', OUTCOMES, filters['outcome'])}${choice('action', 'Action', ACTIONS, filters['action'])}</div>
<p class="actions"><button class="primary">Search</button><a class="button" href="/audit">Clear</a></p></form>
<div class="card scroll">${
      records.length === 0
        ? html`<p>No records.</p>`
        : html`<table class="stack"><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Outcome</th><th scope="col">Record</th></tr></thead><tbody>${records.map(row)}</tbody></table>`
    }</div>
${next === undefined ? '' : html`<p><a class="button" href="${next}">Older</a></p>`}`,
  );
}

function choice(name: string, text: string, values: readonly string[], chosen: string | undefined): Html {
  return html`<div><label for="${name}">${text}</label><select id="${name}" name="${name}"><option value="">Any</option>${values.map(
    (value) => (value === chosen ? html`<option selected>${value}</option>` : html`<option>${value}</option>`),
  )}</select></div>`;
}

function row(record: AuditRecord): Html {
  const { time, caller, action, role, permission, phase, outcome, code } = record;
  const what = [action, role ?? permission].filter(Boolean).join(' ');
  const end = phase === 'intent' ? 'intent' : [outcome, code].filter(Boolean).join(', ');
  return html`<tr><td class="when" data-label="When"><span><time datetime="${time}">${timeInWords(new Date(time))}</time></span></td><td data-label="Who"><span>${caller?.username ?? 'not known'}</span></td><td data-label="What"><span>${what}</span></td><td data-label="Outcome"><span class="state-${outcome ?? phase}">${end}</span></td><td data-label="Record"><details><summary>${record.sessionId}</summary><pre>${JSON.stringify(record, undefined, 1)}</pre></details></td></tr>
`;
}
