import { html } from 'hono/html';
import type { RoleStanding } from '../access/standing.ts';
import { roleName } from './account.ts';
import { layout, type Person } from './layout.ts';
import { lengthInWords } from './length.ts';

export interface LoginView {
  readonly person: Person;
  /** Roles to choose from. */
  readonly roles: readonly RoleStanding[];
  /** Where on this computer the answer goes; undefined when the person carries it over. */
  readonly address: string | undefined;
  /** Seconds that the tool would stay signed in. */
  readonly lastsSeconds: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** `aws login`: the role is chosen here, because the command knows of none. */
export function loginPage({ person, roles, address, lastsSeconds, fields }: LoginView): string {
  const accounts = Map.groupBy(roles, ({ account }) => account);
  return layout(
    { title: 'AWS login', person },
    html`<div class="narrow">
<h1>Sign in the AWS command</h1>
<p>The command <code>aws login</code> asks to act as you in AWS. Go on only if you have just started it yourself.</p>
${
  address === undefined
    ? html`<div class="note bad"><p><strong>It runs on another computer.</strong> You will be shown a code to paste into its
terminal. Give that code to nobody: whoever has it acts as you.</p></div>`
    : ''
}
${
  roles.length === 0
    ? html`<div class="note"><p>There is no role that you could have this way: either none is granted to you, or each asks
for a reason, or its sessions are too short for the command.</p></div>`
    : ''
}
<form method="post" action="/v1/authorize" class="card">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${
  roles.length === 0
    ? ''
    : html`<label for="role">Role</label>
<select id="role" name="role">${[...accounts].map(
        ([account, inAccount]) =>
          html`<optgroup label="${account.label} (${account.id})">${inAccount.map(
            ({ role }) => html`<option value="${role.id}">${account.label}: ${roleName(role.id)}</option>`,
          )}</optgroup>`,
      )}</select>`
}
<dl><dt>Acts as</dt><dd>${person.username}</dd><dt>Stays signed in</dt><dd>${lengthInWords(lastsSeconds)}</dd>${
      address === undefined ? '' : html`<dt>Answer goes to</dt><dd class="mono">${address}</dd>`
    }</dl>
<p class="actions">${
      roles.length === 0 ? '' : html`<button class="primary" name="decision" value="approve">Sign it in</button>`
    }<button name="decision" value="deny">Deny</button></p>
</form>
</div>`,
  );
}

/** What somebody carries over to the computer that `aws login --remote` runs on. */
export function loginCodePage(code: string): string {
  return layout(
    { title: 'AWS login' },
    html`<div class="narrow">
<h1>Paste this into the terminal</h1>
<p>Into the one in which <strong>you</strong> started <code>aws login --remote</code>, within five minutes. Give it to
nobody.</p>
<label for="code">Authorization code</label>
<textarea id="code" rows="4" readonly>${code}</textarea>
</div>`,
  );
}

/** The end of a login that the person did not want. */
export function loginDeniedPage(): string {
  return layout(
    { title: 'Denied' },
    html`<div class="narrow">
<h1>Denied</h1>
<p>Nothing was signed in. If somebody sent you the address, tell your security team: the attempt is in the audit log.</p>
</div>`,
  );
}
