import { html } from 'hono/html';
import type { Principal } from '../credentials.ts';

type Html = ReturnType<typeof html>;

/** What the console's page says about who came in. */
export interface ConsoleVisit {
  readonly principal: Principal;
  readonly destination: string;
  readonly sessionEnds: Date;
  /** Where whoever let this person in is found. */
  readonly issuer: string | undefined;
}

function page(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title></head>
<body><main><h1>${title}</h1>${content}<p>This is the local stand-in for AWS. Nothing here is real.</p></main></body></html>`;
}

export function consolePage({ principal, destination, sessionEnds }: ConsoleVisit): Html {
  const [, role = '', session = ''] = principal.arn.split('/');
  const rows: readonly (readonly [string, string])[] = [
    ['account', principal.accountId],
    ['role', role],
    ['session', session],
    ['source-identity', principal.sourceIdentity ?? ''],
    ['destination', destination],
    ['ends', sessionEnds.toISOString()],
  ];
  return page(
    'AWS console (stand-in)',
    html`<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd id="${name}">${value}</dd>`)}</dl>`,
  );
}

/** As AWS's: nobody stays in after the credentials have expired, and the way back is to whoever let them in. */
export function endedPage({ issuer = '' }: ConsoleVisit): Html {
  const way = /^https?:\/\//.test(issuer) ? html` <a id="issuer" href="${issuer}">Sign in again</a>` : '';
  return page(
    'Your session has ended (stand-in)',
    html`<p id="ended">The credentials behind it have expired.${way}</p>`,
  );
}

export function refusedPage(why: string): Html {
  return page('Sign-in refused (stand-in)', html`<p id="refused">${why}</p>`);
}
