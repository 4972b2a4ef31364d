import { type BrokerCall, brokerCalls } from '../../../lib/access/broker-call.ts';
import type { AccessPolicy, Role } from '../../../lib/access/policy.ts';
import { brokerPermissions } from '../../../lib/access/trust-policy.ts';
import type { PolicyDocument, Statement } from '../../../lib/iam/document.ts';
import type { PolicySet } from '../../../lib/iam/evaluate.ts';
import { parseDocument } from '../../../lib/iam/parse-document.ts';
import { formatPath } from '../../../lib/iam/policy-problem.ts';
import { parseRequester } from '../../../lib/iam/requester.ts';
import { checkTrust, type TrustFailure } from '../../../lib/iam/trust.ts';

export interface TrustQuestion {
  readonly policy: AccessPolicy;
  readonly role: Role;
  readonly brokerRoleArn: string;
  /** A username that the issuers may give. */
  readonly username: string;
  /** The role's trust policy as it is, JSON. */
  readonly trustPolicy: string;
  readonly roleTags: Readonly<Record<string, string>>;
  /** What the broker's own role may do; undefined when it could not be read, and then it may what it needs. */
  readonly brokerPolicies: Partial<PolicySet> | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface TrustJudgement {
  /** Why the trust policy cannot be read at all. */
  readonly unreadable?: string;
  /** What keeps the broker out, and on which grants. */
  readonly refusals: readonly { readonly failure: TrustFailure; readonly grants: readonly string[] }[];
  /** Condition keys whose value nobody knows before somebody asks: with the right ones the broker is let in. */
  readonly dependsOn: readonly string[];
  /** How many grants lead to the role. */
  readonly grants: number;
  /** Calls that must be refused and would not be. */
  readonly holes: readonly TrustHole[];
  /** Principals that are let in besides the broker's role, as written. */
  readonly others: readonly string[];
}

export type TrustHole = 'noExternalId' | 'otherExternalId' | 'anybody' | 'brokersAccount';

/** Keys that follow from the call, so that a condition on them is decided here as it is in AWS. */
const KNOWN =
  /^(sts:(externalid|rolesessionname|sourceidentity|transitivetagkeys)|aws:(requesttag\/.+|tagkeys|principalarn|principalaccount|principaltype|principalisawsservice|currenttime|epochtime|securetransport|multifactorauthpresent|multifactorauthage|username|userid|federatedprovider|sourceidentity|sourceaccount|sourcearn|resourcetag\/.+)|iam:resourcetag\/.+)$/;

/**
 * Judges a role's trust policy against every call that the access policy can lead to, and against those that must fail.
 * Offline: what AWS knows and this cannot (`aws:PrincipalOrgID`, `aws:SourceIp`, tags of the broker's role …) is told as
 * something that it depends on when the broker is to be let in, and left out when somebody is to be kept out.
 */
export function judgeTrust(question: TrustQuestion): TrustJudgement {
  const { policy, role, brokerRoleArn, username, trustPolicy, brokerPolicies } = question;
  const { document, problems } = parseDocument(trustPolicy, 'trust');
  const none = { refusals: [], dependsOn: [], grants: 0, holes: [], others: [] };
  if (document === undefined) {
    const [problem] = problems.filter(({ fatal }) => fatal);
    return {
      ...none,
      unreadable: problem === undefined ? 'unknown' : `${formatPath(problem.path)}: ${problem.message}`,
    };
  }
  const calls = brokerCalls(policy, role, { brokerRoleArn, username });
  const ask = (call: BrokerCall['call'], trust: PolicyDocument, policies = brokerPolicies ?? allowing()) =>
    checkTrust({
      ...call,
      context: { ...circumstances(question), ...call.context },
      trustPolicy: { place: 'trust policy', document: trust },
      policies,
    });
  const refusals = new Map<string, { failure: TrustFailure; grants: Set<string> }>();
  const dependsOn = new Set<string>();
  for (const { call, grant, standIns } of calls) {
    const result = ask(call, document);
    if (result.succeeds) continue;
    const lenient = withoutKeys(
      document,
      (key) => !KNOWN.test(key) || standIns.some((name) => name.toLowerCase() === key),
    );
    if (ask(call, lenient.document).succeeds) {
      for (const key of lenient.keys) dependsOn.add(key);
      continue;
    }
    for (const failure of result.failures) {
      const known = refusals.get(failure.message) ?? { failure, grants: new Set() };
      known.grants.add(grant ?? 'any grant');
      refusals.set(failure.message, known);
    }
  }
  return {
    refusals: [...refusals.values()].map(({ failure, grants }) => ({ failure, grants: [...grants] })),
    dependsOn: [...dependsOn],
    grants: new Set(calls.flatMap(({ grant }) => grant ?? [])).size,
    holes: holesIn(question, document, calls, ask),
    others: othersIn(document, brokerRoleArn),
  };
}

type Ask = (call: BrokerCall['call'], trust: PolicyDocument, policies?: Partial<PolicySet>) => { succeeds: boolean };

/** The caller's side allows everything here: it is not what a trust policy may rely on. */
function holesIn(
  question: TrustQuestion,
  document: PolicyDocument,
  calls: readonly BrokerCall[],
  ask: Ask,
): TrustHole[] {
  const { brokerRoleArn } = question;
  const holes = new Set<TrustHole>();
  // Where the trust rests on what only AWS knows, that is taken to hold.
  const lenient = withoutKeys(document, (key) => !KNOWN.test(key)).document;
  const [, partition = '', , , account = ''] = brokerRoleArn.split(':');
  const stranger = strangerOf(partition, account === '000000000001' ? '000000000002' : '000000000001');
  for (const call of calls.flatMap(({ call }) => attemptsLike(call))) {
    const isOpen = (change: Partial<BrokerCall['call']>, trust: PolicyDocument): boolean =>
      ask({ ...call, ...change }, trust, allowing()).succeeds;
    const { externalId, ...unnamed } = call;
    if (externalId !== undefined) {
      if (ask(unnamed, lenient, allowing()).succeeds) holes.add('noExternalId');
      if (isOpen({ externalId: `${externalId}-other` }, lenient)) holes.add('otherExternalId');
    }
    // A stranger has not what the policy asks for and this cannot know, so the policy is taken as it is.
    if (isOpen(stranger, document)) holes.add('anybody');
    if (isOpen(strangerOf(partition, account), lenient)) holes.add('brokersAccount');
  }
  return [...holes];
}

/** Whoever wants in leaves out what could keep them out: the person, the tags, the form of the session's name. */
function attemptsLike(call: BrokerCall['call']): BrokerCall['call'][] {
  const { sourceIdentity: _, ...nobody } = call;
  return [call, nobody, { ...nobody, roleSessionName: 'somebody', tags: {}, transitiveTagKeys: [] }];
}

/** Somebody else of the account, with all that the broker sends. */
function strangerOf(partition: string, accountId: string): Pick<BrokerCall['call'], 'caller' | 'context'> {
  const name = 'daypass-doctor-stranger';
  const caller = parseRequester(`arn:${partition}:sts::${accountId}:assumed-role/${name}/somebody`);
  if (caller === undefined) throw new Error('the stranger has no name');
  return { caller, context: { 'aws:PrincipalArn': [`arn:${partition}:iam::${accountId}:role/${name}`] } };
}

function circumstances({ now, roleTags, role }: TrustQuestion): Record<string, readonly string[]> {
  const tags = Object.entries(roleTags).flatMap(([key, value]): [string, string[]][] => [
    [`aws:ResourceTag/${key}`, [value]],
    [`iam:ResourceTag/${key}`, [value]],
  ]);
  return {
    ...Object.fromEntries(tags),
    'aws:ResourceAccount': [role.accountId],
    'aws:PrincipalType': ['AssumedRole'],
    'aws:PrincipalIsAWSService': ['false'],
    'aws:SecureTransport': ['true'],
    'aws:CurrentTime': [new Date(now).toISOString()],
    'aws:EpochTime': [String(Math.floor(now / 1000))],
  };
}

/**
 * The document as if every condition on these keys held: where it allows they are dropped, and a statement that denies
 * under one of them is.
 *
 * @returns it, and the keys that were in it, as written
 */
function withoutKeys(document: PolicyDocument, isUnknown: (foldedKey: string) => boolean) {
  const keys = new Set<string>();
  const statements = document.statements.flatMap((statement): Statement[] => {
    const unknown = statement.condition.clauses.filter(({ key }) => isUnknown(key.toLowerCase()));
    for (const { key } of unknown) keys.add(key);
    if (unknown.length === 0) return [statement];
    if (statement.effect === 'Deny') return [];
    const clauses = statement.condition.clauses.filter((clause) => !unknown.includes(clause));
    return [{ ...statement, condition: { clauses } }];
  });
  return { document: { ...document, statements }, keys: [...keys] };
}

/** Whoever else may come in by a statement of their own. */
function othersIn({ statements }: PolicyDocument, brokerRoleArn: string): string[] {
  const account = brokerRoleArn.split(':')[4] ?? '';
  const others = new Set<string>();
  for (const { effect, actions, principals } of statements) {
    const assumes = ['assumerole', 'assumerolewithwebidentity', 'assumerolewithsaml'];
    if (effect !== 'Allow' || !assumes.some((action) => actions.matches(`sts:${action}`))) continue;
    const { aws = [], services = [], federated = [] } = principals?.named ?? {};
    for (const name of [...aws, ...services, ...federated]) {
      const isBrokers =
        name === brokerRoleArn || name === account || name === `${brokerRoleArn.split(':role/')[0]}:root`;
      if (!isBrokers) others.add(name);
    }
  }
  return [...others];
}

function allowing(): Partial<PolicySet> {
  return { identity: [{ place: 'the broker’s policies', document: brokerPermissions() }] };
}
