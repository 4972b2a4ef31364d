/** An address on the client's own computer that an answer may be sent to. */
export interface LoopbackRedirect {
  /** Without its port, which a client chooses anew each time: what is compared. */
  readonly portless: string;
  /** `http://127.0.0.1:53682`. */
  readonly origin: string;
}

/**
 * No query, no fragment, no user: nothing that two readers could read differently. `localhost` may lead elsewhere, and
 * `[::1]` cannot be named in a page's `form-action` (CSP3 §2.3.1), so that no browser would go there from a form.
 */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1)(?::([1-9][0-9]{0,4}))?(\/[A-Za-z0-9._~-]+)*\/?$/;

/**
 * Reads the redirect address of a native client.
 *
 * @returns undefined for everything that is not plainly an address of this computer
 * @see RFC 8252 §7.3, §8.3
 */
export function loopbackRedirect(text: string): LoopbackRedirect | undefined {
  const match = text.length <= 128 ? LOOPBACK.exec(text) : null;
  if (match === null) return undefined;
  const [, host = '', port] = match;
  if (Number(port ?? 0) > 65_535 || /\/\.{1,2}(\/|$)/.test(text)) return undefined;
  const origin = `http://${host}${port === undefined ? '' : `:${port}`}`;
  const path = text.slice(origin.length);
  return { portless: `http://${host}${path || '/'}`, origin };
}
