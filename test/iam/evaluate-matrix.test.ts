import { describe, expect, test } from 'vitest';
import {
  ALLOW_ALL,
  AWAY,
  allow,
  expectDecision,
  FEDERATED,
  HOME,
  type Letter,
  type Question,
  ROLE,
  ROOT,
  SESSION,
  SILENT,
  to,
  USER,
} from './ask.ts';

/**
 * How resource-based policies meet identity policies, boundaries and session policies: every combination of who asks,
 * whom the resource's policy names, whether an identity policy allows, and what limits it.
 *
 * The letters are written down by hand from the documentation's flow charts and its table "Resource-based policies and
 * implicit denies in other policy types".
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 */

const LIMITS: Readonly<Record<string, Partial<Question>>> = {
  'nothing limits it': {},
  'its boundary allows': { boundary: ALLOW_ALL },
  'its boundary is silent': { boundary: SILENT },
  'its session policy allows': { session: ALLOW_ALL },
  'its session policy is silent': { session: SILENT },
};
const OF_A_USER = ['nothing limits it', 'its boundary allows', 'its boundary is silent'];
const OF_A_SESSION = Object.keys(LIMITS);

const GRANTS: Readonly<Record<string, Partial<Question>>> = {
  nobody: {},
  'the user': { resource: [to(USER)] },
  'the role': { resource: [to(ROLE)] },
  'the session': { resource: [to(SESSION)] },
  'the federated user': { resource: [to(FEDERATED)] },
  'the account': { resource: [to(ROOT)] },
  'the account by its number': { resource: [to(HOME)] },
  everybody: { resource: [to('*')] },
  'every AWS principal': { resource: [to({ AWS: '*' })] },
  'somebody else': { resource: [to(`arn:aws:iam::${HOME}:user/bob`)] },
  'another session of the role': { resource: [to(`arn:aws:sts::${HOME}:assumed-role/app/run-2`)] },
  'a service': { resource: [to({ Service: 'lambda.amazonaws.com' })] },
};

interface Matrix {
  readonly title: string;
  readonly by: string;
  readonly limits: readonly string[];
  readonly account?: string;
  /** Whom the resource's policy names → without an identity policy, and with one that allows; a letter per limit. */
  readonly rows: Readonly<Record<string, readonly [without: string, withAllow: string]>>;
}

const MATRICES: readonly Matrix[] = [
  {
    title: 'a user in the resource’s account',
    by: USER,
    limits: OF_A_USER,
    rows: {
      nobody: ['III', 'AAI'],
      'the user': ['AAA', 'AAA'],
      everybody: ['AAA', 'AAA'],
      'every AWS principal': ['AAA', 'AAA'],
      'the account': ['III', 'AAI'],
      'the account by its number': ['III', 'AAI'],
      'somebody else': ['III', 'AAI'],
      'a service': ['III', 'AAI'],
    },
  },
  {
    title: 'a session of a role in the resource’s account',
    by: SESSION,
    limits: OF_A_SESSION,
    rows: {
      nobody: ['IIIII', 'AAIAI'],
      'the session': ['AAAAA', 'AAAAA'],
      everybody: ['AAAAA', 'AAAAA'],
      'the role': ['AAIAI', 'AAIAI'],
      'the account': ['IIIII', 'AAIAI'],
      'another session of the role': ['IIIII', 'AAIAI'],
      'somebody else': ['IIIII', 'AAIAI'],
    },
  },
  {
    title: 'a role, whatever its session, in the resource’s account',
    by: ROLE,
    limits: OF_A_SESSION,
    rows: {
      nobody: ['IIIII', 'AAIAI'],
      'the role': ['AAIAI', 'AAIAI'],
      everybody: ['AAIAI', 'AAIAI'],
      'the session': ['IIIII', 'AAIAI'],
      'the account': ['IIIII', 'AAIAI'],
    },
  },
  {
    // Without a session policy, GetFederationToken's sessions have nothing of their user's policies.
    title: 'a federated user’s session in the resource’s account',
    by: FEDERATED,
    limits: OF_A_SESSION,
    rows: {
      nobody: ['IIIII', 'IIIAI'],
      'the federated user': ['AAAAA', 'AAAAA'],
      everybody: ['AAAAA', 'AAAAA'],
      'the user': ['IIIAI', 'IIIAI'],
      'the account': ['IIIII', 'IIIAI'],
    },
  },
  {
    title: 'the root user of the resource’s account',
    by: ROOT,
    limits: ['nothing limits it'],
    rows: { nobody: ['A', 'A'], 'the account': ['A', 'A'], 'somebody else': ['A', 'A'] },
  },
  {
    title: 'a user of another account',
    by: USER,
    limits: OF_A_USER,
    account: AWAY,
    rows: {
      nobody: ['III', 'III'],
      'the user': ['III', 'AAI'],
      everybody: ['III', 'AAI'],
      'the account': ['III', 'AAI'],
      'the account by its number': ['III', 'AAI'],
      'somebody else': ['III', 'III'],
    },
  },
  {
    title: 'a session of a role of another account',
    by: SESSION,
    limits: OF_A_SESSION,
    account: AWAY,
    rows: {
      nobody: ['IIIII', 'IIIII'],
      'the session': ['IIIII', 'AAIAI'],
      'the role': ['IIIII', 'AAIAI'],
      everybody: ['IIIII', 'AAIAI'],
      'the account': ['IIIII', 'AAIAI'],
      'another session of the role': ['IIIII', 'IIIII'],
    },
  },
  {
    title: 'the root user of another account',
    by: ROOT,
    limits: ['nothing limits it'],
    account: AWAY,
    rows: { nobody: ['I', 'I'], 'the account': ['A', 'A'], 'somebody else': ['I', 'I'] },
  },
];

const CASES = MATRICES.flatMap(({ title, by, limits, account, rows }) =>
  Object.entries(rows).flatMap(([named, letters]) =>
    letters.flatMap((row, withAllow) =>
      limits.map((limit, column) => ({
        title,
        sentence: `the resource names ${named}, ${withAllow ? 'an' : 'no'} identity policy allows, ${limit}`,
        letter: row[column] as Letter,
        question: {
          by,
          ...(account !== undefined && { account }),
          ...(withAllow ? { identity: [allow()] } : {}),
          ...GRANTS[named],
          ...LIMITS[limit],
        } satisfies Question,
      })),
    ),
  ),
);

test('there are at least 250 combinations', () => expect(CASES.length).toBeGreaterThanOrEqual(250));

for (const { title } of MATRICES) {
  describe(title, () => {
    test.each(CASES.filter((one) => one.title === title))('$sentence: $letter', ({ question, letter }) => {
      expectDecision(question, letter);
    });
  });
}
