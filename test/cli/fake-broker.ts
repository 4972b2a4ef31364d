import type {
  ClientConfiguration,
  CredentialsAnswer,
  CredentialsRequest,
  Problem,
  RolesAnswer,
  WhoamiAnswer,
} from '../../lib/http/contract.ts';
import { FakeServer, type Reply, type Seen } from './fake-server.ts';

/** A broker that says yes, unless the test says otherwise; only the wire of `lib/http/contract.ts`. */
export class FakeBroker {
  readonly server: FakeServer;
  issuers: ClientConfiguration['issuers'] = [];
  /** Seconds of the sessions it issues. */
  duration = 3600;
  /** Milliseconds that each `POST /v1/credentials` takes. */
  delay = 0;
  /** By path; goes before the default answer. */
  answers: Record<string, (request: Seen) => Reply | undefined> = {};
  #issued = 0;

  private constructor(server: FakeServer) {
    this.server = server;
  }

  static async listen(): Promise<FakeBroker> {
    const server = await FakeServer.listen((request) => self.#respond(request));
    const self: FakeBroker = new FakeBroker(server);
    return self;
  }

  get url(): string {
    return this.server.url;
  }

  /** How many sessions were asked for. */
  get asked(): number {
    return this.server.count('POST', '/v1/credentials');
  }

  reset(): void {
    this.server.seen.length = 0;
    this.issuers = [];
    this.duration = 3600;
    this.delay = 0;
    this.answers = {};
    this.#issued = 0;
  }

  async #respond(request: Seen): Promise<Reply> {
    const special = this.answers[request.path]?.(request);
    if (special !== undefined) return special;
    if (request.path === '/.well-known/daypass') return { json: this.#configuration() };
    if (request.authorization?.startsWith('Bearer ') !== true) return problem(401, 'token_missing', 'Not signed in');
    if (request.path === '/v1/credentials' && request.method === 'POST') {
      await new Promise((resolve) => setTimeout(resolve, this.delay));
      return { json: this.#issue(JSON.parse(request.body) as CredentialsRequest) };
    }
    if (request.path === '/v1/whoami') return { json: WHOAMI };
    if (request.path === '/v1/roles') return { json: ROLES };
    return problem(404, 'not_found', 'Not found');
  }

  endpoints(): ClientConfiguration['endpoints'] {
    const at = (name: string): string => `${this.url}/v1/${name}`;
    return {
      credentials: at('credentials'),
      console: at('console'),
      roles: at('roles'),
      whoami: at('whoami'),
      explain: at('explain'),
      audit: at('audit'),
      proof: at('audit/proof'),
    };
  }

  #configuration(): ClientConfiguration {
    return { version: '0.1.0', issuers: this.issuers, endpoints: this.endpoints() };
  }

  #issue({ role }: CredentialsRequest): CredentialsAnswer {
    const number = ++this.#issued;
    return {
      Version: 1,
      AccessKeyId: `ASIA${String(number).padStart(16, '0')}`,
      SecretAccessKey: `secret/${number}+${'k'.repeat(30)}`,
      SessionToken: `token${number}${'t'.repeat(800)}==`,
      Expiration: new Date(Date.now() + this.duration * 1000).toISOString(),
      AccountId: '111122223333',
      SessionId: `01J0000000000000000000000${number}`,
      RoleArn: `arn:aws:iam::111122223333:role/${role.split('/')[1]}`,
      SourceIdentity: 'dev@example.com',
      DurationSeconds: this.duration,
      Notices: [],
    };
  }
}

export function problem(status: number, code: string, title: string, more: Partial<Problem> = {}): Reply {
  const json: Problem = {
    type: `urn:daypass:problem:${code}`,
    title,
    status,
    detail: '',
    code,
    requestId: 'req-1',
    ...more,
  };
  return { status, json, headers: { 'content-type': 'application/problem+json' } };
}

export const WHOAMI = {
  issuer: 'corp',
  subject: 'u-1',
  username: 'dev@example.com',
  authenticatedAt: '2026-01-31T09:00:00Z',
  expiresAt: '2026-01-31T10:00:00Z',
  permissions: [],
} satisfies WhoamiAnswer;

export const MISSING_MFA = {
  kind: 'condition',
  operator: 'ForAnyValue:StringEquals',
  key: 'claim:amr',
  expected: ['mfa'],
  message: 'sign in with MFA: amr must include mfa',
} satisfies NonNullable<Problem['missing']>[number];

/** As `lib/access/standing.ts` has them: a role that is closed has no longest session and asks for nothing. */
export const ROLES = {
  roles: [
    {
      role: 'prod/ReadOnly',
      account: { name: 'prod', id: '111122223333', label: 'Production' },
      arn: 'arn:aws:iam::111122223333:role/ReadOnly',
      available: true,
      maxDurationSeconds: 3600,
      requires: [],
      missing: [],
    },
    {
      role: 'prod/Admin',
      account: { name: 'prod', id: '111122223333', label: 'Production' },
      arn: 'arn:aws:iam::111122223333:role/Admin',
      available: false,
      requires: [],
      missing: [MISSING_MFA],
    },
  ],
} satisfies RolesAnswer;
