import { html } from 'hono/html';
import type { RoleStanding } from '../access/standing.ts';
import { accountName, colorClass, roleName, rolePath } from './account.ts';
import { type Html, layout, type Person } from './layout.ts';
import { lengthInWords } from './length.ts';
import { stepUpPath } from './step-up.ts';

export interface RoleView {
  readonly person: Person;
  readonly standing: RoleStanding;
  readonly isFavourite: boolean;
  /** Name of the issuer that the person signed in with. */
  readonly issuer: string;
  /** The broker's own address. */
  readonly origin: string;
  readonly tokens: { readonly console: string; readonly credentials: string; readonly preferences: string };
}

/** Pages of the console that most people open first; any other can be named. */
const SERVICES = [
  ['', 'Console home'],
  ['ec2', 'EC2'],
  ['s3', 'S3'],
  ['lambda', 'Lambda'],
  ['cloudwatch', 'CloudWatch'],
  ['rds', 'RDS'],
  ['iam', 'IAM'],
  ['cloudformation', 'CloudFormation'],
  ['dynamodbv2', 'DynamoDB'],
  ['ecs', 'ECS'],
  ['systems-manager', 'Systems Manager'],
] as const;

/** One role: open the console, copy credentials, or set up the command. */
export function rolePage(view: RoleView): string {
  const { person, standing } = view;
  const { role, account, available } = standing;
  return layout(
    { title: `${roleName(role.id)} in ${account.label}`, person, hasScript: true },
    html`<p class="small"><a href="/">All roles</a></p>
<div class="banner ${colorClass(account)}">
<h1>${roleName(role.id)}</h1>
<p><span class="tag">${account.label}</span> <span class="mono">${account.id}</span></p>
${role.description === undefined ? '' : html`<p>${role.description}</p>`}
</div>
<p id="live" class="live" role="status" aria-live="polite"></p>
${available ? '' : lacking(view)}
<div class="grid">
${available ? html`${consoleForm(view)}${credentialsForm(view)}` : ''}
${commandLines(view)}
${about(view)}
</div>`,
  );
}

function lacking({ standing, issuer }: RoleView): Html {
  const path = stepUpPath(standing.missing, issuer, rolePath(standing.role.id));
  return html`<div class="note"><h2>Not available right now</h2><ul>${standing.missing.map(
    ({ message }) => html`<li>${message}</li>`,
  )}</ul>${path === undefined ? '' : html`<p class="actions"><a class="button primary" href="${path}">Sign in again</a></p>`}</div>`;
}

function consoleForm({ standing, tokens }: RoleView): Html {
  return html`<form class="card" method="post" action="${rolePath(standing.role.id)}/console">
<h2>AWS console</h2>
<input type="hidden" name="csrf" value="${tokens.console}">
<label for="service">Open at</label>
<select id="service" name="service">${SERVICES.map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select>
<label for="destination">Or a page of the console <span class="soft">(optional)</span></label>
<input id="destination" name="destination" inputmode="url" autocomplete="off" maxlength="1024" placeholder="service name or https://…console.aws.amazon.com/…">
${requirements(standing, 'console')}
<p class="actions"><button class="primary">Open console</button></p>
</form>`;
}

function credentialsForm({ standing, tokens }: RoleView): Html {
  return html`<form class="card" method="post" action="${rolePath(standing.role.id)}/credentials">
<h2>Credentials</h2>
<p class="soft">To paste into a terminal or a tool. They end after ${lengthInWords(standing.maxDurationSeconds ?? 0)}.</p>
<input type="hidden" name="csrf" value="${tokens.credentials}">
${requirements(standing, 'credentials')}
<p class="actions"><button class="primary">Show credentials</button></p>
</form>`;
}

function requirements({ requires }: RoleStanding, form: string): Html {
  return html`${
    requires.includes('reason')
      ? html`<label for="${form}-reason">Reason</label><input id="${form}-reason" name="reason" required maxlength="512" autocomplete="off">`
      : ''
  }${
    requires.includes('ticket')
      ? html`<label for="${form}-ticket">Ticket</label><input id="${form}-ticket" name="ticket" required maxlength="128" autocomplete="off">`
      : ''
  }`;
}

function commandLines({ standing, origin }: RoleView): Html {
  const { role } = standing;
  const text = `export DAYPASS_URL=${origin}
daypass login
daypass configure --role ${role.id}
aws --profile ${role.id} sts get-caller-identity
`;
  return html`<section class="card"><h2>In a terminal</h2>
<p class="soft">Once; from then on <code>aws</code>, Terraform and SDKs find the profile.</p>
<textarea id="commands" rows="4" readonly aria-label="Commands to set up the profile">${text}</textarea>
<p class="actions"><button type="button" data-copy="commands" data-done="Commands copied." hidden>Copy</button></p></section>`;
}

function about({ standing, isFavourite, tokens }: RoleView): Html {
  const { role, account } = standing;
  return html`<section class="card"><h2>About this role</h2>
<dl><dt>Role</dt><dd>${role.id}</dd><dt>ARN</dt><dd class="mono">${role.arn}</dd><dt>Account</dt><dd>${accountName(account)}</dd></dl>
<form method="post" action="/preferences" class="actions"><input type="hidden" name="csrf" value="${tokens.preferences}"><input type="hidden" name="role" value="${role.id}"><button name="favourite" value="${isFavourite ? 'no' : 'yes'}">${
    isFavourite ? 'Remove from favourites' : 'Add to favourites'
  }</button></form></section>`;
}
