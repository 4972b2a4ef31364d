import type { PolicySet } from '../../../lib/iam/evaluate.ts';
import type { PlacedDocument } from '../../../lib/iam/layer.ts';
import { parseDocument } from '../../../lib/iam/parse-document.ts';
import { asServiceLinked, parseRequester, type Requester } from '../../../lib/iam/requester.ts';
import type { AwsState } from '../actions.ts';
import type { Principal } from '../credentials.ts';
import type { Actor, Entity } from '../store/entity.ts';

/** The principal as policies see it. A session's ARN does not show that a service owns its role; the role's does. */
export function requesterOf({ arn, roleArn }: Principal): Requester {
  const requester = parseRequester(arn);
  if (requester === undefined) throw new Error(`${arn} can make no request`);
  return roleArn?.includes(':role/aws-service-role/') === true ? asServiceLinked(requester) : requester;
}

/**
 * The user or the role behind a principal; undefined once it was deleted, even where another one has taken its name:
 * what was issued to the first is not the second's.
 */
export function actorOf(state: AwsState, { kind, arn, roleArn, userId }: Principal): Actor | undefined {
  const actor = kind === 'user' ? state.users.byArn(arn) : state.roles.byArn(roleArn ?? '');
  return actor?.id === userId.split(':')[0] ? actor : undefined;
}

/** The documents of the principal's own side. What cannot be found denies everything. */
export function principalPolicies(
  state: AwsState,
  principal: Principal,
): Pick<PolicySet, 'identity' | 'boundary' | 'session'> {
  const actor = actorOf(state, principal);
  if (actor === undefined) return { identity: [lost('a user or role that was deleted')], boundary: [], session: [] };
  const user = principal.kind === 'user' ? state.users.byArn(actor.arn) : undefined;
  const groups = user === undefined ? [] : state.groups.of(user);
  const { boundaryArn } = actor;
  const { inline, arns = [] } = principal.sessionPolicies ?? {};
  return {
    identity: [actor, ...groups].flatMap((entity) => entityPolicies(state, entity)),
    boundary: boundaryArn === undefined ? [] : [managed(state, boundaryArn)],
    session: [...(inline === undefined ? [] : [inline]), ...arns.map((arn) => managed(state, arn))],
  };
}

function entityPolicies(state: AwsState, entity: Entity): PlacedDocument[] {
  const own = [...entity.inlinePolicies].map(([name, { document }]) => ({
    place: `${name} of ${entity.arn}`,
    document,
  }));
  return [...own, ...entity.attachedPolicyArns.map((arn) => managed(state, arn))];
}

function managed(state: AwsState, arn: string): PlacedDocument {
  const policy = state.policies.defaultOf(arn);
  return policy === undefined ? lost(arn) : { place: arn, document: policy.document };
}

const LOST = 'lost: ';

/** A missing document might have denied anything, so it does. */
function lost(what: string): PlacedDocument {
  const { document } = parseDocument({ Statement: { Effect: 'Deny', Action: '*', Resource: '*' } }, 'identity');
  if (document === undefined) throw new Error('a document of the stand-in itself is wrong');
  return { place: `${LOST}${what}`, document };
}

export function isLost({ place }: { readonly place: string }): boolean {
  return place.startsWith(LOST);
}
