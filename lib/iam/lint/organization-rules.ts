import type { ActionView } from './action-view.ts';
import type { LintScope } from './scope.ts';
import type { StatementView } from './statement-view.ts';

/**
 * Resource control policies reach the services that support them, and say so by naming them.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
 */
export function checkResourceControl(
  { effect }: StatementView,
  actions: readonly ActionView[],
  { data, findings }: LintScope,
): void {
  // RCPFullAWSAccess allows everything; nothing else may allow at all.
  if (effect !== 'Deny') return;
  for (const { path, everything, service } of actions) {
    if (everything) {
      const message = 'a resource control policy of your own names the services that it is about';
      findings.add('rcp_every_action', path, message, { hint: 'such as s3:*, sts:*, sqs:*' });
    } else if (service !== undefined && !data.resourceControlServices.has(service.prefix)) {
      const message = `resource control policies do not reach ${service.name}`;
      findings.add('rcp_service_unsupported', path, message);
    }
  }
}
