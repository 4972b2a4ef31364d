import { foldCase } from '../fold-case.ts';
import type { LintScope } from './scope.ts';
import { isEverything } from './scope.ts';
import type { ConditionView, PrincipalView, StatementView } from './statement-view.ts';

/** Who a resource policy or a trust policy lets in. */
export function checkPrincipals(statement: StatementView, scope: LintScope): void {
  const { effect, principals, conditions } = statement;
  if (principals === undefined || scope.kind === 'rcp') return;
  const { findings, kind } = scope;
  for (const { kind: who, text, path } of principals.entries) {
    if (who === 'AWS' && /^A[A-Z]{3}[A-Z0-9]{12,124}$/.test(text)) {
      const message = `${text} is what is left of a user or role that was deleted: it names nobody any more`;
      findings.add('principal_deleted', path, message);
    }
  }
  if (effect !== 'Allow' || principals.negated) return;
  checkEveryone(principals, conditions, scope);
  if (kind === 'resource') checkServices(principals, conditions, scope, () => true);
  if (kind === 'trust') {
    checkServices(principals, conditions, scope, (service) => FOR_OTHERS.has(service));
    checkExternalId(statement, scope);
  }
}

/** Keys that say who asks or where from, so that "everyone" is not everyone. */
const LIMITING =
  /^(aws:(principal(arn|account|orgid|orgpaths|servicename|servicenameslist|tag\/.+)|source(arn|account|owner|orgid|orgpaths|vpc|vpcarn|vpce|ip)|vpcsourceip|vpce(account|orgid|orgpaths)|userid|username|federatedprovider)|kms:calleraccount|s3:(dataaccesspoint(arn|account)|accesspointnetworkorigin)|elasticfilesystem:accesspointarn)$/;

/** Whether a condition names some and leaves out others. */
export function isLimiting({ key, operator, values }: ConditionView, keys: RegExp): boolean {
  const { quantifier, ifExists, comparison } = operator;
  if (!keys.test(foldCase(key)) || comparison.negated || ifExists) return false;
  if (quantifier === 'null' || quantifier === 'all') return false;
  return values.length > 0 && !values.some(({ text }) => isEverything(text) || text === '0.0.0.0/0' || text === '::/0');
}

function checkEveryone(
  { entries }: PrincipalView,
  conditions: readonly ConditionView[],
  { kind, findings }: LintScope,
): void {
  const everyone = entries.find(({ kind: who, text }) => who === 'AWS' && text === '*');
  if (everyone === undefined || conditions.some((condition) => isLimiting(condition, LIMITING))) return;
  const hint = 'name accounts or roles, or limit it with aws:PrincipalOrgID';
  if (kind === 'trust') {
    findings.add('trust_everyone', everyone.path, 'every AWS account in the world can assume this role', { hint });
  } else {
    const message = 'this is for everyone, also without an AWS account; no condition says who or from where';
    findings.add('principal_everyone', everyone.path, message, { hint });
  }
}

/**
 * Services that assume a role on behalf of whoever configured them, and that say for whom they do it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
const FOR_OTHERS = new Set(
  ['bedrock', 'codebuild', 'pipes', 'scheduler', 'ssm', 'states', 'vpc-flow-logs'].map(
    (name) => `${name}.amazonaws.com`,
  ),
);

const SOURCE = /^(aws:source(arn|account|owner|orgid|orgpaths|vpc|vpce|ip)|aws:principalorgid|kms:.+|iam:.+)$/;

function checkServices(
  { entries }: PrincipalView,
  conditions: readonly ConditionView[],
  { findings }: LintScope,
  applies: (service: string) => boolean,
): void {
  if (conditions.some(({ key }) => SOURCE.test(foldCase(key)))) return;
  const service = entries.find(({ kind, text }) => kind === 'Service' && applies(text));
  if (service === undefined) return;
  const message = `${service.text} may use this for anybody who asks it to, also from other accounts`;
  const hint = 'say for whom: aws:SourceAccount, or aws:SourceArn of the resource that asks';
  findings.add('service_for_anyone', service.path, message, { hint });
}

function checkExternalId({ principals, conditions }: StatementView, { findings }: LintScope): void {
  if (conditions.some(({ key }) => foldCase(key) === 'sts:externalid')) return;
  if (conditions.some((condition) => isLimiting(condition, LIMITING))) return;
  const account = principals?.entries.find(
    ({ kind, text }) => kind === 'AWS' && /^([0-9]{12}|arn:[a-z-]+:iam::[0-9]{12}:root)$/.test(text),
  );
  if (account === undefined) return;
  const message = 'a whole account is trusted: whoever it lets call sts:AssumeRole can be this role';
  const hint = 'name its role, or ask for sts:ExternalId when the account is somebody else’s';
  findings.add('external_id_missing', account.path, message, { hint });
}
