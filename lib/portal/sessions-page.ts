import { html } from 'hono/html';
import type { AuditRecord } from '../audit/record.ts';
import { type Html, layout, type Person } from './layout.ts';
import { timeInWords } from './length.ts';

export interface SessionsView {
  readonly person: Person;
  /** Newest first. */
  readonly records: readonly AuditRecord[];
  /** Where older ones are; undefined at the end. */
  readonly older: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What the person opened, and what became of it. */
export function sessionsPage({ person, records, older, now }: SessionsView): string {
  const outcomes = records.filter(({ phase }) => phase === 'outcome');
  return layout(
    { title: 'My sessions', person, here: 'sessions' },
    html`<h1>My sessions</h1>
<p class="soft">What you asked for in the last 30 days. If something here was not you, tell whoever looks after security at once.</p>
<div class="card scroll">${
      outcomes.length === 0
        ? html`<p>${older === undefined ? 'Nothing yet.' : 'Nothing among the newest records.'}</p>`
        : html`<table class="stack"><thead><tr><th scope="col">When</th><th scope="col">Role</th><th scope="col">For</th><th scope="col">State</th><th scope="col">From</th><th scope="col">Session</th></tr></thead>
<tbody>${outcomes.map((record) => row(record, now))}</tbody></table>`
    }</div>
${older === undefined ? '' : html`<p><a class="button" href="${older}">Older</a></p>`}`,
  );
}

function row(record: AuditRecord, now: number): Html {
  const { time, role, action, sourceIp, sessionId, outcome = '', via } = record;
  const purpose = `${action === 'console' ? 'Console' : 'Credentials'}${via === undefined ? '' : `, ${via}`}`;
  return html`<tr><td class="when" data-label="When"><span><time datetime="${time}">${timeInWords(new Date(time))}</time></span></td><td data-label="Role"><span>${role ?? ''}</span></td><td data-label="For"><span>${purpose}</span></td><td data-label="State"><span class="state-${outcome}">${stateOf(record, now)}</span></td><td data-label="From"><span>${sourceIp ?? ''}</span></td><td data-label="Session"><code>${sessionId}</code></td></tr>
`;
}

function stateOf({ outcome, expiration, code }: AuditRecord, now: number): string {
  if (outcome !== 'issued') return code === undefined ? (outcome ?? '') : `${outcome} (${code})`;
  if (expiration === undefined) return 'issued';
  const ends = new Date(expiration);
  return ends.getTime() > now ? `active until ${timeInWords(ends)}` : 'ended';
}
