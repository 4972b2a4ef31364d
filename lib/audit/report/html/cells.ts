import { type Fragment, html, type Markup } from './markup.ts';

export function section(id: string, title: string, ...content: readonly Fragment[]): Markup {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><div class="wide">${content}</div></section>`;
}

/** A name out of a record, kept from mixing its direction with its neighbours'. It may be broken where it has a joint. */
export function name(text: string): Markup {
  return html`<bdi>${text.split(/(?<=[/@])/).map((part, index) => (index === 0 ? part : html`<wbr>${part}`))}</bdi>`;
}

export function names(texts: readonly string[]): Fragment {
  return texts.map((text, index) => (index === 0 ? name(text) : [', ', name(text)]));
}

export function number(accountId: string | undefined): Fragment {
  return accountId === undefined ? undefined : html` <span class="quiet">${name(accountId)}</span>`;
}

export function code(text: string): Markup {
  return html`<code>${text}</code>`;
}

export function why({ reason, ticket }: { readonly reason?: string; readonly ticket?: string }): Fragment {
  const parts = [ticket, reason].filter((part) => part !== undefined);
  return parts.map((part, index) => (index === 0 ? name(part) : [' · ', name(part)]));
}
