/** What the server answers, of whichever protocol. */
export interface Answer {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain';
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function json(body: object, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}

export function plain(body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, type: 'text/plain', body, headers };
}

/** A refusal by every spelling that SDKs read. */
export function refusal(status: number, code: string, message: string): Answer {
  return json({ code, message, Code: code, Message: message }, status);
}
