import { MAX_CHAINED_SESSION_SECONDS } from '../../iam/limits.ts';
import type { AccessPolicy, Account, Role } from '../policy.ts';
import type { Change, Direction } from './change.ts';
import { paired } from './paired.ts';

type Told = readonly [member: string, direction: Direction, message: string];

/** Accounts and roles that came, went or are others now. Who may have a role is told by the grants. */
export function catalogueChanges(before: AccessPolicy, after: AccessPolicy): Change[] {
  return [...accounts(before, after), ...roles(before, after)];
}

function accounts(before: AccessPolicy, after: AccessPolicy): Change[] {
  return paired(before.accounts, after.accounts, ({ name }) => name).flatMap(({ key, old, now }): Change[] => {
    const subject = `account ${key}`;
    const targets = after.roles.filter(({ account }) => account === key).map(({ id }) => id);
    if (old === undefined) return [{ subject, direction: 'neutral', message: `is new (${now?.id})`, targets }];
    if (now === undefined) return [{ subject, direction: 'neutral', message: `is gone (${old.id})`, targets }];
    return accountChanges(old, now).map(([member, direction, message]) => ({
      subject,
      member,
      direction,
      message,
      targets,
    }));
  });
}

function accountChanges(before: Account, after: Account): Told[] {
  const changes: Told[] = [];
  // Each of its roles has another ARN then, which is told of them.
  if (before.id !== after.id) changes.push(['id', 'neutral', `is ${after.id}, was ${before.id}`]);
  if (before.partition !== after.partition) {
    changes.push(['partition', 'neutral', `is in ${after.partition}, was in ${before.partition}`]);
  }
  if (before.label !== after.label) changes.push(['label', 'neutral', `is labelled ${after.label}`]);
  if (before.color !== after.color) changes.push(['color', 'neutral', `is marked ${after.color ?? 'in no colour'}`]);
  return changes;
}

function roles(before: AccessPolicy, after: AccessPolicy): Change[] {
  return paired(before.roles, after.roles, ({ id }) => id).flatMap(({ key, old, now }): Change[] => {
    const subject = `role ${key}`;
    const targets = [key];
    // The lists of roles of the grants change with the catalogue.
    if (old === undefined) return [{ subject, direction: 'neutral', message: `is new (${now?.arn})`, targets }];
    if (now === undefined) return [{ subject, direction: 'narrows', message: `is gone (${old.arn})`, targets }];
    return roleChanges(old, now).map(([member, direction, message]) => ({
      subject,
      member,
      direction,
      message,
      targets,
    }));
  });
}

function roleChanges(before: Role, after: Role): Told[] {
  const changes: Told[] = [];
  // Whoever had the one has the other now: a role of which the policy does not say what it may do.
  if (before.arn !== after.arn) changes.push(['arn', 'widens', `is ${after.arn}, was ${before.arn}`]);
  if (before.maxDurationSeconds !== after.maxDurationSeconds) {
    const message = `lasts at most ${after.maxDurationSeconds} s, was ${before.maxDurationSeconds} s`;
    const [had, has] = [before, after].map(({ maxDurationSeconds }) =>
      Math.min(maxDurationSeconds, MAX_CHAINED_SESSION_SECONDS),
    ) as [number, number];
    changes.push(['maxDuration', has > had ? 'widens' : has < had ? 'narrows' : 'neutral', message]);
  }
  // With a wrong one AWS gives nothing, so a role may begin or cease to work.
  if (before.externalId !== after.externalId) changes.push(['externalId', 'changes', 'has another external id']);
  if (before.region !== after.region) {
    changes.push(['region', 'neutral', `is asked for in ${after.region ?? 'the broker’s region'}`]);
  }
  if (before.description !== after.description) changes.push(['description', 'neutral', 'is described anew']);
  return changes;
}
