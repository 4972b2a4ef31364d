import { html } from 'hono/html';
import type { Problem } from '../http/contract.ts';
import { layout } from './layout.ts';

/** What went wrong, what is missing, and what to do next. */
export function faultPage({ title, detail, code, hint, missing = [], errors = [], sessionId }: Problem): string {
  const again = code === 'sign_in_required' || code.startsWith('sign_in_') || code === 'request_forged';
  return layout(
    { title },
    html`<div class="narrow">
<h1>${title}</h1>
<p>${detail}</p>
${
  missing.length + errors.length === 0
    ? ''
    : html`<div class="note bad"><ul>${missing.map(({ message }) => html`<li>${message}</li>`)}${errors.map(
        ({ path, message }) => html`<li>${path === '' ? '' : `${path}: `}${message}</li>`,
      )}</ul></div>`
}
${hint === undefined ? '' : html`<p>${hint.replaceAll('`', '')}</p>`}
<p class="actions">${again ? html`<a class="button primary" href="/sign-in">Sign in</a>` : ''}<a class="button" href="/">Back to your roles</a></p>
<dl class="small"><dt>Code</dt><dd><code>${code}</code></dd>${
      sessionId === undefined ? '' : html`<dt>Reference</dt><dd><code>${sessionId}</code></dd>`
    }</dl>
</div>`,
  );
}
