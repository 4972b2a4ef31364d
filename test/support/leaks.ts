/** Finds out whether any stretch of a secret this long stands in a text. */
const STRETCH = 16;

/** The first stretch of the secret that the text holds; undefined when it holds none. */
export function stretchOf(secret: string, text: string): string | undefined {
  if (secret.length < STRETCH) return undefined;
  const stretches = new Set<string>();
  for (let at = 0; at + STRETCH <= Math.min(secret.length, 40_000); at += 1) {
    stretches.add(secret.slice(at, at + STRETCH));
  }
  for (let at = 0; at + STRETCH <= text.length; at += 1) {
    const stretch = text.slice(at, at + STRETCH);
    if (stretches.has(stretch)) return stretch;
  }
  return undefined;
}

/** A frame of a stack trace, in any of the forms V8 prints. */
export const STACK = /\bat (?:async )?[\w.<>[\] ]*\(?(?:file:|node:|\/)[^\s"]+:\d+:\d+|node_modules|\.[cm]?[jt]s:\d+/;
