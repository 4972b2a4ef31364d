import type { PolicyKind } from './document.ts';

/**
 * The most characters that AWS stores of a document, white space not counted. Where a kind has several limits it is
 * the largest: an inline policy of a role may have 10,240, a managed one 6,144; a bucket policy has 20,480, a key
 * policy 32,768.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
 */
export const MAX_POLICY_CHARACTERS: Readonly<Record<PolicyKind, number>> = {
  identity: 10_240,
  boundary: 6_144,
  session: 2_048,
  scp: 5_120,
  rcp: 5_120,
  resource: 32_768,
  // 2,048 unless the account's quota was raised, which it can be up to this.
  trust: 4_096,
};

/** Characters of text that are read at all. More is refused unread. */
export const MAX_DOCUMENT_TEXT = 32 * 1024 * 1024;

/** How many characters of a text AWS counts: for IAM's own quotas white space is free. */
export function countedCharacters(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) count--;
  }
  return count;
}
