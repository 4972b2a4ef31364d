import { html } from 'hono/html';
import { type Html, layout, type Person } from './layout.ts';

/** A tool that asks to be signed in, and the form that answers it. */
export interface ToolView {
  readonly person: Person;
  /** What the tool calls itself. */
  readonly client: string;
  /** How long it would stay signed in. */
  readonly lasts: string;
  /** Where the form goes, and its hidden fields. */
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A tool on the person's own computer. @param address where on that computer the answer goes, `http://127.0.0.1:53682` */
export function authorizeToolPage(
  view: ToolView & { readonly address: string; readonly ownIp: string | undefined },
): string {
  return layout(
    { title: 'Sign in a tool', person: view.person },
    html`<div class="narrow">
<h1>Sign in ${view.client}?</h1>
<p>A tool on <strong>this computer</strong> asks to act as you in AWS. Go on only if you have just started it yourself,
for example with <code>aws sso login</code>.</p>
<dl><dt>It calls itself</dt><dd>${view.client}</dd><dt>Asked</dt><dd>just now, from ${view.ownIp ?? 'an unknown address'}</dd><dt>Answer goes to</dt><dd class="mono">${view.address}</dd>${about(view)}</dl>
${choice(view)}
</div>`,
  );
}

/** Where a code from another device is typed. */
export function deviceCodePage(view: { readonly person: Person; readonly csrf: string }): string {
  return layout(
    { title: 'Sign in a device', person: view.person },
    html`<div class="narrow">
<h1>Sign in a device</h1>
<p>Type the code that the terminal shows, and only one that <strong>you</strong> have just asked for. Nobody has a reason
to send you a code: whoever gets one approved by you acts as you in AWS.</p>
<form method="post" action="/device" class="card">
<input type="hidden" name="csrf" value="${view.csrf}">
<label for="code">Code</label>
<input id="code" name="code" required maxlength="16" autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="BCDF-GHJK">
<p class="actions"><button class="primary">Go on</button></p>
</form>
</div>`,
  );
}

export interface DeviceView extends ToolView {
  readonly deviceIp: string | undefined;
  readonly ownIp: string | undefined;
  readonly userAgent: string | undefined;
  /** How long ago it asked. */
  readonly age: string;
}

/** A tool somewhere else: everything that is known of where. */
export function authorizeDevicePage(view: DeviceView): string {
  const { deviceIp, ownIp, userAgent } = view;
  const elsewhere = deviceIp !== ownIp || deviceIp === undefined;
  return layout(
    { title: 'Sign in a device', person: view.person },
    html`<div class="narrow">
<h1>Sign in ${view.client}?</h1>
<p>A tool asks to act as you in AWS. Go on only if you have started it yourself, where it says.</p>
${
  elsewhere
    ? html`<div class="note bad"><p><strong>It asked from another address than yours.</strong> That is right for a server
that you are logged in to, and wrong for your own computer.</p></div>`
    : ''
}
<dl><dt>It calls itself</dt><dd>${view.client}</dd>
<dt>Asked from</dt><dd class="mono">${deviceIp ?? 'an unknown address'}</dd>
<dt>You are at</dt><dd class="mono">${ownIp ?? 'an unknown address'}</dd>
<dt>Asked</dt><dd>${view.age} ago</dd>
<dt>Program</dt><dd class="mono">${userAgent ?? 'unknown'}</dd>${about(view)}</dl>
${choice(view)}
</div>`,
  );
}

/** The end of a device's sign-in: the rest happens in its terminal. */
export function deviceDonePage(view: { readonly approved: boolean }): string {
  return layout(
    { title: view.approved ? 'Signed in' : 'Denied' },
    html`<div class="narrow">
<h1>${view.approved ? 'The device is signed in' : 'Denied'}</h1>
<p>${
      view.approved
        ? 'You can close this page and go back to the terminal.'
        : 'Nothing was signed in. If somebody sent you the code, tell your security team: the attempt is in the audit log.'
    }</p>
</div>`,
  );
}

function about({ person, lasts }: ToolView): Html {
  return html`<dt>Acts as</dt><dd>${person.username}</dd><dt>Stays signed in</dt><dd>${lasts}, or until it is signed out</dd>`;
}

function choice({ action, fields }: ToolView): Html {
  return html`<form method="post" action="${action}" class="actions">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="primary" name="decision" value="approve">Sign it in</button>
<button name="decision" value="deny">Deny</button>
</form>`;
}
