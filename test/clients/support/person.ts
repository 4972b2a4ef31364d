import { HttpSession } from '../../../dev/http-session.ts';

/** A person with a browser: signs in at the local identity provider whenever it asks, and fills in forms. */
export class PersonWithBrowser {
  readonly #session = new HttpSession();
  readonly #broker: string;
  readonly #user: string;

  /** @param user one of the demo accounts */
  constructor(broker: string, user: string) {
    this.#broker = broker;
    this.#user = user;
  }

  /** A page of the broker, signed in. */
  async open(path: string): Promise<string> {
    let end = await this.#session.follow(new URL(path, this.#broker), isOfTool);
    for (let tries = 0; tries < 3 && 'response' in end; tries += 1) {
      const text = await end.response.text();
      if (end.url.origin === this.#broker) return text;
      const action = /<form[^>]* action="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? end.url.href;
      end = await this.#session.follow(new URL(action, end.url), isOfTool, { account: this.#user });
    }
    throw new Error(`no page of the broker came for ${path}`);
  }

  /**
   * Sends the last form of a page.
   *
   * @returns the address of a tool that the answer leads to, or the page that comes
   */
  async send(page: string, fields: Readonly<Record<string, string>>): Promise<URL | string> {
    const form = page.slice(page.lastIndexOf('<form'));
    const action = /action="([^"]+)"/.exec(form)?.[1] ?? '/';
    const hidden = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const given = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]));
    const end = await this.#session.follow(new URL(action, this.#broker), isOfTool, { ...given, ...fields });
    return 'stoppedAt' in end ? end.stoppedAt : end.response.text();
  }
}

/** The listener of `aws sso login` and `aws login`. */
function isOfTool(url: URL): boolean {
  return url.pathname === '/oauth/callback';
}
