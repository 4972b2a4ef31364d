import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { afterAll } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import { readAudit } from '../../lib/audit/query.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import {
  type Broker,
  composeIssuingBroker,
  composeSignIn,
  composeSso,
  forBrowsers,
  forLogins,
  type SsoParts,
} from '../../lib/compose.ts';
import { SESSION_COOKIE, SIGN_IN_COOKIE } from '../../lib/sso/cookies.ts';
import { type InProcessAws, inProcessAws } from './aws.ts';
import { httpEvent, lambdaContext } from './events.ts';
import { type TestTable, testTable } from './table.ts';
import { KEYS, makeToken } from './tokens.ts';

export const ORIGIN = 'https://daypass.example.com';
export const PORTAL_CLIENT = 'daypass-portal';

/** Two issuers with a portal, one without; everything a page can show. */
export const PORTAL_POLICY = `
version: 1
issuers:
  corp:
    issuer: https://idp.example.com
    audience: [${PORTAL_CLIENT}, daypass-cli]
    algorithms: [RS256]
    username: email
    portal: { clientId: ${PORTAL_CLIENT}, label: Example Corp }
    sso: { session: 8h }
  partner:
    issuer: https://partner.example.net
    audience: [${PORTAL_CLIENT}]
    algorithms: [RS256]
    username: email
    usernamePrefix: partner-
    portal: { clientId: ${PORTAL_CLIENT} }
accounts:
  dev: { id: "111111111111", label: Development, color: green }
  prod: { id: "222222222222", label: Production, color: red }
roles:
  dev/Developer: { arn: "arn:aws:iam::111111111111:role/Developer", description: Build things }
  prod/ReadOnly: { arn: "arn:aws:iam::222222222222:role/ReadOnly", description: Look at production }
  prod/Admin: { arn: "arn:aws:iam::222222222222:role/Admin", description: Change production }
  prod/Fresh: { arn: "arn:aws:iam::222222222222:role/Fresh" }
  prod/Strong: { arn: "arn:aws:iam::222222222222:role/Strong" }
  prod/Secret: { arn: "arn:aws:iam::222222222222:role/Secret" }
grants:
  - name: engineering
    roles: [dev/Developer, prod/ReadOnly]
    callers: { groups: [engineering] }
  - name: admin-with-reason
    roles: [prod/Admin]
    callers: { groups: [engineering] }
    require: { reason: true, ticket: true }
  - name: fresh
    roles: [prod/Fresh]
    callers: { groups: [engineering] }
    condition: { NumericLessThanEquals: { session:authAgeSeconds: 300 } }
  - name: strong
    roles: [prod/Strong]
    callers: { groups: [engineering] }
    condition: { StringEquals: { claim:acr: [urn:example:mfa] } }
  - name: secret
    roles: [prod/Secret]
    callers: { groups: [nobody] }
  - name: auditors
    permissions: [audit:read]
    callers: { groups: [security] }
`;

/** An identity provider in this process: honest until a test changes what it says. */
export interface ProviderDouble {
  readonly url: string;
  /** Members of the discovery document that differ. */
  discovery: Record<string, unknown>;
  /** Instead of an answer of the token endpoint. */
  tokenAnswer: ((form: URLSearchParams) => Response | Promise<Response>) | undefined;
  /** Claims that differ from what the person's would be; undefined takes one out. */
  claims: Record<string, unknown>;
  /** Signs with the key of the other provider. */
  signsWrongly: boolean;
  /** Throws or answers for every request. */
  fails: ((url: string) => Response | Promise<Response>) | undefined;
  /** What its token endpoint was sent. */
  readonly redeemed: URLSearchParams[];
  /** Whoever signs in, and with what nonce: set by `Browser.signIn`. */
  next: { person: Person; nonce: string } | undefined;
}

export interface Person {
  readonly name: string;
  readonly groups: readonly string[];
  readonly [claim: string]: unknown;
}

export const DEV: Person = { name: 'dev', groups: ['engineering'] };
export const AUDITOR: Person = { name: 'auditor', groups: ['security'] };
export const OUTSIDER: Person = { name: 'outsider', groups: ['sales'] };

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly setCookies: readonly string[];
  readonly body: string;
  readonly location: string | undefined;
}

export interface PageRequest {
  readonly headers?: Record<string, string>;
  readonly form?: Readonly<Record<string, string>> | string;
  readonly cookies?: readonly string[];
}

export interface Portal {
  readonly store: TestTable;
  readonly aws: InProcessAws;
  readonly corp: ProviderDouble;
  readonly partner: ProviderDouble;
  /** The functions' log. */
  readonly lines: string[];
  /** Requests to AWS's sign-in endpoint, and what it answers instead of a token. */
  readonly federation: { asked: URLSearchParams[]; answer: (() => Response | Promise<Response>) | undefined };
  /** The parts of the function that may call STS. */
  readonly broker: Broker;
  /** The parts of the function that signs tools in. */
  readonly sso: SsoParts;
  /** Added to the machine's clock, milliseconds. */
  ahead: number;
  request(method: string, target: string, more?: PageRequest): Promise<PageAnswer>;
  browser(): Browser;
  records(): Promise<AuditRecord[]>;
  /** The same as the functions' log has them, in the order in which they became durable. */
  logged(): AuditRecord[];
  close(): Promise<void>;
}

const directory = mkdtempSync(join(tmpdir(), 'daypass-portal-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let policies = 0;

export function compiled(yaml: string): AccessPolicy {
  const { policy, diagnostics } = compilePolicy(yaml, 'test.yml');
  if (!policy) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

function environmentFor(policy: AccessPolicy): Record<string, string> {
  policies += 1;
  const policyFile = join(directory, `access-${policies}.json`);
  writeFileSync(policyFile, JSON.stringify(policy));
  return {
    AWS_REGION: 'eu-central-1',
    DAYPASS_TABLE: 'daypass-test',
    DAYPASS_POLICY_FILE: policyFile,
    DAYPASS_ORIGIN: ORIGIN,
    DAYPASS_RATE_LIMIT_PER_MINUTE: '100000',
    AWS_ACCESS_KEY_ID: 'ASIABROKERBROKER1234',
    AWS_SECRET_ACCESS_KEY: 'brokers+own/secret+access/key+canary/1234',
    AWS_SESSION_TOKEN: 'brokersOwnSessionTokenCanary1234567890',
  };
}

// A function composes itself from its environment when it is loaded, as Lambda does it.
Object.assign(process.env, environmentFor(compiled(PORTAL_POLICY)));
const [{ signInPages }, { portalPages }, { everyWayIn }, { publicApi }, { ssoFunction }] = await Promise.all([
  import('../../functions/signin.ts'),
  import('../../functions/portal.ts'),
  import('../../functions/credentials.ts'),
  import('../../functions/public.ts'),
  import('../../functions/sso.ts'),
]);

/** Paths of the function `sso`, as serverless.yml has them. */
const SSO_PATHS =
  /^\/(client\/register|device_authorization|token|authorize|device(\/decision)?|assignment\/\w+|logout|start)$/;

export async function makePortal(yaml: string = PORTAL_POLICY): Promise<Portal> {
  const store = await testTable();
  const corp = providerDouble('https://idp.example.com');
  const partner = providerDouble('https://partner.example.net');
  const lines: string[] = [];
  const federation: Portal['federation'] = { asked: [], answer: undefined };
  const clock = () => Date.now() + portal.ahead;
  const aws = inProcessAws({ clock, dynamoDbUrl: store.url });
  const outside = { fetch: fetchDouble as typeof fetch, requestHandler: aws.requestHandler, write, clock };
  const environment = environmentFor(compiled(yaml));
  const broker = composeIssuingBroker(environment, outside);
  const forms = forBrowsers(broker, environment);
  const sso = composeSso(environment, outside);
  const handlers = {
    sso: ssoFunction(sso),
    signin: signInPages(composeSignIn(environment, outside)),
    portal: portalPages(forms),
    sessions: everyWayIn(broker, forms, forLogins(broker, environment)),
    public: publicApi({ policy: broker.policyIndex.policy, telemetry: broker.telemetry, clock }),
  };

  function write(line: string): void {
    lines.push(line);
  }

  async function fetchDouble(input: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = String(input);
    if (url === 'https://signin.aws.amazon.com/federation') {
      federation.asked.push(new URLSearchParams(String(init.body)));
      return federation.answer?.() ?? Response.json({ SigninToken: 'sign-in-token-canary-0123456789' });
    }
    const double = [corp, partner].find((one) => url.startsWith(`${one.url}/`));
    if (double === undefined) throw new Error(`nothing is expected to be fetched from ${url}`);
    return answerAs(double, double === corp ? partner : corp, url, init, clock());
  }

  function handlerOf(method: string, path: string) {
    if (path === '/v1/authorize') return handlers.sso;
    if ((method === 'POST' && path === '/') || path.startsWith('/v1/')) return handlers.sessions;
    if (path === '/federation/credentials') return handlers.sessions;
    if (SSO_PATHS.test(path)) return handlers.sso;
    if (path.startsWith('/assets/')) return handlers.public;
    if (path.startsWith('/sign')) return handlers.signin;
    return method === 'POST' && path.startsWith('/roles/') ? handlers.sessions : handlers.portal;
  }

  const portal: Portal = {
    broker,
    sso,
    store,
    aws,
    corp,
    partner,
    lines,
    federation,
    ahead: 0,
    async request(method, target, { headers = {}, form, cookies } = {}) {
      const [path = '', query = ''] = target.split(/\?(.*)/s);
      const body = form === undefined ? undefined : typeof form === 'string' ? form : String(new URLSearchParams(form));
      const event: APIGatewayProxyEventV2 = {
        ...httpEvent(method, path, {
          headers: {
            ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
            ...headers,
          },
          query,
          ...(body !== undefined && { body }),
        }),
        ...(cookies !== undefined && cookies.length > 0 && { cookies: [...cookies] }),
      };
      const handler = handlerOf(method, path);
      const result = (await handler(event, lambdaContext(), undefined as never)) as APIGatewayProxyStructuredResultV2;
      const answered = result.headers as Record<string, string>;
      return {
        status: result.statusCode ?? 0,
        headers: answered,
        setCookies: result.cookies ?? [],
        body: result.body ?? '',
        location: answered['location'],
      };
    },
    browser: () => new Browser(portal),
    async records() {
      const now = clock();
      const filter = { since: now - 86_400_000, until: now + 86_400_000, order: 'oldest', limit: 500 } as const;
      return (await readAudit(store.table, filter)).records;
    },
    logged: () => lines.flatMap((line) => (JSON.parse(line) as { record?: AuditRecord }).record ?? []),
    close: () => store.close(),
  };
  return portal;
}

function providerDouble(url: string): ProviderDouble {
  return {
    url,
    discovery: {},
    tokenAnswer: undefined,
    claims: {},
    signsWrongly: false,
    fails: undefined,
    redeemed: [],
    next: undefined,
  };
}

/** Takes every change of a test back. */
export function honest(double: ProviderDouble): void {
  Object.assign(double, { ...providerDouble(double.url), redeemed: double.redeemed });
  double.redeemed.length = 0;
}

async function answerAs(
  double: ProviderDouble,
  other: ProviderDouble,
  url: string,
  init: RequestInit,
  now: number,
): Promise<Response> {
  if (double.fails !== undefined) return double.fails(url);
  const { url: issuer } = double;
  if (url === `${issuer}/.well-known/openid-configuration`) {
    return Response.json({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      end_session_endpoint: `${issuer}/logout`,
      authorization_response_iss_parameter_supported: true,
      ...double.discovery,
    });
  }
  if (url === `${issuer}/jwks`) {
    return Response.json({ keys: [double.url === 'https://idp.example.com' ? KEYS.rsa.jwk : KEYS.partner.jwk] });
  }
  if (url !== `${issuer}/token`) throw new Error(`the provider has no ${url}`);
  const form = new URLSearchParams(String(init.body));
  double.redeemed.push(form);
  if (double.tokenAnswer !== undefined) return double.tokenAnswer(form);
  const key = (double.signsWrongly ? other.url : double.url) === 'https://idp.example.com' ? KEYS.rsa : KEYS.partner;
  return Response.json({
    access_token: 'access-token-canary-0123456789',
    token_type: 'Bearer',
    id_token: makeToken({ key, payload: payloadOf(double, now) }),
  });
}

function payloadOf({ url, next, claims }: ProviderDouble, now: number): Record<string, unknown> {
  if (next === undefined) throw new Error('nobody is about to sign in');
  const { name, groups, ...more } = next.person;
  const seconds = Math.floor(now / 1000);
  return {
    iss: url,
    sub: `subject-of-${name}`,
    aud: PORTAL_CLIENT,
    iat: seconds,
    exp: seconds + 3600,
    auth_time: seconds - 5,
    nonce: next.nonce,
    email: `${name}@example.com`,
    email_verified: true,
    groups,
    ...more,
    ...claims,
  };
}

/** A user agent with a cookie jar. It follows nothing by itself. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #portal: Portal;

  constructor(portal: Portal) {
    this.#portal = portal;
  }

  async get(target: string, headers: Record<string, string> = {}): Promise<PageAnswer> {
    return this.#send('GET', target, { headers: { 'sec-fetch-site': 'same-origin', ...headers } });
  }

  /** Posts a form as a page of the portal would; `headers` override what a browser says. */
  async post(
    target: string,
    form: Readonly<Record<string, string>> | string,
    headers: Record<string, string> = { 'sec-fetch-site': 'same-origin', origin: ORIGIN },
  ): Promise<PageAnswer> {
    return this.#send('POST', target, { form, headers });
  }

  /** Goes to the identity provider and comes back with its answer. */
  async begin(
    target = '/sign-in/corp',
    person: Person = DEV,
    double: ProviderDouble = this.#portal.corp,
  ): Promise<{ readonly authorize: URL; readonly callback: (changes?: Record<string, string | undefined>) => string }> {
    const { location = '' } = await this.get(target);
    const authorize = new URL(location);
    double.next = { person, nonce: authorize.searchParams.get('nonce') ?? '' };
    const redirect = new URL(authorize.searchParams.get('redirect_uri') ?? '');
    return {
      authorize,
      callback(changes = {}) {
        const state = authorize.searchParams.get('state') ?? '';
        const query = new URLSearchParams();
        for (const [name, value] of Object.entries({ code: 'the-code', state, iss: double.url, ...changes })) {
          if (value !== undefined) query.set(name, value);
        }
        return `${redirect.pathname}?${query}`;
      },
    };
  }

  async signIn(person: Person = DEV, target = '/sign-in/corp'): Promise<PageAnswer> {
    const { callback } = await this.begin(target, person);
    return this.get(callback());
  }

  get session(): string | undefined {
    return this.cookies.get(SESSION_COOKIE);
  }

  get pending(): string | undefined {
    return this.cookies.get(SIGN_IN_COOKIE);
  }

  async #send(method: string, target: string, more: PageRequest): Promise<PageAnswer> {
    const cookies = [...this.cookies].map(([name, value]) => `${name}=${value}`);
    const answer = await this.#portal.request(method, target, { ...more, cookies });
    for (const line of answer.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /Max-Age=0/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
}

/** The hidden token of the form that leads to an address. */
export function tokenOf(page: string, action: string): string {
  const form = page.split('<form').find((part) => part.includes(`action="${action}"`));
  return /name="csrf" value="([^"]+)"/.exec(form ?? '')?.[1] ?? '';
}
