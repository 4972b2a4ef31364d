import { html, raw } from 'hono/html';
import { ICON_ASSET, PAGE_SCRIPT, STYLE_ASSET } from './assets.ts';

/** A piece of a page in which every value is escaped. */
export type Html = ReturnType<typeof html>;

/** Who is signed in, as pages say it. */
export interface Person {
  readonly username: string;
  /** Token of the sign-out form. */
  readonly signOutToken: string;
  /** Whether the audit log is offered. */
  readonly mayReadAudit: boolean;
}

export interface Layout {
  readonly title: string;
  readonly person?: Person | undefined;
  /** The navigation's entry that this page is. */
  readonly here?: 'roles' | 'sessions' | 'audit';
  /** Whether the page uses the script. */
  readonly hasScript?: boolean;
}

/** What every page has around its content. */
export function layout({ title, person, here, hasScript = false }: Layout, content: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Daypass</title>
<link rel="stylesheet" href="${STYLE_ASSET.path}" integrity="${STYLE_ASSET.integrity}">
<link rel="icon" href="${ICON_ASSET.path}" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar">
<a class="brand" href="/"><img src="${ICON_ASSET.path}" alt="" width="24" height="24">Daypass</a>
${person === undefined ? '' : navigation(person, here)}
</header>
<main id="main">
${content}
</main>
${hasScript ? html`<script>${raw(PAGE_SCRIPT.text)}</script>` : ''}
</body>
</html>`;
  return String(page);
}

function navigation(person: Person, here: Layout['here']): Html {
  const entry = (name: Layout['here'], path: string, text: string) =>
    html`<a href="${path}"${name === here ? raw(' aria-current="page"') : ''}>${text}</a>`;
  return html`<nav aria-label="Main">${entry('roles', '/', 'Roles')}${entry('sessions', '/sessions', 'My sessions')}${
    person.mayReadAudit ? entry('audit', '/audit', 'Audit log') : ''
  }</nav>
<div class="who"><span>${person.username}</span>
<form method="post" action="/sign-out"><input type="hidden" name="csrf" value="${person.signOutToken}"><button class="quiet">Sign out</button></form></div>`;
}
