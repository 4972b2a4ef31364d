/** What stands in an element: a text, elements, or nothing, and then there is no element. */
export type Content = string | { readonly [name: string]: Content | undefined };

/** Everything that XML 1.0 cannot hold, escaped or not (§2.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NO_CHARACTERS = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Elements in the order of the members. @see https://www.w3.org/TR/xml/ */
export function xml(content: Content): string {
  if (typeof content === 'string') {
    return content.replace(NO_CHARACTERS, '\ufffd').replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
  }
  return Object.entries(content)
    .map(([name, inner]) => (inner === undefined ? '' : `<${name}>${xml(inner)}</${name}>`))
    .join('');
}

/** A whole answer of STS's query protocol. */
export function xmlDocument(root: string, content: Content): string {
  return `<${root} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${xml(content)}</${root}>`;
}
