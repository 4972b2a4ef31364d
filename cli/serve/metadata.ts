import { randomBytes } from 'node:crypto';
import { type Answer, json, plain, refusal } from './answer.ts';
import { type RequestHead, valuesOf } from './guard.ts';
import type { Supply } from './supply.ts';

const TOKEN_PATH = '/latest/api/token';
const CREDENTIALS_PATH = '/latest/meta-data/iam/security-credentials';
const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN = 'x-aws-ec2-metadata-token';

/** Seconds: six hours, as on an instance. */
const MAX_TTL = 21_600;

/** More than any machine's programs hold at once; the oldest gives way. */
const MAX_TOKENS = 1_000;

/**
 * As much of EC2's instance metadata service, version 2, as credentials need. Version 1, without a token, is refused: its
 * plain GET is what tricked programs and pages can be made to send.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
export class Metadata {
  readonly #role: string;
  readonly #supply: Supply;
  readonly #now: () => number;
  /** Token → epoch milliseconds of its end. */
  readonly #tokens = new Map<string, number>();

  /** @param now epoch milliseconds */
  constructor(role: string, supply: Supply, now: () => number) {
    this.#role = role;
    this.#supply = supply;
    this.#now = now;
  }

  async answer(head: RequestHead, path: string): Promise<Answer> {
    if (path === TOKEN_PATH) return head.method === 'PUT' ? this.#issue(head) : notAllowed('PUT');
    const given = valuesOf(head, TOKEN);
    if (given.length !== 1 || !this.#isValid(given[0] ?? '')) {
      return refusal(401, 'TokenNotAccepted', `IMDSv2 only: get a token by PUT ${TOKEN_PATH} and send it as ${TOKEN}`);
    }
    if (head.method !== 'GET') return notAllowed('GET');
    const name = this.#role.slice(this.#role.indexOf('/') + 1);
    if (path === CREDENTIALS_PATH || path === `${CREDENTIALS_PATH}/`) return plain(name);
    if (path !== `${CREDENTIALS_PATH}/${name}`) return refusal(404, 'NotFound', 'only credentials are served here');
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = await this.#supply(this.#role);
    return json({
      Code: 'Success',
      LastUpdated: new Date(this.#now()).toISOString(),
      Type: 'AWS-HMAC',
      AccessKeyId,
      SecretAccessKey,
      Token: SessionToken,
      Expiration,
    });
  }

  #issue(head: RequestHead): Answer {
    const [given = '', ...more] = valuesOf(head, TTL);
    const seconds = /^[0-9]{1,5}$/.test(given) ? Number(given) : 0;
    if (more.length > 0 || seconds < 1 || seconds > MAX_TTL) {
      return refusal(400, 'InvalidRequest', `${TTL} must be a whole number from 1 to ${MAX_TTL}`);
    }
    const now = this.#now();
    for (const [token, end] of this.#tokens) if (end <= now) this.#tokens.delete(token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size >= MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
    const token = randomBytes(32).toString('base64url');
    this.#tokens.set(token, now + seconds * 1000);
    return plain(token, { [TTL]: String(seconds) });
  }

  #isValid(token: string): boolean {
    const end = this.#tokens.get(token);
    return end !== undefined && end > this.#now();
  }
}

function notAllowed(method: string): Answer {
  return refusal(405, 'MethodNotAllowed', `this is answered to ${method} only`);
}
