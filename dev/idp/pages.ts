import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { DEMO_ACCOUNTS } from './accounts.ts';

type Html = ReturnType<typeof html>;

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #667085; --line: #d9dee7; --paper: #fff; --wash: #f3f5f9; --accent: #2456d6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf3; --soft: #98a2b3; --line: #2f3847; --paper: #171c25; --wash: #0e1219; --accent: #7ea2ff; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--wash); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { width: min(26rem, calc(100vw - 2rem)); padding: 2rem; background: var(--paper); border: 1px solid var(--line);
  border-radius: 14px; box-shadow: 0 10px 30px rgb(16 24 40 / .08); }
header { color: var(--soft); font-size: .85rem; letter-spacing: .02em; }
h1 { margin: .25rem 0 1rem; font-size: 1.35rem; }
p { margin: 0 0 1rem; }
.soft { color: var(--soft); font-size: .9rem; }
button { font: inherit; cursor: pointer; border-radius: 10px; border: 1px solid var(--line); background: none; color: inherit; }
button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.account { display: grid; grid-template-columns: 2.5rem 1fr; gap: 0 .9rem; width: 100%; margin-bottom: .6rem; padding: .7rem .9rem; text-align: left; }
.account:hover { border-color: var(--accent); }
.account b { grid-row: span 2; width: 2.5rem; height: 2.5rem; display: grid; place-items: center; border-radius: 50%;
  background: var(--accent); color: var(--paper); }
.account span:last-child { color: var(--soft); font-size: .85rem; }
.primary { width: 100%; padding: .7rem; background: var(--accent); border-color: var(--accent); color: var(--paper); font-weight: 600; }
.quiet { width: 100%; margin-top: .6rem; padding: .5rem; border-color: transparent; color: var(--soft); }
input[type=text] { width: 100%; margin-bottom: 1rem; padding: .7rem; font: 1.25rem ui-monospace, monospace; text-align: center;
  text-transform: uppercase; border: 1px solid var(--line); border-radius: 10px; background: none; color: inherit; }
code { display: block; margin: 1rem 0; font-size: 1.8rem; text-align: center; letter-spacing: .08em; }
`;

/** Nothing but the one style sheet, whose hash is named; no script at all. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

function page(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Example Corp</title>
<style>${raw(STYLE)}</style>
</head>
<body><main>
<header>Example Corp · demo identity provider</header>
<h1>${title}</h1>
${content}
</main></body>
</html>`;
}

/** The sign-in page: one button per demo account, which posts `account=NAME` back to the same address. */
export function signInPage(clientName: string): Html {
  const buttons = DEMO_ACCOUNTS.map(
    ({ name, fullName, email, about }) => html`
<button class="account" name="account" value="${name}"><b>${fullName.charAt(0)}</b><span>${fullName} · ${email}</span><span>${about}</span></button>`,
  );
  return page(
    'Choose an account',
    html`
<p class="soft">to continue to ${clientName}</p>
<form method="post">${buttons}</form>
<p class="soft">There are no passwords here: this provider is for trying things out on this machine.</p>`,
  );
}

/** @param form the provider's own form, trusted HTML */
export function userCodePage(form: string, problem: string | undefined): Html {
  return page(
    'Connect a device',
    html`
<p class="soft">${problem ?? 'Enter the code that the device shows.'}</p>
${raw(form)}
<button class="primary" type="submit" form="op.deviceInputForm">Continue</button>`,
  );
}

/** @param form the provider's own form, trusted HTML */
export function confirmDevicePage(form: string, clientName: string, userCode: string): Html {
  return page(
    'Is this your device?',
    html`
<p><strong>${clientName}</strong> wants to sign in as you. Continue only if it shows exactly this code:</p>
<code>${userCode}</code>
${raw(form)}
<button class="primary" type="submit" form="op.deviceConfirmForm">It does, continue</button>
<button class="quiet" type="submit" form="op.deviceConfirmForm" value="yes" name="abort">No, refuse</button>`,
  );
}

export function donePage(message: string): Html {
  return page('Done', html`<p>${message}</p><p class="soft">You can close this page.</p>`);
}

/** @param form the provider's own form, trusted HTML */
export function signOutPage(form: string): Html {
  return page(
    'Sign out?',
    html`${raw(form)}
<button class="primary" type="submit" form="op.logoutForm" value="yes" name="logout">Sign out</button>
<button class="quiet" type="submit" form="op.logoutForm">Stay signed in</button>`,
  );
}

export function errorPage(code: string, description: string): Html {
  return page('That did not work', html`<p><strong>${code}</strong></p><p class="soft">${description}</p>`);
}
