import type { Issuer } from '../identity/issuer.ts';
import { isLoopback } from '../loopback.ts';
import type { Path, Reporter } from './diagnostic.ts';
import { durationSeconds, type IssuerSource, listOf } from './schema.ts';

const MAX_CLOCK_SKEW_SECONDS = 300;
const MAX_TOKEN_LIFETIME_SECONDS = 7 * 24 * 3600;

export function compileIssuers(sources: Readonly<Record<string, IssuerSource>>, reporter: Reporter): Issuer[] {
  const names = Object.keys(sources);
  if (names.length === 0) reporter.error('issuers_empty', ['issuers'], 'an access policy trusts at least one issuer');
  const seen = new Map<string, string>();
  return Object.entries(sources).map(([name, source]) => {
    const path = ['issuers', name];
    const twin = seen.get(source.issuer);
    if (twin !== undefined) {
      reporter.error('issuer_duplicate', [...path, 'issuer'], `issuer "${twin}" has the same URL`);
    }
    seen.set(source.issuer, name);
    return compileIssuer(name, source, path, reporter);
  });
}

function compileIssuer(name: string, source: IssuerSource, path: Path, reporter: Reporter): Issuer {
  checkUrl(source.issuer, [...path, 'issuer'], reporter, { mayHaveQuery: false });
  if (source.jwksUri !== undefined) checkUrl(source.jwksUri, [...path, 'jwksUri'], reporter, { mayHaveQuery: true });
  const clockSkewSeconds = durationSeconds(source.clockSkew ?? 30);
  if (clockSkewSeconds > MAX_CLOCK_SKEW_SECONDS) {
    reporter.error('clock_skew_too_large', [...path, 'clockSkew'], 'a clock skew is at most 5 minutes');
  }
  const maxTokenLifetimeSeconds = durationSeconds(source.maxTokenLifetime ?? '24h');
  if (maxTokenLifetimeSeconds > MAX_TOKEN_LIFETIME_SECONDS) {
    reporter.error('token_lifetime_too_long', [...path, 'maxTokenLifetime'], 'a token lives at most 7 days');
  }
  const audience = listOf(source.audience);
  return {
    name,
    url: source.issuer,
    ...(source.jwksUri !== undefined && { jwksUri: source.jwksUri }),
    audience,
    algorithms: source.algorithms,
    username: source.username,
    groups: source.groups ?? 'groups',
    tokenTypes: (source.tokenTypes ?? ['jwt']).map((type) => type.toLowerCase()),
    authorizedParties: source.authorizedParties === undefined ? audience : listOf(source.authorizedParties),
    ...(source.hostedDomains !== undefined && { hostedDomains: listOf(source.hostedDomains) }),
    requireVerifiedEmail: source.requireVerifiedEmail ?? true,
    clockSkewSeconds,
    maxTokenLifetimeSeconds,
    singleUse: source.singleUse ?? false,
    sessionsEndWithToken: source.sessionsEndWithToken ?? false,
    ...(source.login !== undefined && {
      login: { clientId: source.login.clientId, scopes: source.login.scopes ?? ['openid', 'email', 'profile'] },
    }),
  };
}

/** The `iss` of a token is compared byte for byte, so only a URL's one usual spelling makes sense here. */
function checkUrl(text: string, path: Path, reporter: Reporter, rules: { readonly mayHaveQuery: boolean }): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    reporter.error('url_invalid', path, 'expected a URL that starts with https://');
    return;
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    reporter.error(
      'url_not_https',
      path,
      'plain http is for loopback only',
      'use https, or http://127.0.0.1 for a local issuer',
    );
  }
  if (url.username !== '' || url.password !== '') {
    reporter.error('url_invalid', path, 'the URL must not hold a user name or password');
  }
  if (text.includes('#') || (text.includes('?') && !rules.mayHaveQuery)) {
    reporter.error('url_invalid', path, 'the URL must not have a query or a fragment');
  } else if (url.username === '' && url.password === '' && url.href !== text && url.href !== `${text}/`) {
    const hint = `write ${url.pathname === '/' ? url.origin : url.href}`;
    reporter.error('url_not_canonical', path, 'the URL is not in its usual spelling', hint);
  }
}
