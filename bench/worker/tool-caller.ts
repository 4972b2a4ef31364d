import type { Caller } from '../../lib/identity/caller.ts';
import { ISSUER_URL } from '../identity-provider.ts';

const now = Math.floor(Date.now() / 1000);

/** Whoever signed a tool in: the person of the other workers. */
export const TOOL_CALLER: Caller = {
  issuer: 'corp',
  issuerUrl: ISSUER_URL,
  subject: 'subject-dev',
  username: 'dev@example.com',
  claims: { groups: ['engineering', 'team-payments', 'on-call'], team: 'payments', email: 'dev@example.com' },
  authenticatedAt: now - 60,
  issuedAt: now - 5,
  expiresAt: now + 28_800,
  tokenSha256: 'a'.repeat(64),
  signIn: '01KAN000000000000000000000',
};
