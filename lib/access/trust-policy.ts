import type { PolicyDocument } from '../iam/document.ts';
import { countedCharacters } from '../iam/document-limits.ts';
import { parseDocument } from '../iam/parse-document.ts';
import { checkTrust } from '../iam/trust.ts';
import type { JsonObject } from '../json.ts';
import { SESSION_ID_TAG } from '../session-id.ts';
import { brokerCalls } from './broker-call.ts';
import type { AccessPolicy, Role } from './policy.ts';

/** Characters, white space not counted: IAM's quota of a role's trust policy, which an account can have raised to 4,096. */
export const TRUST_POLICY_QUOTA = 2_048;

const SESSION_ID = '?'.repeat(26);
/** Two characters at least, as STS has it. */
const SOURCE_IDENTITY = '??*';

export interface TrustPolicy {
  readonly document: JsonObject;
  /** Characters that IAM counts. */
  readonly size: number;
}

/**
 * The trust policy that a role of the catalogue needs: the broker alone, only with the role's external id, a session id
 * as name and tag, a person as source identity, and no tags but those that grants set and the broker's own. The same as
 * in examples/target-role.yml, where the reasons stand.
 *
 * It is judged by the engine before it is returned: every call that the access policy can lead to must pass it, and the
 * same calls without the external id, with another one or without a source identity must not.
 *
 * @throws RangeError when `brokerRoleArn` is not the ARN of a role of the role's partition
 */
export function trustPolicyFor(policy: AccessPolicy, role: Role, brokerRoleArn: string): TrustPolicy {
  if (brokerRoleArn.split(':')[1] !== role.partition) {
    throw new RangeError(`${brokerRoleArn} is not in partition ${role.partition}, where ${role.id} is`);
  }
  const Principal = { AWS: brokerRoleArn };
  const { externalId } = role;
  const document: JsonObject = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'BrokerAssumesForAPerson',
        Effect: 'Allow',
        Principal,
        Action: 'sts:AssumeRole',
        Condition: {
          ...(externalId !== undefined && { StringEquals: { 'sts:ExternalId': externalId } }),
          StringLike: {
            'sts:RoleSessionName': [SESSION_ID, `${SESSION_ID}-*`],
            'sts:SourceIdentity': SOURCE_IDENTITY,
            [`aws:RequestTag/${SESSION_ID_TAG}`]: SESSION_ID,
          },
        },
      },
      {
        Sid: 'BrokerNamesThePerson',
        Effect: 'Allow',
        Principal,
        Action: 'sts:SetSourceIdentity',
        Condition: { StringLike: { 'sts:SourceIdentity': SOURCE_IDENTITY } },
      },
      {
        Sid: 'BrokerTagsTheSession',
        Effect: 'Allow',
        Principal,
        Action: 'sts:TagSession',
        Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': tagKeys(policy, role) } },
      },
    ],
  };
  const text = JSON.stringify(document);
  prove(text, policy, role, brokerRoleArn);
  return { document, size: countedCharacters(text) };
}

/** The broker's own by their prefix, which nobody else can set: a later broker may set one more. */
function tagKeys(policy: AccessPolicy, role: Role): string[] {
  const grants = policy.grants.filter(({ effect, roles }) => effect === 'allow' && roles.includes(role.id));
  const keys = new Set(grants.flatMap(({ session }) => Object.keys(session.tags)));
  return ['daypass:*', ...[...keys].sort()];
}

function prove(text: string, policy: AccessPolicy, role: Role, brokerRoleArn: string): void {
  const { document, problems } = parseDocument(text, 'trust');
  // Too many tag keys make it too large; that is told apart, with what can be done about it.
  const wrong = problems.find(({ code }) => code !== 'document_too_large');
  if (document === undefined || wrong !== undefined) throw new Error(`the trust policy is wrong: ${wrong?.message}`);
  const trustPolicy = { place: 'trust policy', document };
  const policies = { identity: [{ place: 'broker', document: brokerPermissions() }] };
  for (const { call } of brokerCalls(policy, role, { brokerRoleArn, username: 'someone@example.com' })) {
    const asked = { ...call, trustPolicy, policies };
    const [failure] = checkTrust(asked).failures;
    if (failure !== undefined) throw new Error(`the trust policy refuses the broker: ${failure.message}`);
    const { sourceIdentity: _, ...nobody } = asked;
    const { externalId, ...unnamed } = asked;
    const forbidden =
      externalId === undefined ? [nobody] : [nobody, unnamed, { ...asked, externalId: `${externalId}-` }];
    if (forbidden.some((other) => checkTrust(other).succeeds)) throw new Error('the trust policy is too wide');
  }
}

/** What the broker's own role allows it at most (serverless.yml, `AssumeRolesOfThePolicy`), on any role. */
export function brokerPermissions(): PolicyDocument {
  const { document } = parseDocument(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
          Resource: '*',
        },
      ],
    },
    'identity',
  );
  if (document === undefined) throw new Error('the broker’s permissions are wrong');
  return document;
}
