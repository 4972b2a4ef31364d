import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { secretKey, uniqueId } from './identifiers.ts';

/** Who signs a request. */
export interface Principal {
  readonly kind: 'user' | 'session';
  readonly accountId: string;
  readonly partition: string;
  /** `arn:aws:iam::…:user/NAME` or `arn:aws:sts::…:assumed-role/ROLE/SESSION`. */
  readonly arn: string;
  /** What GetCallerIdentity calls `UserId`. */
  readonly userId: string;
  /** The role behind a session. */
  readonly roleArn?: string;
  /** May do everything in every account of the stand-in; only the operator. */
  readonly administrator: boolean;
  /** Kept from AssumeRole; it survives chaining. */
  readonly sourceIdentity?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

interface Issued {
  readonly principal: Principal;
  readonly secretAccessKey: string;
  readonly sessionTokenDigest?: Buffer;
  readonly expiresAt?: number;
}

/** Every credential that the stand-in issued, and therefore accepts. In memory: a restart forgets them all. */
export class CredentialStore {
  readonly #issued = new Map<string, Issued>();

  /** An IAM user's access key: it has no session token and does not expire. */
  issueAccessKey(principal: Principal): { readonly accessKeyId: string; readonly secretAccessKey: string } {
    const accessKeyId = uniqueId('AKIA', 20);
    const secretAccessKey = secretKey();
    this.#issued.set(accessKeyId, { principal, secretAccessKey });
    return { accessKeyId, secretAccessKey };
  }

  /** @param expiresAt epoch milliseconds */
  issueSession(principal: Principal, expiresAt: number): AwsCredentials {
    const accessKeyId = uniqueId('ASIA', 20);
    const secretAccessKey = secretKey();
    const sessionToken = randomBytes(264).toString('base64');
    this.#issued.set(accessKeyId, { principal, secretAccessKey, sessionTokenDigest: digest(sessionToken), expiresAt });
    return { accessKeyId, secretAccessKey, sessionToken, expiresAt };
  }

  find(accessKeyId: string): Issued | undefined {
    return this.#issued.get(accessKeyId);
  }

  /** An access key goes without a token, a session's key only with its own. */
  static tokenMatches(issued: Issued, sessionToken: string | undefined): boolean {
    if (issued.sessionTokenDigest === undefined) return sessionToken === undefined;
    return sessionToken !== undefined && timingSafeEqual(issued.sessionTokenDigest, digest(sessionToken));
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
