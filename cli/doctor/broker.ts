import type { AccessPolicy } from '../../lib/access/policy.ts';
import { VERSION } from '../../lib/version.ts';
import { Failure } from '../failure.ts';
import type { Check, Finding } from './finding.ts';
import { lookAt } from './look.ts';
import { asFinding } from './run-checks.ts';
import type { Surroundings } from './surroundings.ts';

/** Is there a broker, does it answer, and is it the one that this machine's access policy is about? */
export function brokerCheck(surroundings: Surroundings): Check {
  return { name: 'broker', run: () => checkBroker(surroundings) };
}

async function checkBroker(surroundings: Surroundings): Promise<readonly Finding[]> {
  const { context, brokerProblem, policy } = surroundings;
  if (context === undefined) {
    // Nobody has named one: an operator may look at roles alone. A name that is none is a mistake.
    const finding = asFinding('broker', undefined, brokerProblem);
    return [{ ...finding, status: Failure.is(brokerProblem) && isUnset(brokerProblem) ? 'skipped' : 'failed' }];
  }
  const health = await lookAt(new URL(`${context.broker}/v1/health`), 'the broker', surroundings);
  const { status, version, policyDigest } = health;
  if (status !== 'ok' || typeof version !== 'string' || typeof policyDigest !== 'string') {
    throw new Failure('unavailable', `${context.broker} answers, but not as a Daypass broker`, {
      hint: 'check that DAYPASS_URL names the broker itself, without a trailing path',
    });
  }
  const protection = context.broker.startsWith('https:') ? 'verified TLS' : 'plain http on this machine';
  return [
    { check: 'broker.reachable', status: 'ok', message: `${context.broker} answers, ${protection}` },
    versionFinding(version),
    await digestFinding(policyDigest, policy, surroundings.policyFile),
  ];
}

function isUnset(failure: Failure): boolean {
  return failure.message.includes('is not set');
}

function versionFinding(version: string): Finding {
  const check = 'broker.version';
  if (version === VERSION) return { check, status: 'ok', message: `version ${version}` };
  const message = `the broker is version ${version}, this command ${VERSION}`;
  return { check, status: 'warning', message, hint: 'use the command that was built with the broker' };
}

async function digestFinding(
  deployed: string,
  reading: Promise<AccessPolicy | undefined>,
  file: string,
): Promise<Finding> {
  const check = 'broker.policy';
  // What is wrong with the file is the finding of the check on the file.
  const policy = await reading.catch(() => undefined);
  const short = (digest: string): string => digest.slice(0, 12);
  if (policy === undefined) return { check, status: 'ok', message: `its access policy is ${short(deployed)}…` };
  if (policy.digest === deployed) return { check, status: 'ok', message: `its access policy is that of ${file}` };
  return {
    check,
    status: 'warning',
    message: `the broker’s access policy (${short(deployed)}…) is not that of ${file} (${short(policy.digest)}…)`,
    hint: 'deploy, or look at the version that is deployed',
    data: { deployed, file: policy.digest },
  };
}
