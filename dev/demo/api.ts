import type { Problem } from '../../lib/http/contract.ts';
import type { Transcript } from './transcript.ts';

/** Somebody who signed in. */
export interface Person {
  readonly name: string;
  readonly idToken: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks the broker as a person and tells the transcript of it. */
export class BrokerApi {
  readonly #url: string;
  readonly #transcript: Transcript;
  readonly #signal: AbortSignal;

  constructor(url: string, transcript: Transcript, signal: AbortSignal) {
    this.#url = url;
    this.#transcript = transcript;
    this.#signal = signal;
  }

  get(path: string, person: Person): Promise<Answer> {
    return this.#ask('GET', path, person);
  }

  post(path: string, person: Person, body: object): Promise<Answer> {
    return this.#ask('POST', path, person, JSON.stringify(body));
  }

  async #ask(method: string, path: string, person: Person, body?: string): Promise<Answer> {
    this.#transcript.asked(`${method} ${path}  as ${person.name}${body === undefined ? '' : `  ${body}`}`);
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${person.idToken}`,
        'user-agent': 'daypass-demo',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(30_000)]),
    });
    const answer = { status: response.status, body: await response.json() };
    this.#keepSecretsOf(answer.body);
    const code = response.ok ? '' : ` ${(answer.body as Problem).code}`;
    this.#transcript.came(`${answer.status}${code}`, response.ok);
    return answer;
  }

  #keepSecretsOf(body: unknown): void {
    for (const name of ['SecretAccessKey', 'SessionToken']) {
      const value = (body as Readonly<Record<string, unknown>> | null)?.[name];
      if (typeof value === 'string') this.#transcript.secrets.keep(value);
    }
  }
}
