import { createHash, timingSafeEqual } from 'node:crypto';
import { type Answer, json, refusal } from './answer.ts';
import { type RequestHead, valuesOf } from './guard.ts';
import type { Supply } from './supply.ts';

/** As the broker's own way in for containers. */
export const CONTAINER_PATH = '/v1/container/';

export interface ContainerParts {
  /** What `AWS_CONTAINER_AUTHORIZATION_TOKEN` holds: sent as it is. */
  readonly token: string;
  /** The one role that is served; undefined for every role that the caller may have. */
  readonly role: string | undefined;
  readonly supply: Supply;
  readonly isRole: (text: string) => boolean;
}

/**
 * The protocol of container credentials: `GET` with a token, credentials as JSON.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function answerContainer(head: RequestHead, path: string, parts: ContainerParts): Promise<Answer> {
  const { token, role: only, supply, isRole } = parts;
  const given = valuesOf(head, 'authorization');
  if (given.length !== 1 || !isEqual(given[0] ?? '', token)) {
    return refusal(
      401,
      'TokenNotAccepted',
      'the Authorization header does not hold the token that `daypass serve` printed',
    );
  }
  if (head.method !== 'GET') return refusal(405, 'MethodNotAllowed', 'credentials are asked for by GET');
  const role = path.slice(CONTAINER_PATH.length);
  if (!isRole(role) || (only !== undefined && role !== only)) {
    return refusal(404, 'RoleNotServed', only === undefined ? 'the path names no role' : `only ${only} is served here`);
  }
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId, RoleArn } = await supply(role);
  return json({ AccessKeyId, SecretAccessKey, Token: SessionToken, Expiration, AccountId, RoleArn });
}

/** In a time that says nothing of either, not even of their lengths. */
function isEqual(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
