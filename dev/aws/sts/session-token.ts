import type { ActionCall } from '../actions.ts';
import { AwsError, validationError } from '../error.ts';
import type { Xml } from '../query-protocol.ts';
import { credentialsXml } from './credentials-xml.ts';
import { readSecondFactor, shownSecondFactor } from './multi-factor.ts';

const SHORTEST_SECONDS = 900;
const LONGEST_SECONDS = 129_600;
const DEFAULT_SECONDS = 43_200;

/**
 * Temporary credentials of the user who calls, with whatever second factor they show. Needs no permission.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export function getSessionToken({ parameters, principal, state, now }: ActionCall): Xml {
  const seconds = parameters.integer('DurationSeconds') ?? DEFAULT_SECONDS;
  if (seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS) {
    const bound =
      seconds < SHORTEST_SECONDS
        ? `greater than or equal to ${SHORTEST_SECONDS}`
        : `less than or equal to ${LONGEST_SECONDS}`;
    throw validationError([
      `Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${bound}`,
    ]);
  }
  const factor = readSecondFactor(parameters);
  if (principal.issuedAt !== undefined) {
    throw new AwsError('AccessDenied', 403, 'Cannot call GetSessionToken with session credentials');
  }
  const { request: _request, ...user } = shownSecondFactor(state, principal, factor, now);
  const credentials = state.credentials.issueSession({ ...user, issuedAt: now }, now + seconds * 1000);
  return { Credentials: credentialsXml(credentials) };
}
