import type { CredentialsAnswer, Problem } from '../../lib/http/contract.ts';
import type { LocalStack } from '../local-file.ts';
import { idTokenFor } from '../token.ts';
import type { Answer, BrokerApi, Person } from './api.ts';
import { expectEqual, expectThat } from './expect.ts';
import type { Transcript } from './transcript.ts';

/** A session the demo caused; the audit log is held against these at the end. */
export interface SeenSession {
  readonly sessionId: string;
  readonly outcome: 'issued' | 'denied' | 'refused';
  /** Absent where nobody was verified. */
  readonly username?: string;
}

/** What the steps work with, and what they leave for those after them. */
export interface Demo {
  readonly local: LocalStack;
  readonly api: Pick<BrokerApi, 'get' | 'post'>;
  readonly transcript: Transcript;
  readonly signal: AbortSignal;
  readonly people: Map<string, Person>;
  /** The latest credentials by role. */
  readonly held: Map<string, CredentialsAnswer>;
  readonly sessions: SeenSession[];
}

/** Shows one thing; throws `StepFailed` when it does not hold. */
export type Step = (demo: Demo) => Promise<void>;

/** Signs a demo account in, once. */
export async function signedIn({ people, local, transcript }: Demo, name: string): Promise<Person> {
  const known = people.get(name);
  if (known !== undefined) return known;
  const { issuer, clientId } = local;
  const idToken = await idTokenFor({ issuer, clientId, user: name });
  transcript.secrets.keep(idToken);
  const person = { name, idToken };
  people.set(name, person);
  return person;
}

/** The claims of the person's token, for showing; whether they are true is for the broker to say. */
export function claimsOf({ idToken }: Person): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
}

export function usernameOf(person: Person): string {
  return String(claimsOf(person)['email']);
}

/** Holds the answer to be credentials of that role for so long, and remembers them. */
export function issued(
  demo: Demo,
  answer: Answer,
  expected: { readonly to: Person; readonly role: string; readonly seconds: number },
): CredentialsAnswer {
  expectEqual('status of the credentials', answer.status, 200);
  const body = answer.body as CredentialsAnswer;
  const { SessionId: sessionId, DurationSeconds, SourceIdentity } = body;
  const username = usernameOf(expected.to);
  expectEqual(
    'session',
    { SourceIdentity, DurationSeconds },
    { SourceIdentity: username, DurationSeconds: expected.seconds },
  );
  const lasts = (Date.parse(body.Expiration) - Date.now()) / 1000;
  expectThat(
    lasts > expected.seconds - 60 && lasts < expected.seconds + 60,
    'the credentials end when the session does',
    `about ${expected.seconds} seconds from now`,
    body.Expiration,
  );
  demo.sessions.push({ sessionId, outcome: 'issued', username });
  demo.held.set(expected.role, body);
  return body;
}

/** Holds the answer to be that refusal, shows what it says, and remembers its session. */
export function refused(
  demo: Demo,
  answer: Answer,
  expected: {
    readonly status: number;
    readonly code: string;
    readonly missing?: readonly string[];
    readonly to?: Person;
  },
): void {
  const { status, code, to } = expected;
  const problem = answer.body as Problem;
  const missing = problem.missing?.map(({ kind }) => kind);
  expectEqual(
    'refusal',
    { status: answer.status, code: problem.code, missing },
    { status, code, missing: expected.missing },
  );
  const sessionId = problem.sessionId ?? '';
  demo.sessions.push({
    sessionId,
    outcome: missing === undefined ? 'refused' : 'denied',
    ...(to !== undefined && { username: usernameOf(to) }),
  });
  demo.transcript.fields({
    detail: problem.detail,
    ...(missing !== undefined && { missing: missing.join(', ') }),
    sessionId,
  });
}
