import { html } from 'hono/html';
import type { Account } from '../access/policy.ts';
import type { IssuedCredentials } from '../sts/assume-role.ts';
import { colorClass, roleName, rolePath } from './account.ts';
import { type Html, layout, type Person } from './layout.ts';
import { lengthInWords, timeInWords } from './length.ts';

export interface CredentialsView {
  readonly person: Person;
  /** Role id. */
  readonly role: string;
  readonly account: Account;
  readonly credentials: IssuedCredentials;
  readonly sessionId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Credentials in the forms that shells and tools take. The only page that holds a secret; it is never stored. */
export function credentialsPage({ person, role, account, credentials, sessionId, now }: CredentialsView): string {
  const left = Math.floor((credentials.expiration.getTime() - now) / 1000);
  return layout(
    { title: `Credentials for ${roleName(role)} in ${account.label}`, person, hasScript: true },
    html`<p class="small"><a href="${rolePath(role)}">Back to the role</a></p>
<div class="banner ${colorClass(account)}">
<h1>Credentials for ${roleName(role)}</h1>
<p><span class="tag">${account.label}</span> <span class="mono">${account.id}</span></p>
</div>
<p>They work until <strong><time datetime="${credentials.expiration.toISOString()}">${timeInWords(credentials.expiration)}</time></strong>,
${lengthInWords(left)} from now. Whoever has them is you until then.</p>
<p id="live" class="live" role="status" aria-live="polite"></p>
${FORMS.map(({ id, title, note, text }) => form(id, title, note, text(credentials)))}
<p class="small soft">Session <code>${sessionId}</code></p>`,
  );
}

interface Form {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly text: (credentials: IssuedCredentials) => string;
}

/** AWS's secrets are of letters, digits, `/`, `+` and `=`: nothing in them needs quoting, but none is taken on trust. */
const FORMS: readonly Form[] = [
  {
    id: 'sh',
    title: 'Bash, Zsh, sh',
    note: 'Paste into a terminal.',
    text: (credentials) =>
      variables(credentials)
        .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
        .join(''),
  },
  {
    id: 'powershell',
    title: 'PowerShell',
    note: 'Paste into a PowerShell window.',
    text: (credentials) =>
      variables(credentials)
        .map(([name, value]) => `$Env:${name} = '${value.replaceAll("'", "''")}'\n`)
        .join(''),
  },
  {
    id: 'profile',
    title: 'A profile',
    note: 'For ~/.aws/credentials. A tool reads it from there, and it stays there: prefer the command.',
    text: ({ accessKeyId, secretAccessKey, sessionToken }) =>
      `[daypass]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\naws_session_token = ${sessionToken}\n`,
  },
];

function variables({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: IssuedCredentials): readonly (readonly [name: string, value: string])[] {
  return [
    ['AWS_ACCESS_KEY_ID', accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', secretAccessKey],
    ['AWS_SESSION_TOKEN', sessionToken],
  ];
}

function form(id: string, title: string, note: string, text: string): Html {
  return html`<section class="card"><h2>${title}</h2><p class="soft">${note}</p>
<textarea id="${id}" rows="4" readonly spellcheck="false" aria-label="Credentials for ${title}">${text}</textarea>
<p class="actions"><button type="button" data-copy="${id}" data-done="Copied for ${title}." hidden>Copy</button></p></section>`;
}
