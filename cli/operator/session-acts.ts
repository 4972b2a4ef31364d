import type { ExplainedSession } from '../../lib/access/explanation.ts';
import { explain, traceJson } from '../../lib/iam/explain.ts';
import { judgeSession, type PolicyText, type RoleSession } from '../../lib/iam/role-session.ts';
import type { JudgedAct, WantedAct } from '../explain/acts.ts';
import { Failure } from '../failure.ts';
import { type AccessOptions, operatorAccess } from './iam-client.ts';
import { readManagedPolicy, readRole } from './role-reader.ts';

/** Stands for the id that a session gets when it is made. */
const SAMPLE_SESSION_ID = `01J${'0'.repeat(23)}`;

/**
 * What a session like this could do, by the role's policies as they are in AWS now.
 *
 * @param now epoch milliseconds
 * @throws Failure when the role or a policy cannot be read
 */
export async function judgedActs(
  session: ExplainedSession,
  acts: readonly WantedAct[],
  options: AccessOptions,
  now: number,
): Promise<JudgedAct[]> {
  const judging = judgeSession(await sessionAsItWouldBe(session, options));
  if ('unreadable' in judging) {
    throw new Failure('refused', 'policies of the session cannot be understood, so nothing can be said of it', {
      lines: judging.unreadable.map(({ place, message }) => `${place}: ${message}`),
    });
  }
  return acts.map((act) => {
    const { action, resource, verdict, evaluation, unknownKeys } = judging.judge({ ...act, now });
    return {
      action,
      resource,
      verdict,
      unknownKeys,
      // Its first sentence would say of the resource's policy, which was not read, that it allows nothing.
      explanation: explain(evaluation).slice(evaluation.reason === 'notGrantedByResource' ? 1 : 0),
      trace: traceJson(evaluation),
    };
  });
}

async function sessionAsItWouldBe(session: ExplainedSession, options: AccessOptions): Promise<RoleSession> {
  const access = operatorAccess(options);
  const { policy, policyArns } = session;
  const [role, managed] = await Promise.all([
    readRole(access, session.roleArn),
    Promise.all(
      policyArns.map(async (arn): Promise<PolicyText> => {
        return { place: `session policy ${arn}`, document: await readManagedPolicy(access, arn) };
      }),
    ),
  ]);
  return {
    roleArn: role.arn,
    sessionName: withSessionId(session.roleSessionName),
    sourceIdentity: session.sourceIdentity,
    roleTags: role.tags,
    sessionTags: Object.fromEntries(Object.entries(session.tags).map(([key, value]) => [key, withSessionId(value)])),
    identity: [
      ...role.inlinePolicies.map(({ name, document }) => ({ place: `inline policy ${name}`, document })),
      ...role.attachedPolicies.map(({ arn, document }) => ({ place: arn, document })),
    ],
    boundary: role.boundary && { place: `boundary ${role.boundary.arn}`, document: role.boundary.document },
    session: [
      ...(policy === undefined ? [] : [{ place: 'session policy', document: JSON.stringify(policy) }]),
      ...managed,
    ],
  };
}

function withSessionId(text: string): string {
  return text.replace('{sessionId}', SAMPLE_SESSION_ID);
}
