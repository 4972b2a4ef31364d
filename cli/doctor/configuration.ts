import { isLoopback } from '../address.ts';
import { Failure } from '../failure.ts';
import type { LoginIssuer } from '../store/sign-in.ts';
import { counted } from '../text.ts';
import type { Check, Finding } from './finding.ts';
import { lookAt } from './look.ts';
import type { Surroundings } from './surroundings.ts';

const ENDPOINTS = ['credentials', 'roles', 'whoami', 'audit'] as const;

/** The broker's description of itself, with which people sign in. */
export function configurationCheck(surroundings: Surroundings): Check {
  return { name: 'configuration', run: () => checkConfiguration(surroundings) };
}

async function checkConfiguration(surroundings: Surroundings): Promise<readonly Finding[]> {
  const check = 'configuration';
  const { context } = surroundings;
  if (context === undefined) return [{ check, status: 'skipped', message: 'there is no broker to ask' }];
  const base = new URL(`${context.broker}/`);
  const answer = await lookAt(new URL('.well-known/daypass', base), 'the broker', surroundings);
  const issuers = loginIssuersOf(answer);
  const endpoints = (answer['endpoints'] ?? {}) as Record<string, unknown>;
  if (issuers === undefined) throw new Failure('unavailable', 'its list of issuers cannot be read');
  const stray = ENDPOINTS.find((name) => !isOwn(endpoints[name], base));
  if (stray !== undefined) {
    throw new Failure('unavailable', `it says that its “${stray}” endpoint is not at ${base.origin}`, {
      hint: 'DAYPASS_URL must name the address that the broker is configured with; no token is sent elsewhere',
    });
  }
  if (issuers.length === 0) {
    const hint = 'give an issuer of the access policy a `login` block; in CI, DAYPASS_TOKEN is used instead';
    return [{ check, status: 'warning', message: 'nobody can sign in with `daypass login`', hint }];
  }
  const names = issuers.map(({ name }) => name).join(', ');
  const message = `/.well-known/daypass names ${counted(issuers.length, 'issuer')} to sign in at: ${names}`;
  return [{ check, status: 'ok', message }];
}

/** Undefined when the member is not what it should be. */
export function loginIssuersOf(answer: Record<string, unknown>): readonly LoginIssuer[] | undefined {
  const issuers: unknown = answer['issuers'];
  if (!Array.isArray(issuers)) return undefined;
  const fit = issuers.every((issuer: unknown) => {
    const { name, issuer: url, clientId } = (issuer ?? {}) as Record<string, unknown>;
    return [name, url, clientId].every((member) => typeof member === 'string');
  });
  return fit ? (issuers as LoginIssuer[]) : undefined;
}

function isOwn(endpoint: unknown, base: URL): boolean {
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint, base.href)) return false;
  const url = new URL(endpoint, base);
  const bothHere = isLoopback(url.hostname) && isLoopback(base.hostname) && url.port === base.port;
  return url.origin === base.origin || bothHere;
}
