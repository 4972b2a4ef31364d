import { examineIssuer } from '../../lib/identity/examine-issuer.ts';
import { type Issuer, SIGNING_ALGORITHMS } from '../../lib/identity/issuer.ts';
import { connectionProblem } from '../connection.ts';
import { counted } from '../text.ts';
import { USER_AGENT } from '../user-agent.ts';
import { loginIssuersOf } from './configuration.ts';
import type { Check, Finding } from './finding.ts';
import { lookAt, noteClock } from './look.ts';
import type { Surroundings } from './surroundings.ts';

/** Milliseconds for discovery and keys. The broker itself waits two seconds. */
const TIMEOUT = 10_000;
const BROKERS_PATIENCE = 2_000;

type ExaminedIssuer = Pick<Issuer, 'name' | 'url' | 'jwksUri' | 'algorithms'>;

/** One for each issuer of the access policy or, where there is none here, each that the broker lets people sign in at. */
export async function issuerChecks(surroundings: Surroundings): Promise<readonly Check[]> {
  const issuers = await issuersOf(surroundings);
  return issuers.map((issuer) => ({
    name: 'issuer',
    subject: issuer.name,
    run: () => checkIssuer(issuer, surroundings),
  }));
}

async function issuersOf(surroundings: Surroundings): Promise<readonly ExaminedIssuer[]> {
  const policy = await surroundings.policy.catch(() => undefined);
  if (policy !== undefined) return policy.issuers;
  const { context } = surroundings;
  if (context === undefined) return [];
  try {
    const url = new URL(`${context.broker}/.well-known/daypass`);
    const named = loginIssuersOf(await lookAt(url, 'the broker', surroundings)) ?? [];
    return named.map(({ name, issuer }) => ({ name, url: issuer, algorithms: SIGNING_ALGORITHMS }));
  } catch {
    // The check of the configuration tells of it.
    return [];
  }
}

async function checkIssuer(issuer: ExaminedIssuer, surroundings: Surroundings): Promise<readonly Finding[]> {
  const check = 'issuer';
  const subject = issuer.name;
  let connection: string | undefined;
  const watchedFetch = async (url: string, init: RequestInit): Promise<Response> => {
    const started = surroundings.now();
    try {
      const response = await fetch(url, { ...init, headers: { accept: 'application/json', 'user-agent': USER_AGENT } });
      noteClock(surroundings, `issuer ${issuer.name}`, response, started);
      return response;
    } catch (thrown) {
      connection = connectionProblem(thrown).code;
      throw thrown;
    }
  };
  const started = surroundings.now();
  const found = await examineIssuer(issuer, watchedFetch, TIMEOUT);
  const took = surroundings.now() - started;
  if (!found.ok) {
    const message = connection === undefined ? found.reason : `${found.reason} (${connection})`;
    return [{ check, subject, status: 'failed', message, hint: hintFor(issuer, connection) }];
  }
  const details = found.refused.map(({ keyId, reason }) => `key ${keyId}: ${reason}`);
  if (found.usable === 0) {
    const message = `none of its keys is usable for ${issuer.algorithms.join(', ')}`;
    return [{ check, subject, status: 'failed', message, details, hint: 'compare `algorithms` in the access policy' }];
  }
  if (took > BROKERS_PATIENCE) {
    const message = `discovery and keys took ${(took / 1000).toFixed(1)} s; the broker waits ${BROKERS_PATIENCE / 1000} s`;
    return [{ check, subject, status: 'warning', message, hint: 'it may be faster from where the broker runs' }];
  }
  const keys = `${counted(found.usable, 'usable key')} (${found.algorithms.join(', ')})`;
  return [{ check, subject, status: 'ok', message: `${issuer.url}: ${keys}`, details }];
}

function hintFor({ url, jwksUri }: ExaminedIssuer, connection: string | undefined): string {
  if (connection !== undefined) return 'check the address and the network; the broker must reach it too';
  if (jwksUri !== undefined) return `it is read from ${jwksUri}`;
  return `\`issuer\` must be what the tokens hold as iss, byte for byte; it is read from ${url.replace(/\/$/, '')}/.well-known/openid-configuration`;
}
