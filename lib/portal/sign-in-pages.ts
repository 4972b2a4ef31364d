import { html } from 'hono/html';
import { layout } from './layout.ts';

/** One way to sign in. */
export interface SignInChoice {
  readonly name: string;
  readonly label: string;
}

/** Which company account to sign in with, where there are several. @param query of each link, `?…` or empty */
export function chooseIssuerPage(choices: readonly SignInChoice[], query: string): string {
  return layout(
    { title: 'Sign in' },
    html`<div class="narrow">
<h1>Sign in</h1>
<p class="soft">With which account?</p>
<ul class="chips">${choices.map(
      ({ name, label }) => html`<li><a href="/sign-in/${name}${query}">${label}</a></li>`,
    )}</ul>
</div>`,
  );
}

/**
 * @param provider where the identity provider's own session can be ended too
 */
export function signedOutPage(provider?: { readonly label: string; readonly url: string }): string {
  return layout(
    { title: 'Signed out' },
    html`<div class="narrow">
<h1>You are signed out</h1>
<p>Credentials and console sessions that you opened go on until they expire.</p>
${
  provider === undefined
    ? ''
    : html`<p>You are being signed out of ${provider.label} too. <a href="${provider.url}">Go on if nothing happens</a>.</p>`
}
<p class="actions"><a class="button primary" href="/">Sign in again</a></p>
</div>`,
  );
}

/** Nobody can sign in here: the access policy names no issuer for the portal. */
export function noIssuerPage(): string {
  return layout(
    { title: 'Sign in' },
    html`<div class="narrow">
<h1>There is no sign-in here</h1>
<p>The access policy offers no issuer to browsers. An operator can add <code>portal</code> to one; until then,
<code>daypass login</code> in a terminal works.</p>
</div>`,
  );
}
