import type { Explanation } from '../../lib/access/explanation.ts';
import type {
  AuditAnswer,
  ClientConfiguration,
  ConsoleAnswer,
  ConsoleRequest,
  CredentialsAnswer,
  CredentialsRequest,
  ProofAnswer,
  RolesAnswer,
  WhoamiAnswer,
} from '../../lib/http/contract.ts';
import { isLoopback } from '../address.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { configurationPath } from '../store/home.ts';
import { readPrivate, writePrivate } from '../store/private-file.ts';
import { USER_AGENT } from '../user-agent.ts';
import { askBroker, exchange } from './ask.ts';
import { isExplanation } from './explanation.ts';

/** Milliseconds: how long the broker's own description is taken from disk. */
const CONFIGURATION_LIFETIME = 86_400_000;

type Endpoint = keyof ClientConfiguration['endpoints'];

/** `GET /.well-known/daypass`, from disk when it was asked less than a day ago. */
export async function configuration(context: Context, options: { anew?: boolean } = {}): Promise<ClientConfiguration> {
  const path = configurationPath(context.home, context.broker);
  const stored = options.anew === true ? undefined : readStored(path, context.now());
  if (stored !== undefined) return stored;
  const url = new URL(`${context.broker}/.well-known/daypass`);
  const answer = await askBroker({ method: 'GET', url, userAgent: USER_AGENT });
  if (!isConfiguration(answer)) throw notUnderstood('its description (/.well-known/daypass)');
  writePrivate(context.home, path, `${JSON.stringify({ at: context.now(), configuration: answer })}\n`);
  return answer;
}

function readStored(path: string, now: number): ClientConfiguration | undefined {
  const text = readPrivate(path);
  if (text === undefined) return undefined;
  try {
    const stored = JSON.parse(text) as { at: number; configuration: unknown };
    const age = now - stored.at;
    return age >= 0 && age < CONFIGURATION_LIFETIME && isConfiguration(stored.configuration)
      ? stored.configuration
      : undefined;
  } catch {
    // Only a copy: the broker is asked again.
    return undefined;
  }
}

function isConfiguration(value: unknown): value is ClientConfiguration {
  const { issuers, endpoints } = (value ?? {}) as Partial<ClientConfiguration>;
  const issuersFit = Array.isArray(issuers) && issuers.every(isLoginIssuer);
  return issuersFit && typeof endpoints === 'object' && endpoints !== null;
}

function isLoginIssuer(value: unknown): boolean {
  const { name, issuer, clientId, scopes } = (value ?? {}) as Record<string, unknown>;
  const texts = [name, issuer, clientId].every((member) => typeof member === 'string');
  return texts && Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string');
}

/** A page of the audit log, and the broker's clock when it was read, epoch ms in whole seconds. */
export interface AuditPage extends AuditAnswer {
  readonly date: number | undefined;
}

/** The broker, asked as one caller. */
export class BrokerClient {
  readonly #context: Context;
  readonly #token: string;
  readonly #userAgent: string;

  constructor(context: Context, token: string, userAgent = USER_AGENT) {
    this.#context = context;
    this.#token = token;
    this.#userAgent = userAgent;
  }

  /** `POST /v1/credentials`. Never repeated: every request is a session in the audit log. */
  async credentials(body: CredentialsRequest): Promise<CredentialsAnswer> {
    const url = await this.#endpoint('credentials');
    const answer = await askBroker({ method: 'POST', url, body, token: this.#token, userAgent: this.#userAgent });
    if (!isCredentials(answer)) throw notUnderstood('the credentials');
    return answer;
  }

  /** `POST /v1/console`. Never repeated: every request is a session in the audit log. */
  async console(body: ConsoleRequest): Promise<ConsoleAnswer> {
    const url = await this.#endpoint('console');
    const answer = await askBroker({ method: 'POST', url, body, token: this.#token, userAgent: this.#userAgent });
    if (!isConsole(answer)) throw notUnderstood('the sign-in to the console');
    return answer;
  }

  async roles(): Promise<RolesAnswer> {
    const answer = (await this.#get('roles')) as Partial<RolesAnswer>;
    if (!Array.isArray(answer.roles)) throw notUnderstood('the roles');
    return answer as RolesAnswer;
  }

  async whoami(): Promise<WhoamiAnswer> {
    const answer = (await this.#get('whoami')) as Partial<WhoamiAnswer>;
    if (typeof answer.username !== 'string' || typeof answer.issuer !== 'string') throw notUnderstood('the caller');
    return answer as WhoamiAnswer;
  }

  /** `POST /v1/explain`. */
  async explain(body: CredentialsRequest): Promise<Explanation> {
    const url = await this.#endpoint('explain');
    const answer = await askBroker({ method: 'POST', url, body, token: this.#token, userAgent: this.#userAgent });
    if (!isExplanation(answer)) throw notUnderstood('what it was asked to explain');
    return answer;
  }

  /** One page of `GET /v1/audit`. */
  async audit(query: Readonly<Record<string, string>>): Promise<AuditPage> {
    const url = await this.#endpoint('audit');
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const { json, date } = await exchange({ method: 'GET', url, token: this.#token, userAgent: this.#userAgent });
    const { records, cursor } = (json ?? {}) as Partial<AuditAnswer>;
    const isPage = Array.isArray(records) && ['string', 'undefined'].includes(typeof cursor);
    if (!isPage) throw notUnderstood('the audit records');
    return { records, ...(cursor !== undefined && { cursor }), date };
  }

  /** `GET /v1/audit/proof`. */
  async proof(session: string): Promise<ProofAnswer> {
    const url = await this.#endpoint('proof');
    url.searchParams.set('session', session);
    const answer = (await askBroker({ method: 'GET', url, token: this.#token, userAgent: this.#userAgent })) as
      | Partial<ProofAnswer>
      | undefined;
    const isWhole = ({ phase, leaf, file }: Partial<ProofAnswer['proofs'][number]>) =>
      typeof phase === 'string' && Number.isInteger(leaf) && typeof file === 'string';
    if (!Array.isArray(answer?.proofs) || !answer.proofs.every(isWhole)) throw notUnderstood('the proofs');
    return { proofs: answer.proofs };
  }

  async #get(endpoint: Endpoint): Promise<unknown> {
    const url = await this.#endpoint(endpoint);
    const answer = await askBroker({ method: 'GET', url, token: this.#token, userAgent: this.#userAgent });
    if (typeof answer !== 'object' || answer === null) throw notUnderstood('something');
    return answer;
  }

  /** What is on disk about the broker may be older than the endpoint, and the broker older than this command. */
  async #placeOf(name: Endpoint): Promise<string> {
    for (const anew of [false, true]) {
      const place: unknown = (await configuration(this.#context, { anew })).endpoints[name];
      if (typeof place === 'string') return place;
    }
    throw new Failure('unavailable', `the broker has no “${name}” endpoint`, {
      hint: 'compare `daypass --version` with the broker’s version; it may be too old',
    });
  }

  /** Where the broker says the endpoint is; the token goes to the broker's own origin and nowhere else. */
  async #endpoint(name: Endpoint): Promise<URL> {
    const place = await this.#placeOf(name);
    const base = new URL(`${this.#context.broker}/`);
    const url = URL.canParse(place, base.href) ? new URL(place, base) : undefined;
    if (url !== undefined && url.origin === base.origin) return url;
    // A local stack may call itself 127.0.0.1 where we were told localhost.
    const bothHere = url !== undefined && isLoopback(url.hostname) && isLoopback(base.hostname);
    if (bothHere && url.port === base.port && url.protocol === base.protocol) return url;
    throw new Failure('unavailable', `the broker says that its “${name}” endpoint is not at ${base.origin}`, {
      hint: 'DAYPASS_URL must name the address that the broker is configured with',
    });
  }
}

/** Control characters would end up in environment variables and shell lines; no real credential holds one. */
function isCredentials(value: unknown): value is CredentialsAnswer {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration, ...rest } = (value ??
    {}) as Partial<CredentialsAnswer>;
  const texts = [AccessKeyId, SecretAccessKey, SessionToken, Expiration];
  const plain = texts.every((text) => typeof text === 'string' && /^[\x20-\x7e]+$/.test(text));
  const duration = typeof rest.DurationSeconds === 'number' && rest.DurationSeconds > 0;
  return rest.Version === 1 && plain && duration && Number.isFinite(Date.parse(Expiration ?? ''));
}

/** An address goes to a browser or a terminal: it has to be one of https, or of a local stack, in plain characters. */
function isConsole(value: unknown): value is ConsoleAnswer {
  const { Url, Expiration, RoleArn, SessionId, Notices } = (value ?? {}) as Partial<ConsoleAnswer>;
  const plain = [Url, RoleArn, SessionId].every((text) => typeof text === 'string' && /^[\x21-\x7e]+$/.test(text));
  if (!plain || Url === undefined || !URL.canParse(Url) || !Array.isArray(Notices)) return false;
  const { protocol, hostname } = new URL(Url);
  const isProtected = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
  return isProtected && Number.isFinite(Date.parse(Expiration ?? ''));
}

function notUnderstood(what: string): Failure {
  return new Failure('unavailable', `the broker answered ${what} in a way this daypass does not understand`, {
    hint: 'compare `daypass --version` with the broker’s version; one of them may be too old',
  });
}
