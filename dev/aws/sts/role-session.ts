import type { Principal } from '../credentials.ts';
import type { Role } from '../store/roles.ts';

/**
 * A session of the role, before tags, policies and source identity.
 *
 * @param now epoch milliseconds
 */
export function roleSession(role: Role, sessionName: string, now: number): Principal {
  return {
    kind: 'session',
    accountId: role.accountId,
    partition: role.partition,
    arn: `arn:${role.partition}:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`,
    userId: `${role.id}:${sessionName}`,
    roleArn: role.arn,
    administrator: false,
    tags: {},
    transitiveTagKeys: [],
    issuedAt: now,
  };
}
