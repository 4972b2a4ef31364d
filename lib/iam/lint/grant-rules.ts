import { foldCase } from '../fold-case.ts';
import type { ActionView } from './action-view.ts';
import { arnPattern } from './arn-pattern.ts';
import { isEverything, type LintScope } from './scope.ts';
import type { ElementView, StatementView } from './statement-view.ts';

/** Statements that give, or take, more than their authors tend to mean. */
export function checkGrant(statement: StatementView, actions: readonly ActionView[], scope: LintScope): void {
  const { effect, resources } = statement;
  if (effect === 'Deny') checkDeny(statement, actions, scope);
  // A service control policy usually starts from everything and denies some of it.
  if (effect !== 'Allow' || scope.kind === 'scp' || scope.kind === 'rcp') return;
  checkNegations(statement, scope);
  if (statement.actions?.negated !== false || resources === undefined || resources.negated) return;
  if (scope.kind === 'identity') checkIdentity(statement, actions, resources, scope);
  else if (scope.kind === 'session' || scope.kind === 'boundary') checkLimit(statement, actions, resources, scope);
}

function checkNegations({ actions, resources }: StatementView, { findings }: LintScope): void {
  if (actions?.negated === true) {
    const message = 'Allow with NotAction allows every other action of every service, also those to come';
    findings.add('allow_not_action', actions.path, message, { at: 'key', hint: 'list what is allowed in Action' });
  }
  if (resources?.negated === true) {
    const message = 'Allow with NotResource allows it on every other resource, also in other accounts';
    findings.add('allow_not_resource', resources.path, message, { at: 'key', hint: 'list the resources in Resource' });
  }
}

function checkIdentity(
  statement: StatementView,
  actions: readonly ActionView[],
  resources: ElementView,
  scope: LintScope,
): void {
  const { findings } = scope;
  const everywhere = hasEverything(resources);
  const all = actions.find(({ everything }) => everything);
  if (all !== undefined) {
    if (everywhere) {
      findings.add('grants_everything', all.path, 'every action on every resource: this is an administrator');
    } else findings.add('grants_every_action', all.path, 'every action, of every service, on these resources');
    return;
  }
  if (everywhere && statement.conditions.length === 0) {
    for (const { text, path, service } of actions) {
      if (service === undefined || !/^[^:]+:\*+$/.test(text)) continue;
      findings.add('grants_whole_service', path, `every action of ${service.name} on every resource`);
    }
  }
  const narrow = actions.filter(({ text }) => !/^[^:]+:\*+$/.test(text));
  checkEscalation(statement, narrow, resources, scope);
}

/**
 * Changes of IAM with which somebody can give themselves what they do not have.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
const ESCALATING = new Set(
  [
    'AddUserToGroup',
    'AttachGroupPolicy',
    'AttachRolePolicy',
    'AttachUserPolicy',
    'CreateAccessKey',
    'CreateLoginProfile',
    'CreatePolicyVersion',
    'DeleteRolePermissionsBoundary',
    'DeleteUserPermissionsBoundary',
    'PutGroupPolicy',
    'PutRolePermissionsBoundary',
    'PutRolePolicy',
    'PutUserPermissionsBoundary',
    'PutUserPolicy',
    'SetDefaultPolicyVersion',
    'UpdateAssumeRolePolicy',
    'UpdateLoginProfile',
  ].map((name) => `iam:${name}`),
);

function checkEscalation(
  { conditions }: StatementView,
  actions: readonly ActionView[],
  resources: ElementView,
  { findings }: LintScope,
): void {
  if (!resources.texts.some(({ text }) => isWide(text))) return;
  const holders = (wanted: (name: string) => boolean) =>
    actions.filter(({ actions: found }) => found.some(({ name }) => wanted(name)));
  const restricts = (key: string) => conditions.some((condition) => foldCase(condition.key) === key);
  const [passing] = holders((name) => name === 'iam:PassRole');
  if (passing !== undefined && !restricts('iam:passedtoservice')) {
    const message = 'iam:PassRole on every role: whoever has this can have a service act with any role';
    const hint = 'name the roles, and the service with iam:PassedToService';
    findings.add('pass_role_everywhere', passing.path, message, { hint });
  }
  if (conditions.length > 0) return;
  const [assuming] = holders((name) => name === 'sts:AssumeRole');
  if (assuming !== undefined) {
    const message = 'sts:AssumeRole on every role: every role that trusts this account is open';
    findings.add('assume_role_everywhere', assuming.path, message, { hint: 'name the roles' });
  }
  const escalating = holders((name) => ESCALATING.has(name));
  const [first] = escalating;
  if (first === undefined) return;
  const names = [...new Set(escalating.map(({ text }) => text))];
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const message = `${names.slice(0, 3).join(', ')}${more} on every resource: whoever has this can become an administrator`;
  const hint = 'name the resources, or ask for a boundary with iam:PermissionsBoundary';
  findings.add('grants_escalation', first.path, message, { hint });
}

/** `*`, and every resource of one kind in some account: `arn:aws:iam::111122223333:role/*`. */
function isWide(pattern: string): boolean {
  if (isEverything(pattern)) return true;
  const resource = arnPattern(pattern)?.[5];
  return resource !== undefined && !pattern.includes('${') && /^([a-z-]+\/)?\*+$/.test(resource);
}

function checkLimit(
  { conditions }: StatementView,
  actions: readonly ActionView[],
  resources: ElementView,
  { kind, findings }: LintScope,
): void {
  const all = actions.find(({ everything }) => everything);
  if (all === undefined || !hasEverything(resources) || conditions.length > 0) return;
  const what = kind === 'boundary' ? 'boundary' : 'session policy';
  findings.add('limits_nothing', all.path, `a ${what} that allows everything limits nothing but what it denies`);
}

function checkDeny(
  { actions: element, resources, principals, conditions }: StatementView,
  actions: readonly ActionView[],
  { findings }: LintScope,
): void {
  const all = actions.find(({ everything }) => everything);
  if (element?.negated !== false || all === undefined || conditions.length > 0) return;
  if (resources === undefined || resources.negated || !hasEverything(resources)) return;
  const everyone =
    principals === undefined || (!principals.negated && principals.entries.some(({ text }) => text === '*'));
  if (everyone) findings.add('denies_everything', all.path, 'this denies everything, whatever else is allowed');
}

function hasEverything({ texts }: ElementView): boolean {
  return texts.some(({ text }) => isEverything(text));
}
