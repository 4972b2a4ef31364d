/**
 * A value from a token as it may stand in a fault's `detail`: quoted, printable ASCII only, at most 120
 * characters of it, so that an operator sees what came and a log line stays one line.
 */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 120)) : kindOf(value);
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
