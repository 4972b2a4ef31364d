import { setTimeout as sleep } from 'node:timers/promises';
import { AssumeRoleCommand, type AssumeRoleCommandOutput, type STSClient } from '@aws-sdk/client-sts';
import { withDeadline } from '../aws.ts';
import { Fault, type FaultCode } from '../fault.ts';
import { assumedRoleArn } from '../iam/arn.ts';
import { SESSION_ID_TAG } from '../session-id.ts';
import { stsFault } from './errors.ts';
import { checkStsLimits } from './limits.ts';

/** One AssumeRole call, all of it decided by the access policy and the verified caller. */
export interface AssumeRoleRequest {
  readonly roleArn: string;
  /** Region whose STS endpoint is asked; of the same partition as the role. */
  readonly region: string;
  readonly sessionId: string;
  readonly roleSessionName: string;
  readonly sourceIdentity: string;
  readonly durationSeconds: number;
  readonly externalId?: string | undefined;
  /** The grant's; the session id is added to them. */
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** Inline session policy, minified JSON. */
  readonly policy?: string | undefined;
  readonly policyArns: readonly string[];
}

/** What STS issued. The only object in the product that holds the secret parts; it goes into the answer alone. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
  /** `AROA…:<session name>`. */
  readonly assumedRoleId?: string | undefined;
  /** Of session policies and tags, percent of what AWS has room for. */
  readonly packedPolicySize?: number | undefined;
  readonly stsRequestId: string | undefined;
}

export interface RoleAssumer {
  /**
   * @param now epoch milliseconds
   * @throws Fault with an `sts_…` code; `sts_timeout` when nobody knows whether STS issued credentials
   */
  assume(request: AssumeRoleRequest, now: number): Promise<IssuedCredentials>;
}

const ACCESS_KEY_ID = /^[A-Z0-9]{16,128}$/;
/** STS answers with its own clock; this is how far it and ours may differ before the answer is not believed. */
const EXPIRATION_TOLERANCE_MS = 15 * 60_000;

/**
 * AssumeRole with every documented limit checked before the call and the answer checked after it.
 *
 * @param clientFor the STS client of a region, which does not retry by itself
 * @param deadlineMs for the call with all its attempts
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function roleAssumer(clientFor: (region: string) => STSClient, deadlineMs: number): RoleAssumer {
  return {
    async assume(request, now) {
      checkStsLimits(request);
      const client = clientFor(request.region);
      return withDeadline(deadlineMs, async (options) => {
        for (let attempt = 1; ; attempt += 1) {
          try {
            return checkAnswer(await client.send(commandOf(request), options), request, now);
          } catch (error) {
            const fault = stsFault(error, request.region);
            if (attempt === MAX_ATTEMPTS || !issuedNothing(fault.code) || options.abortSignal.aborted) throw fault;
            await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
          }
        }
      });
    },
  };
}

const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;

/**
 * Only an attempt that surely issued nothing is repeated. So there is never more than one session behind a
 * record: after a timeout or a failure of STS the SDK's own retry could leave a second one that nobody knows of.
 */
function issuedNothing(code: FaultCode): boolean {
  return code === 'sts_throttled' || code === 'sts_unavailable';
}

function commandOf(request: AssumeRoleRequest): AssumeRoleCommand {
  return new AssumeRoleCommand({
    RoleArn: request.roleArn,
    RoleSessionName: request.roleSessionName,
    SourceIdentity: request.sourceIdentity,
    DurationSeconds: request.durationSeconds,
    ...(request.externalId !== undefined && { ExternalId: request.externalId }),
    Tags: Object.entries({ ...request.tags, [SESSION_ID_TAG]: request.sessionId }).map(([Key, Value]) => ({
      Key,
      Value,
    })),
    ...(request.transitiveTagKeys.length > 0 && { TransitiveTagKeys: [...request.transitiveTagKeys] }),
    ...(request.policy !== undefined && { Policy: request.policy }),
    ...(request.policyArns.length > 0 && { PolicyArns: request.policyArns.map((arn) => ({ arn })) }),
  });
}

/** An answer is believed only if it is complete and about the role and the session that were asked for. */
function checkAnswer(answer: AssumeRoleCommandOutput, request: AssumeRoleRequest, now: number): IssuedCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  if (!AccessKeyId || !ACCESS_KEY_ID.test(AccessKeyId) || !SecretAccessKey || !SessionToken) {
    throw new Fault('sts_response_invalid', 'STS answered without complete credentials');
  }
  if (answer.AssumedRoleUser?.Arn !== assumedRoleArn(request)) {
    throw new Fault('sts_response_invalid', 'STS answered for another role or session than asked');
  }
  const lifetime = (Expiration?.getTime() ?? Number.NaN) - now;
  const longest = request.durationSeconds * 1000 + EXPIRATION_TOLERANCE_MS;
  if (!Expiration || !(lifetime > 0 && lifetime <= longest)) {
    throw new Fault('sts_response_invalid', 'the expiration that STS answered cannot be true');
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
    assumedRoleId: answer.AssumedRoleUser.AssumedRoleId,
    packedPolicySize: answer.PackedPolicySize,
    stsRequestId: answer.$metadata.requestId,
  };
}
