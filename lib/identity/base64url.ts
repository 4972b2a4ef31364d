/**
 * Decodes base64url as RFC 7515 §2 has it: no padding, no whitespace, no other alphabet, and only the one
 * canonical spelling of the last character (RFC 4648 §3.5). Anything else is undefined.
 *
 * Node's decoder is lenient, so the bytes are encoded again and compared: the same bytes have exactly one
 * accepted spelling, which is what makes a token's hash mean something.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
