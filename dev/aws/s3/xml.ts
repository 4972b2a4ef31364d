import { escapeXml } from '../query-protocol.ts';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html */
const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** Undefined members are left out. Unlike in the query protocol, an array is its element, repeated. */
export type S3Xml = string | number | boolean | undefined | readonly S3Xml[] | { readonly [element: string]: S3Xml };

/** A whole document. Errors are in no namespace. */
export function s3Xml(root: string, content: S3Xml, namespace = S3_NAMESPACE): string {
  const attribute = namespace === '' ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${contentOf(content)}</${root}>`;
}

function contentOf(value: S3Xml): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return escapeXml(String(value));
  return Object.entries(value)
    .map(([name, child]) => elements(name, child))
    .join('');
}

function elements(name: string, value: S3Xml): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item: S3Xml) => elements(name, item)).join('');
  return `<${name}>${contentOf(value)}</${name}>`;
}
