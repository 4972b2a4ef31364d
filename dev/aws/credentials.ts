import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PlacedDocument } from '../../lib/iam/layer.ts';
import { secretKey, uniqueId } from './identifiers.ts';

/** Who signs a request. */
export interface Principal {
  readonly kind: 'user' | 'session';
  readonly accountId: string;
  readonly partition: string;
  /** `arn:aws:iam::…:user/PATH/NAME` or `arn:aws:sts::…:assumed-role/ROLE/SESSION`. */
  readonly arn: string;
  /** What GetCallerIdentity calls `UserId`. */
  readonly userId: string;
  /** The role behind a session. */
  readonly roleArn?: string;
  /** The role was taken by a session, not with a long-term key. */
  readonly chained?: boolean;
  /** May do everything in every account of the stand-in; only the operator. */
  readonly administrator: boolean;
  /** Kept from AssumeRole; it survives chaining. */
  readonly sourceIdentity?: string;
  /** Of the session; those of the user or role are looked up where they are kept. */
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** What AssumeRole was told to narrow the session to; undefined when it was not. */
  readonly sessionPolicies?: SessionPolicies;
  /** Epoch milliseconds; temporary credentials only. */
  readonly issuedAt?: number;
  /** When a second factor was shown for these temporary credentials, epoch milliseconds. */
  readonly mfaAt?: number;
  /** The request that these credentials signed; `verify` adds it. */
  readonly request?: RequestFacts;
}

/** Several count as one: the session has what its role and any one of these allow. */
export interface SessionPolicies {
  readonly inline: PlacedDocument | undefined;
  /** Managed policies, looked up at each request. */
  readonly arns: readonly string[];
}

/** What a policy may ask about the request itself. */
export interface RequestFacts {
  /** Undefined where the connection does not say. */
  readonly sourceIp: string | undefined;
  readonly region: string;
  readonly userAgent: string | undefined;
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
  /** Of an access key that was switched off: false. */
  active: boolean;
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
    this.#issued.set(accessKeyId, { principal, secretAccessKey, active: true });
    return { accessKeyId, secretAccessKey };
  }

  /** @param expiresAt epoch milliseconds */
  issueSession(principal: Principal, expiresAt: number): AwsCredentials {
    const accessKeyId = uniqueId('ASIA', 20);
    const secretAccessKey = secretKey();
    const sessionToken = randomBytes(264).toString('base64');
    const sessionTokenDigest = digest(sessionToken);
    this.#issued.set(accessKeyId, { principal, secretAccessKey, sessionTokenDigest, expiresAt, active: true });
    return { accessKeyId, secretAccessKey, sessionToken, expiresAt };
  }

  /** Undefined for what was never issued, was deleted or is switched off. */
  find(accessKeyId: string): Issued | undefined {
    const issued = this.#issued.get(accessKeyId);
    return issued?.active === true ? issued : undefined;
  }

  switchAccessKey(accessKeyId: string, active: boolean): void {
    const issued = this.#issued.get(accessKeyId);
    if (issued !== undefined) issued.active = active;
  }

  deleteAccessKey(accessKeyId: string): void {
    this.#issued.delete(accessKeyId);
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
