import { AwsError } from './error.ts';

/**
 * AWS's query protocol: a form-encoded `POST /` in, XML out. Lists are `Name.member.1`, `Name.member.2`, …
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** A number as the wire has it; anything but a plain integer is AWS's `MalformedInput`. */
  integer(name: string): number | undefined {
    const text = this.#values.get(name);
    if (text === undefined || text === '') return undefined;
    if (!/^-?\d{1,15}$/.test(text)) throw new AwsError('MalformedInput', 400, `${name} is not an integer`);
    return Number(text);
  }

  /** `Name.member.N` in order of N. */
  strings(name: string): string[] {
    return this.#indexes(name).map((index) => this.#values.get(`${name}.member.${index}`) ?? '');
  }

  /** `Name.member.N.Field` in order of N; a field that is not there is undefined. */
  structures<Field extends string>(name: string, fields: readonly Field[]): Record<Field, string | undefined>[] {
    return this.#indexes(name).map((index) => {
      const entries = fields.map((field) => [field, this.#values.get(`${name}.member.${index}.${field}`)]);
      return Object.fromEntries(entries) as Record<Field, string | undefined>;
    });
  }

  #indexes(name: string): number[] {
    const prefix = `${name}.member.`;
    const indexes = new Set<number>();
    for (const key of this.#values.keys()) {
      if (!key.startsWith(prefix)) continue;
      const index = /^(\d{1,6})(\.|$)/.exec(key.slice(prefix.length))?.[1];
      if (index === undefined) throw new AwsError('MalformedQueryString', 404, `Malformed list member ${prefix}`);
      indexes.add(Number(index));
    }
    return [...indexes].sort((a, b) => a - b);
  }
}

/** Reads a form-encoded body; a parameter that comes twice is refused. */
export function parseForm(body: string): Parameters {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (values.has(name)) throw new AwsError('MalformedQueryString', 404, `${name} is given more than once`);
    values.set(name, value);
  }
  return new Parameters(values);
}

/** Undefined members are left out; an array becomes `<member>` elements. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [element: string]: Xml };

/** The answer to an action: `<ActionResponse><ActionResult>…</ActionResult><ResponseMetadata>…`. */
export function successXml(action: string, namespace: string, result: Xml | undefined, requestId: string): string {
  const content =
    (result === undefined ? '' : element(`${action}Result`, result)) +
    element('ResponseMetadata', { RequestId: requestId });
  return `<${action}Response xmlns="${namespace}">${content}</${action}Response>\n`;
}

/** `<ErrorResponse>`; `Type` is who has to act: `Sender` below 500, else `Receiver`. */
export function errorXml(error: AwsError, namespace: string, requestId: string): string {
  const type = error.status < 500 ? 'Sender' : 'Receiver';
  const content =
    element('Error', { Type: type, Code: error.code, Message: error.message }) + element('RequestId', requestId);
  return `<ErrorResponse xmlns="${namespace}">${content}</ErrorResponse>\n`;
}

function element(name: string, value: Xml): string {
  if (value === undefined) return '';
  return `<${name}>${contentOf(value)}</${name}>`;
}

function contentOf(value: Xml): string {
  if (Array.isArray(value)) return value.map((item: Xml) => element('member', item)).join('');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, child]) => element(name, child))
      .join('');
  return escapeXml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** XML 1.0 has no way to write most control characters, so they become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"\r]/g, (character) => ENTITIES[character] ?? character);
}

/** AWS writes dates in XML with seconds only: `2026-01-31T12:00:00Z`. */
export function xmlDate(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19)}Z`;
}
