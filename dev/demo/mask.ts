/** How much of a secret a transcript may show. */

/** An access key id is no secret, but whole ones in logs set off scanners: its kind and four characters. */
export function maskAccessKeyId(accessKeyId: string): string {
  return `${accessKeyId.slice(0, 8)}…`;
}

export function maskSecret(secret: string): string {
  return `(${secret.length} characters, not shown)`;
}

const JWT = /eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)?/g;

/**
 * The last line of defence: whatever is printed goes through here, so that a secret is hidden even in the text of
 * an error that nobody thought of.
 */
export class SecretKeeper {
  readonly #secrets = new Set<string>();

  keep(...secrets: readonly string[]): void {
    for (const secret of secrets) if (secret !== '') this.#secrets.add(secret);
  }

  hide(text: string): string {
    let hidden = text;
    for (const secret of this.#secrets) hidden = hidden.replaceAll(secret, () => '(not shown)');
    return hidden.replaceAll(JWT, () => '(token, not shown)');
  }
}
