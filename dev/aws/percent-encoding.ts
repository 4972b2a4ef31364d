/** Everything but RFC 3986's unreserved characters: in signatures, and around the documents in IAM's answers. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
