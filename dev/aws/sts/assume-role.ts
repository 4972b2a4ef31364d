import type { PolicySet } from '../../../lib/iam/evaluate.ts';
import { parseDocument } from '../../../lib/iam/parse-document.ts';
import { checkTrust } from '../../../lib/iam/trust.ts';
import type { ActionCall, AwsState } from '../actions.ts';
import { accessDenied } from '../authorization/denial.ts';
import { globalContext, resourceTagKeys } from '../authorization/global-context.ts';
import { principalPolicies, requesterOf } from '../authorization/principal-policies.ts';
import { organizationPolicies } from '../authorize.ts';
import type { Principal } from '../credentials.ts';
import { AwsError } from '../error.ts';
import type { Xml } from '../query-protocol.ts';
import type { Role } from '../store/roles.ts';
import type { AssumeRoleRequest } from './assume-role-request.ts';
import { readAssumeRole } from './assume-role-request.ts';
import { credentialsXml } from './credentials-xml.ts';
import { shownSecondFactor } from './multi-factor.ts';
import { packedSizePercent } from './packed-size.ts';
import { roleSession } from './role-session.ts';

/** Role chaining: credentials of a role session cannot get a longer session than this, whatever the role says. */
const CHAINED_SECONDS = 3600;

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function assumeRole({ parameters, principal, state, now }: ActionCall): Xml {
  const request = readAssumeRole(parameters);
  const packed = packedSizePercent(request);
  if (packed > 100) {
    const message = `Packed size of session policies and session tags consumes ${packed}% of allotted space.`;
    throw new AwsError('PackedPolicyTooLarge', 400, message);
  }
  checkPolicyArns(state, request);
  checkChain(request, principal);
  const role = state.roles.byArn(request.roleArn);
  // A role that is not there is answered like one of another account that is not trusted: names of others' roles are
  // not given away. Nothing crosses partitions.
  if (role === undefined || role.partition !== principal.partition) {
    throw accessDenied(principal.arn, 'sts:AssumeRole', request.roleArn);
  }
  const caller = shownSecondFactor(state, principal, request.secondFactor, now);
  authorize(state, role, request, caller, now);
  checkDuration(request, role, caller);

  const session = sessionOf(role, request, caller, now);
  const credentials = state.credentials.issueSession(session, now + request.durationSeconds * 1000);
  return {
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    Credentials: credentialsXml(credentials),
    PackedPolicySize: packed === 0 ? undefined : packed,
    SourceIdentity: session.sourceIdentity,
  };
}

/** What AWS says to an ARN of no policy is not documented; this is its answer to other ARNs that it cannot use. */
function checkPolicyArns({ policies }: AwsState, { policyArns }: AssumeRoleRequest): void {
  const unknown = policyArns.find((arn) => policies.byArn(arn) === undefined);
  if (unknown !== undefined) throw new AwsError('InvalidParameterValue', 400, `ARN ${unknown} is not valid.`);
}

/** What a session hands on cannot be changed by the next one. */
function checkChain(request: AssumeRoleRequest, principal: Principal): void {
  const { sourceIdentity } = principal;
  if (
    sourceIdentity !== undefined &&
    request.sourceIdentity !== undefined &&
    request.sourceIdentity !== sourceIdentity
  ) {
    throw accessDenied(principal.arn, 'sts:SetSourceIdentity', request.roleArn);
  }
  const inherited = principal.transitiveTagKeys.map((key) => key.toLowerCase());
  if (request.tags.some(({ key }) => inherited.includes(key.toLowerCase()))) {
    const message =
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key " +
      'from the calling session.';
    throw new AwsError('InvalidParameterValue', 400, message);
  }
}

/** Every action that the call needs must be allowed by all that have a say, on both sides. */
function authorize(state: AwsState, role: Role, request: AssumeRoleRequest, caller: Principal, now: number): void {
  const { sourceIdentity, transitiveTagKeys } = caller;
  const { succeeds, steps } = checkTrust({
    operation: 'AssumeRole',
    roleArn: role.arn,
    trustPolicy: { place: `trust policy of ${role.arn}`, document: role.trustPolicy.document },
    caller: requesterOf(caller),
    policies: callerPolicies(state, caller, role),
    roleSessionName: request.roleSessionName,
    ...(request.externalId !== undefined && { externalId: request.externalId }),
    ...(request.sourceIdentity !== undefined && { sourceIdentity: request.sourceIdentity }),
    tags: Object.fromEntries(request.tags.map(({ key, value }) => [key, value])),
    transitiveTagKeys: request.transitiveTagKeys,
    inherited: { ...(sourceIdentity !== undefined && { sourceIdentity }), transitiveTagKeys },
    context: { ...globalContext(state, caller, role.accountId, now), ...resourceTagKeys(role.tags) },
  });
  if (succeeds) return;
  const refused = steps.find(({ evaluation }) => evaluation.decision !== 'allowed');
  throw accessDenied(caller.arn, refused?.action ?? 'sts:AssumeRole', role.arn, refused?.evaluation);
}

function callerPolicies(state: AwsState, caller: Principal, role: Role): Omit<PolicySet, 'resource'> {
  if (caller.administrator) return OPERATOR_POLICIES;
  return {
    ...principalPolicies(state, caller),
    ...organizationPolicies(state, caller.accountId, role.accountId, 'sts:AssumeRole'),
  };
}

/** The operator's own side allows everything; a role must trust the operator all the same. */
const OPERATOR_POLICIES: Omit<PolicySet, 'resource'> = {
  identity: [{ place: 'operator', document: allowAll() }],
  boundary: [],
  session: [],
  serviceControl: [],
  resourceControl: [],
};

function allowAll() {
  const { document } = parseDocument({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }, 'identity');
  if (document === undefined) throw new Error('a document of the stand-in itself is wrong');
  return document;
}

function checkDuration(request: AssumeRoleRequest, role: Role, caller: Principal): void {
  if (caller.kind === 'session' && request.durationSeconds > CHAINED_SECONDS) {
    const message = 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining';
    throw new AwsError('ValidationError', 400, message);
  }
  if (request.durationSeconds > role.maxSessionDuration) {
    const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
    throw new AwsError('ValidationError', 400, message);
  }
}

function sessionOf(role: Role, request: AssumeRoleRequest, caller: Principal, now: number): Principal {
  const inherited = caller.transitiveTagKeys.map((key) => [key, tagOf(caller, key)]);
  const own = request.tags.map(({ key, value }) => [key, value]);
  const sourceIdentity = request.sourceIdentity ?? caller.sourceIdentity;
  const { sessionPolicy, policyArns } = request;
  const isNarrowed = sessionPolicy !== undefined || policyArns.length > 0;
  const inline = sessionPolicy && { place: 'session policy', document: sessionPolicy.document };
  return {
    ...roleSession(role, request.roleSessionName, now),
    ...(caller.kind === 'session' && { chained: true }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(isNarrowed && { sessionPolicies: { inline, arns: policyArns } }),
    tags: Object.fromEntries([...inherited, ...own]),
    transitiveTagKeys: [...new Set([...caller.transitiveTagKeys, ...request.transitiveTagKeys])],
  };
}

/** A key passed as transitive may differ in case from the tag that it means. */
function tagOf({ tags }: Principal, key: string): string {
  const found = Object.entries(tags).find(([other]) => other.toLowerCase() === key.toLowerCase());
  return found?.[1] ?? '';
}
