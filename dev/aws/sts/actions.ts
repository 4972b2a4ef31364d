import type { ActionCall, Handler } from '../actions.ts';
import type { Xml } from '../query-protocol.ts';
import { assumeRole } from './assume-role.ts';
import { getSessionToken } from './session-token.ts';

/** Security Token Service, API version 2011-06-15. */
export const STS_ACTIONS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['GetCallerIdentity', getCallerIdentity],
  ['AssumeRole', assumeRole],
  ['GetSessionToken', getSessionToken],
]);

/** No policy can take this away. */
function getCallerIdentity({ principal }: ActionCall): Xml {
  return { Arn: principal.arn, UserId: principal.userId, Account: principal.accountId };
}
