import * as z from 'zod';
import { PERMISSIONS } from '../policy.ts';
import { duration, oneOrMore, text } from '../schema.ts';

/**
 * The shape of a test file of an access policy, `*.test.yml`. What only makes sense together, and what the policy has to
 * know, is checked in `read.ts` and `plan.ts`.
 */
const time = text.describe('RFC 3339, such as 2026-01-31T09:00:00Z.');

const testCase = z.strictObject({
  name: text.describe('What the case shows, as a sentence.'),

  caller: z.record(z.string(), z.unknown()).optional().describe('The claims of the caller’s token.'),
  claims: text.optional().describe('The same from a JSON file, relative to this one.'),
  issuer: text.optional().describe('Whose claims they are, where the policy has several issuers and they do not say.'),
  signedInAgo: duration.or(z.literal(0)).optional().describe('How long ago the caller signed in; sets auth_time.'),

  role: oneOrMore.optional().describe('The role that is asked for; several, or a glob, are a check each.'),
  permission: z.enum(PERMISSIONS).optional().describe('Instead of a role: a permission of the broker itself.'),
  reason: text.optional(),
  ticket: text.optional(),
  requestedDuration: duration.optional().describe('How long a session is asked for.'),
  sourceIp: text.optional(),
  userAgent: text.optional(),
  now: time.optional(),

  expect: z.enum(['allow', 'deny']),
  because: text
    .optional()
    .describe('allow: the grant that decides. deny: the deny’s name, the reason’s code, or a part of what is missing.'),
  duration: duration.optional().describe('How long the session lasts.'),
  tags: z.record(z.string(), z.string()).optional().describe('The tags of the session, all of them.'),
  sourceIdentity: text.optional().describe('Who the session is in CloudTrail.'),
  missing: oneOrMore.optional().describe('Parts of what the caller is told; each must be there.'),
});

export const policyTestSource = z.strictObject({
  policy: text.optional().describe('The access policy, relative to this file. Default: access.yml where it is run.'),
  now: time.optional().describe('When it is. Default: now.'),
  cases: z.array(testCase).min(1, 'needs at least one case'),
});

export type PolicyTestSource = z.infer<typeof policyTestSource>;
export type TestCaseSource = z.infer<typeof testCase>;
