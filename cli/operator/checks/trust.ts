import { trustPolicyFor } from '../../../lib/access/trust-policy.ts';
import type { Finding } from '../../doctor/finding.ts';
import { counted } from '../../text.ts';
import { judgeTrust, type TrustHole, type TrustJudgement, type TrustQuestion } from './trust-judgement.ts';

/** Whether the role lets the broker in, and whom else. */
export function trustFindings(question: TrustQuestion): Finding[] {
  const { role } = question;
  const judgement = judgeTrust(question);
  if (judgement.unreadable !== undefined) {
    const message = `its trust policy cannot be read: ${judgement.unreadable}`;
    return [{ check: 'role.trust', subject: role.id, status: 'failed', message, ...remedy(question) }];
  }
  return [
    ...brokerFindings(question, judgement),
    ...externalIdFindings(question, judgement),
    ...widthFindings(question, judgement),
  ];
}

function brokerFindings(question: TrustQuestion, { refusals, dependsOn, grants }: TrustJudgement): Finding[] {
  const { role, username } = question;
  const subject = role.id;
  const found = refusals.map(({ failure, grants: names }): Finding => {
    const where = names.length === 1 ? names[0] : `${names.length} grants`;
    if (failure.side === 'caller' || failure.side === 'organization') {
      const hint = 'build and deploy the broker with this access policy: its role lists the roles that it may assume';
      return {
        check: 'role.broker',
        subject,
        status: 'failed',
        message: `the broker’s role: ${failure.message}`,
        hint,
      };
    }
    const message = `${failure.message} (${where})`;
    return { check: 'role.trust', subject, status: 'failed', message, ...remedy(question) };
  });
  if (found.length > 0) return once(found);
  if (dependsOn.length > 0) {
    const message = `it lets the broker in only where these fit, which are not known here: ${dependsOn.join(', ')}`;
    const hint = `tried with the username ${username}; --username NAME tries another`;
    return [{ check: 'role.trust', subject, status: 'warning', message, hint }];
  }
  const message =
    grants === 0 ? 'lets the broker in, but no grant gives it' : `lets the broker in for ${counted(grants, 'grant')}`;
  return [{ check: 'role.trust', subject, status: 'ok', message }];
}

/** The policy to attach is told once, with the first of several reasons. */
function once(findings: readonly Finding[]): Finding[] {
  return findings.map((finding, index) =>
    index === 0 ? finding : { ...finding, details: [], hint: undefined, data: undefined },
  );
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
    return [{ check, subject, status: 'failed', message, ...remedy(question) }];
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
    return [{ check, subject, status, message, ...remedy(question) }];
  }
  if (others.length === 0) return [{ check, subject, status: 'ok', message: 'trusts nobody else' }];
  const shown = others.slice(0, 3).join(', ') + (others.length > 3 ? ` and ${others.length - 3} more` : '');
  return [{ check, subject, status: 'ok', message: `also trusts ${shown}`, data: { others } }];
}

/** The trust policy to attach, on one line for a shell. */
function remedy({ policy, role, brokerRoleArn }: TrustQuestion): Pick<Finding, 'details' | 'hint' | 'data'> {
  const trustPolicy = trustPolicyFor(policy, role, brokerRoleArn).document;
  const name = role.arn.slice(role.arn.lastIndexOf('/') + 1);
  return {
    details: [`attach: ${JSON.stringify(trustPolicy)}`],
    hint: `aws iam update-assume-role-policy --role-name ${name} --policy-document file://… (in account ${role.accountId}; \`daypass trust-policy ${role.id}\` prints it)`,
    data: { trustPolicy },
  };
}
