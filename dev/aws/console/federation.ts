import { randomBytes } from 'node:crypto';
import { isPartition } from '../../../lib/iam/arn.ts';
import { readConsoleDestination } from '../../../lib/iam/console-destination.ts';
import { readStrictJson } from '../../../lib/strict-json.ts';
import { CredentialStore, type Principal } from '../credentials.ts';
import { type ConsoleVisit, consolePage, endedPage, refusedPage } from './pages.ts';

/** A request to `/federation`, whichever way its parameters came. */
export interface FederationRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

export interface FederationAnswer {
  readonly status: number;
  readonly type: 'application/json' | 'text/html; charset=utf-8' | 'text/plain';
  readonly body: string;
  /** Where a browser is sent on to. */
  readonly location?: string;
  /** For the list of calls: what was asked, never with what. */
  readonly action: string;
  readonly principal?: Principal;
  /** Of the credentials that were exchanged. */
  readonly accessKeyId?: string;
}

interface SignInToken {
  readonly principal: Principal;
  /** Epoch milliseconds. */
  readonly goodUntil: number;
  readonly sessionEnds: number;
}

/** Where the pages of the console are, in the place of console.aws.amazon.com. */
export const CONSOLE_PATH = '/console/';

const MINUTE = 60_000;
const TOKEN_LASTS = 15 * MINUTE;

/**
 * AWS's sign-in endpoint for custom identity brokers: `getSigninToken` exchanges a session's credentials for a token,
 * `login` lets a browser in by it within 15 minutes, and only once, which AWS does not say of its own. In the place of
 * the console, a page says who came in. Otherwise as strict as AWS is documented to be: only sessions of roles get a token, no long-term keys and no user's session, and
 * those that one role took from another none with a `SessionDuration`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
 */
export class Federation {
  readonly #credentials: CredentialStore;
  readonly #clock: () => number;
  readonly #tokens = new Map<string, SignInToken>();
  /** Pages of the console that somebody was let in to. */
  readonly #visits = new Map<string, ConsoleVisit>();

  constructor(credentials: CredentialStore, clock: () => number) {
    this.#credentials = credentials;
    this.#clock = clock;
  }

  answer(request: FederationRequest): FederationAnswer {
    const parameters = parametersOf(request);
    switch (parameters.get('Action')) {
      case 'getSigninToken':
        return this.#getSigninToken(parameters);
      case 'login':
        return this.#login(parameters);
      default:
        return { status: 400, type: 'text/plain', body: 'Invalid action', action: 'federation' };
    }
  }

  #getSigninToken(parameters: URLSearchParams): FederationAnswer {
    const action = 'getSigninToken';
    const refused = (status: number): FederationAnswer => ({
      status,
      type: 'text/plain',
      body: 'Invalid credentials parameter',
      action,
    });
    const session = sessionOf(parameters.get('Session') ?? '');
    const issued = session && this.#credentials.find(session.sessionId);
    if (session === undefined || issued === undefined || issued.secretAccessKey !== session.sessionKey) {
      return refused(400);
    }
    if (issued.principal.kind !== 'session') return refused(400);
    if (issued.expiresAt === undefined || !CredentialStore.tokenMatches(issued, session.sessionToken)) {
      return refused(400);
    }
    const now = this.#clock();
    if (issued.expiresAt <= now) return refused(400);
    const duration = parameters.get('SessionDuration');
    if (duration !== null && (issued.principal.chained || !/^\d{3,5}$/.test(duration))) return refused(400);
    if (duration !== null && (Number(duration) < 900 || Number(duration) > 43_200)) return refused(400);
    const token = randomBytes(192).toString('base64url');
    const sessionEnds = duration === null ? issued.expiresAt : now + Number(duration) * 1000;
    this.#tokens.set(token, { principal: issued.principal, goodUntil: now + TOKEN_LASTS, sessionEnds });
    const { principal } = issued;
    const body = JSON.stringify({ SigninToken: token });
    return { status: 200, type: 'application/json', body, action, principal, accessKeyId: session.sessionId };
  }

  #login(parameters: URLSearchParams): FederationAnswer {
    const action = 'login';
    const refused = (why: string): FederationAnswer => ({
      status: 400,
      type: 'text/html; charset=utf-8',
      body: String(refusedPage(why)),
      action,
    });
    const name = parameters.get('SigninToken') ?? '';
    const token = this.#tokens.get(name);
    if (token === undefined) return refused('The sign-in token is not known, was altered, or was used before.');
    this.#tokens.delete(name);
    if (token.goodUntil <= this.#clock()) return refused('The sign-in token has expired.');
    const { principal, sessionEnds } = token;
    const destination = parameters.get('Destination') ?? '';
    const partition = isPartition(principal.partition) ? principal.partition : 'aws';
    const read = readConsoleDestination(destination, partition, '');
    if (!destination.startsWith('https://') || !read.ok) return refused('The destination is not a console page.');
    // As AWS does: the address with the token is left at once, so that no history keeps it.
    const location = `${CONSOLE_PATH}${randomBytes(12).toString('hex')}`;
    const issuer = parameters.get('Issuer') ?? undefined;
    this.#visits.set(location, { principal, destination: read.url, sessionEnds: new Date(sessionEnds), issuer });
    return { status: 302, type: 'text/plain', body: '', location, action, principal };
  }

  /** The page that a login led to; undefined where there is none. */
  visit(path: string): string | undefined {
    const visit = this.#visits.get(path);
    if (visit === undefined) return undefined;
    const hasEnded = visit.sessionEnds.getTime() <= this.#clock();
    return String(hasEnded ? endedPage(visit) : consolePage(visit));
  }
}

/** A form's fields or the query's; never both, so that nothing is hidden behind the other. */
function parametersOf({ method, target, contentType, body }: FederationRequest): URLSearchParams {
  const isForm = method === 'POST' && (contentType ?? '').startsWith('application/x-www-form-urlencoded');
  if (isForm) return new URLSearchParams(body.toString('utf8'));
  return method === 'GET' ? new URLSearchParams(target.split('?', 2)[1] ?? '') : new URLSearchParams();
}

interface Session {
  readonly sessionId: string;
  readonly sessionKey: string;
  readonly sessionToken: string;
}

function sessionOf(text: string): Session | undefined {
  const reading = readStrictJson(text, { depth: 1, members: 3 });
  if (!reading.ok) return undefined;
  const { sessionId, sessionKey, sessionToken } = reading.value;
  if (typeof sessionId !== 'string' || typeof sessionKey !== 'string' || typeof sessionToken !== 'string') {
    return undefined;
  }
  return { sessionId, sessionKey, sessionToken };
}
