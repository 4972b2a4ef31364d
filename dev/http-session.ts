/**
 * A small HTTP user agent with a cookie jar, that walks a sign-in as a browser would and stops where it is told.
 * Cookies are kept by name and path (RFC 6265 without domains: it talks to one host at a time).
 */
export class HttpSession {
  readonly #cookies = new Map<string, { readonly path: string; readonly name: string; readonly value: string }>();

  async request(url: URL, form?: Readonly<Record<string, string>>): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: this.#cookieHeader(url), accept: 'text/html' },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line, url);
    return response;
  }

  /**
   * Follows redirects until one leads to `stop`, which is not fetched, or until something else is answered.
   *
   * @returns the address stopped at, or the last answer and its address
   */
  async follow(
    start: URL,
    stop: (url: URL) => boolean,
    form?: Readonly<Record<string, string>>,
  ): Promise<{ readonly stoppedAt: URL } | { readonly response: Response; readonly url: URL }> {
    let url = start;
    let response = await this.request(url, form);
    for (let redirects = 0; redirects < 20; redirects += 1) {
      const location = response.headers.get('location');
      if (location === null || response.status < 300 || response.status > 399) return { response, url };
      await response.body?.cancel();
      url = new URL(location, url);
      if (stop(url)) return { stoppedAt: url };
      response = await this.request(url);
    }
    throw new Error(`more than 20 redirects from ${start.origin}`);
  }

  #keep(line: string, url: URL): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const attribute = (wanted: string): string | undefined =>
      attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const path = attribute('path') ?? url.pathname;
    const expires = attribute('expires');
    const expired = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (expired || value === '') this.#cookies.delete(`${path} ${name}`);
    else this.#cookies.set(`${path} ${name}`, { path, name, value });
  }

  #cookieHeader({ pathname }: URL): string {
    return [...this.#cookies.values()]
      .filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }
}
