import { parseRequester, type Requester } from '../iam/requester.ts';
import type { AssumeRoleCall } from '../iam/trust.ts';
import { parseTemplate } from '../iam/variables.ts';
import { roleSessionName, SESSION_ID_TAG } from '../session-id.ts';
import type { AccessPolicy, Grant, Role } from './policy.ts';

/** The call that the broker makes when somebody gets a role from a grant, before anybody has asked. */
export interface BrokerCall {
  /** The grant's name; undefined when none gives the role, so that this is what any would send. */
  readonly grant: string | undefined;
  readonly call: Omit<AssumeRoleCall, 'trustPolicy' | 'policies'>;
  /** Condition keys whose value stands in for one that is known only when somebody asks. */
  readonly standIns: readonly string[];
}

/** Who a call is made as, and for whom. */
export interface BrokerCaller {
  /** The role of the function that calls STS: output BrokerRoleArn of the broker's stack. */
  readonly brokerRoleArn: string;
  /** A username that the issuers may give. */
  readonly username: string;
}

const SAMPLE_SESSION_ID = `01J${'0'.repeat(23)}`;
/** A username as long as STS takes: the session's name is then the session id alone. */
const LONGEST_USERNAME = 64;
const SAMPLE_CLAIM = 'sample';

/**
 * Every call that the access policy can lead to for a role: with each grant's tags and transitive keys, with and without
 * the username in the session's name.
 *
 * @throws RangeError when `brokerRoleArn` is not the ARN of a role
 */
export function brokerCalls(policy: AccessPolicy, role: Role, caller: BrokerCaller): BrokerCall[] {
  const allowing = policy.grants.filter(({ effect, roles }) => effect === 'allow' && roles.includes(role.id));
  const grants: readonly (Grant | undefined)[] = allowing.length === 0 ? [undefined] : allowing;
  const long = caller.username.padEnd(LONGEST_USERNAME, 'x');
  return grants.flatMap((grant) =>
    [caller.username, long].map((username) => brokerCall(role, grant, { ...caller, username })),
  );
}

/** The session of the broker's role that calls STS. Lambda names it after the function. */
export function brokerSession(brokerRoleArn: string): Requester {
  const [, partition, accountId, name] =
    /^arn:([a-z-]+):iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(brokerRoleArn) ?? [];
  const session = parseRequester(`arn:${partition}:sts::${accountId}:assumed-role/${name}/daypass-credentials`);
  if (name === undefined || session === undefined) throw new RangeError(`${brokerRoleArn} is not the ARN of a role`);
  return session;
}

function brokerCall(role: Role, grant: Grant | undefined, { brokerRoleArn, username }: BrokerCaller): BrokerCall {
  const { tags = {}, transitiveTagKeys = [] } = grant?.session ?? {};
  const filled = Object.entries(tags).map(([key, template]) => ({ key, ...fillWithSample(template) }));
  return {
    grant: grant?.name,
    call: {
      operation: 'AssumeRole',
      roleArn: role.arn,
      caller: brokerSession(brokerRoleArn),
      roleSessionName: roleSessionName(SAMPLE_SESSION_ID, username),
      sourceIdentity: username,
      tags: {
        ...Object.fromEntries(filled.map(({ key, value }): [string, string] => [key, value])),
        [SESSION_ID_TAG]: SAMPLE_SESSION_ID,
      },
      transitiveTagKeys,
      ...(role.externalId !== undefined && { externalId: role.externalId }),
      // To conditions, a session is its role; the session's own ARN does not show the role's path.
      context: { 'aws:PrincipalArn': [brokerRoleArn] },
    },
    standIns: [
      'sts:SourceIdentity',
      'sts:RoleSessionName',
      `aws:RequestTag/${SESSION_ID_TAG}`,
      ...filled.flatMap(({ key, isSample }) => (isSample ? [`aws:RequestTag/${key}`] : [])),
    ],
  };
}

function fillWithSample(source: string): { readonly value: string; readonly isSample: boolean } {
  const template = parseTemplate(source);
  if ('message' in template) return { value: source, isSample: false };
  const value = template.parts.map((part) => ('text' in part ? part.text : SAMPLE_CLAIM)).join('');
  return { value, isSample: template.claims.length > 0 };
}
