/** Words that YAML 1.1 readers take for something else. */
const RESERVED = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** A text as YAML, quoted unless it is a plain word. JSON's strings are YAML's (YAML 1.2.2 §1.3). */
export function yamlText(text: string): string {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text);
}

/** A role's member within braces, where ARNs are quoted as people do it. */
export function flowText(name: string, value: string): string {
  return name === 'maxDuration' ? value : yamlText(value);
}

/** Words that are no other value, and hold nothing that ends a plain text (YAML 1.2.2 §7.3.3). */
const PLAIN = /^(arn:[A-Za-z0-9:/_+=.@-]+|[A-Za-z][A-Za-z0-9_-]*( [A-Za-z0-9][A-Za-z0-9_,;.()-]*)+)$/;

/** A role's member on a line of its own. */
export function blockText(name: string, value: string): string {
  return name === 'maxDuration' || PLAIN.test(value) ? value : yamlText(value);
}

/** A role's id within brackets: a comma may be part of its name, and ends an entry there. */
export function flowId(id: string): string {
  return id.includes(',') ? JSON.stringify(id) : id;
}
