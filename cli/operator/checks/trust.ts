import { trustPolicyFor } from '../../../lib/access/trust-policy.ts';
import type { Finding } from '../../doctor/finding.ts';
import { counted } from '../../text.ts';
import { judgeTrust, type TrustHole, type TrustJudgement, type TrustQuestion } from './trust-judgement.ts';

/** Whether the role lets the broker in, and whom else. The trust policy to attach comes with the first thing wrong. */
export function trustFindings(question: TrustQuestion): Finding[] {
  const { role, brokerRoleArn } = question;
  const [, partition] = brokerRoleArn.split(':');
  if (partition !== role.partition) {
    const message = `it is in partition ${role.partition}, the broker in ${partition}: nothing crosses partitions`;
    return [{ check: 'role.trust', subject: role.id, status: 'failed', message }];
  }
  const judgement = judgeTrust(question);
  if (judgement.unreadable !== undefined) {
    const message = `its trust policy cannot be read: ${judgement.unreadable}`;
    return withRemedy(question, [{ check: 'role.trust', subject: role.id, status: 'failed', message }]);
  }
  return withRemedy(question, [
    ...brokerFindings(question, judgement),
    ...externalIdFindings(question, judgement),
    ...widthFindings(question, judgement),
  ]);
}

function brokerFindings(question: TrustQuestion, { refusals, dependsOn, grants }: TrustJudgement): Finding[] {
  const { role, username } = question;
  const subject = role.id;
  if (refusals.length > 0) {
    const isTrust = ({ failure }: (typeof refusals)[number]) => failure.side === 'trust' || failure.side === 'request';
    const ofTrust = refusals.filter(isTrust).map(spoken);
    const ofBroker = refusals.filter((refusal) => !isTrust(refusal)).map(spoken);
    const hint = 'build and deploy the broker with this access policy: its role lists the roles that it may assume';
    return [
      ...refused({ check: 'role.trust', subject }, ofTrust),
      ...refused({ check: 'role.broker', subject, hint }, ofBroker),
    ];
  }
  if (dependsOn.length > 0) {
    const message = `it lets the broker in only where these fit, which are not known here: ${dependsOn.join(', ')}`;
    const hint = `tried with the username ${username}; --username NAME tries another`;
    return [{ check: 'role.trust', subject, status: 'warning', message, hint }];
  }
  const message =
    grants === 0 ? 'lets the broker in, but no grant gives it' : `lets the broker in for ${counted(grants, 'grant')}`;
  return [{ check: 'role.trust', subject, status: 'ok', message }];
}

function spoken({ failure, grants }: TrustJudgement['refusals'][number]): string {
  const [first] = grants;
  return `${failure.message} (${grants.length === 1 && first !== undefined ? first : counted(grants.length, 'grant')})`;
}

/** One finding for all that is said of one side. */
function refused(finding: Omit<Finding, 'status' | 'message'>, messages: readonly string[]): Finding[] {
  const [message, ...others] = messages;
  if (message === undefined) return [];
  return [{ ...finding, status: 'failed', message, details: others }];
}

/** Offline canary: the broker's own calls with no or another external id, which must fail. */
function externalIdFindings(question: TrustQuestion, { holes, refusals }: TrustJudgement): Finding[] {
  const check = 'role.external-id';
  const { role } = question;
  const subject = role.id;
  if (role.externalId === undefined) {
    const asks = refusals.some(({ failure }) => /sts:externalid/i.test(failure.message));
    if (!asks) return [{ check, subject, status: 'ok', message: 'no external id in the access policy' }];
    const message = 'its trust policy asks for an external id, and the access policy has none';
    return [{ check, subject, status: 'failed', message, hint: 'set `externalId` of the role in the access policy' }];
  }
  if (holes.includes('noExternalId') || holes.includes('otherExternalId')) {
    const how = holes.includes('noExternalId') ? 'without external id' : 'with an external id other than';
    const message = `its trust policy lets the broker in ${how} ${role.externalId}`;
    return [{ check, subject, status: 'failed', message }];
  }
  return [{ check, subject, status: 'ok', message: `not without external id ${role.externalId}` }];
}

const HOLES: Readonly<
  Record<Exclude<TrustHole, 'noExternalId' | 'otherExternalId'>, readonly ['failed' | 'warning', string]>
> = {
  anybody: ['failed', 'its trust policy lets in anybody of any account who sends what the broker sends'],
  brokersAccount: [
    'warning',
    'its trust policy lets in whoever may call STS in the broker’s account, not the broker alone',
  ],
};

function widthFindings(question: TrustQuestion, { holes, others }: TrustJudgement): Finding[] {
  const check = 'role.width';
  const subject = question.role.id;
  for (const hole of ['anybody', 'brokersAccount'] as const) {
    if (!holes.includes(hole)) continue;
    const [status, message] = HOLES[hole];
    return [{ check, subject, status, message }];
  }
  if (others.length === 0) return [{ check, subject, status: 'ok', message: 'trusts nobody else' }];
  const strangers = others.filter((name) => isOfUnknownAccount(question, name));
  if (strangers.length > 0) {
    const message = `also trusts accounts that the access policy does not know: ${few(strangers)}`;
    return [{ check, subject, status: 'warning', message, data: { others } }];
  }
  return [{ check, subject, status: 'ok', message: `also trusts ${few(others)}`, data: { others } }];
}

function few(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
}

/** Services and identity providers without an account in their name are nobody's account. */
function isOfUnknownAccount({ policy, brokerRoleArn }: TrustQuestion, principal: string): boolean {
  const account = /^\d{12}$/.test(principal) ? principal : principal.split(':')[4];
  if (account === undefined || !/^\d{12}$/.test(account)) return false;
  return account !== brokerRoleArn.split(':')[4] && !policy.accounts.some(({ id }) => id === account);
}

/** To what is wrong and has no other hint: the trust policy as data, and once on one line that a shell can take. */
function withRemedy({ policy, role, brokerRoleArn }: TrustQuestion, findings: readonly Finding[]): Finding[] {
  const isWrong = ({ status, hint }: Finding): boolean => status !== 'ok' && hint === undefined;
  const first = findings.find(isWrong);
  if (first === undefined) return [...findings];
  const trustPolicy = trustPolicyFor(policy, role, brokerRoleArn).document;
  const name = role.arn.slice(role.arn.lastIndexOf('/') + 1);
  const hint = `attach it with aws iam update-assume-role-policy --role-name ${name} --policy-document …, in account ${role.accountId}`;
  const attach = `the trust policy that it needs: ${JSON.stringify(trustPolicy)}`;
  return findings.map((finding) => {
    if (!isWrong(finding)) return finding;
    if (finding !== first) return { ...finding, data: { trustPolicy } };
    return { ...finding, hint, details: [...(finding.details ?? []), attach], data: { trustPolicy } };
  });
}
