import { createHash } from 'node:crypto';

/** The 64 digits by which S3 names an account. AWS draws them; here the same account has the same ones always. */
export function canonicalUserId(accountId: string): string {
  return createHash('sha256').update(`canonical user of ${accountId}`).digest('hex');
}
