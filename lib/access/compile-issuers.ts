import type { Issuer } from '../identity/issuer.ts';
import { isLoopback } from '../loopback.ts';
import { checkNaming, prefixOf } from './compile-naming.ts';
import type { Path, Reporter } from './diagnostic.ts';
import { durationSeconds, type IssuerSource, listOf } from './schema.ts';

const MAX_CLOCK_SKEW_SECONDS = 300;
const MAX_TOKEN_LIFETIME_SECONDS = 7 * 24 * 3600;
const DEFAULT_TOOL_SESSION = '8h';
const MIN_TOOL_SESSION_SECONDS = 900;
const MAX_TOOL_SESSION_SECONDS = 24 * 3600;

export function compileIssuers(sources: Readonly<Record<string, IssuerSource>>, reporter: Reporter): Issuer[] {
  const names = Object.keys(sources);
  if (names.length === 0) reporter.error('issuers_empty', ['issuers'], 'an access policy trusts at least one issuer');
  const seen = new Map<string, string>();
  checkUsernames(Object.entries(sources), reporter);
  return Object.entries(sources).map(([name, source]) => {
    const twin = seen.get(source.issuer);
    if (twin !== undefined) {
      reporter.error('issuer_duplicate', ['issuers', name, 'issuer'], `issuer "${twin}" has the same URL`);
    }
    seen.set(source.issuer, name);
    return compileIssuer(name, source, prefixesBeside(name, sources), reporter);
  });
}

/**
 * Username prefixes keep people of different issuers apart: of two issuers only one may be without, and neither
 * prefix may be the start of the other. What is left, a username of the issuer without prefix that starts with
 * another's, is refused when its token is read (`reservedPrefixes`).
 */
function checkUsernames(entries: readonly (readonly [string, IssuerSource])[], reporter: Reporter): void {
  for (const [index, [name, source]] of entries.entries()) {
    for (const [earlier, other] of entries.slice(0, index)) {
      const why = whyUsernamesMeet(prefixOf(other), prefixOf(source));
      if (why === undefined) continue;
      const message = `issuers "${earlier}" and "${name}" can give two people the same username: ${why.problem}`;
      reporter.keyError('usernames_overlap', ['issuers', name], message, why.hint);
      break;
    }
  }
}

function whyUsernamesMeet(one: string, other: string): { problem: string; hint: string } | undefined {
  if (one === '' && other === '') {
    const hint = 'give one of them a `usernamePrefix` that no username of the other starts with';
    return { problem: 'neither has a `usernamePrefix`', hint };
  }
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (short === '' || !long.startsWith(short)) return undefined;
  const hint = 'choose prefixes of which none is the start of another';
  if (short === long) return { problem: `both have the prefix "${short}"`, hint };
  return { problem: `prefix "${long}" starts with prefix "${short}"`, hint };
}

function prefixesBeside(name: string, sources: Readonly<Record<string, IssuerSource>>): string[] {
  return Object.entries(sources).flatMap(([other, source]) => {
    const prefix = prefixOf(source);
    return other === name || prefix === '' ? [] : [prefix];
  });
}

function compileIssuer(
  name: string,
  source: IssuerSource,
  reservedPrefixes: readonly string[],
  reporter: Reporter,
): Issuer {
  const path = ['issuers', name];
  checkUrl(source.issuer, [...path, 'issuer'], reporter, { mayHaveQuery: false });
  checkNaming(name, source, path, reporter);
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
  if (source.portal !== undefined) checkPortal(source.portal, { ...source, audience }, [...path, 'portal'], reporter);
  if (source.sso !== undefined) checkSso(source.sso, source.portal !== undefined, [...path, 'sso'], reporter);
  return {
    name,
    url: source.issuer,
    ...(source.jwksUri !== undefined && { jwksUri: source.jwksUri }),
    audience,
    algorithms: source.algorithms,
    ...(source.username !== undefined && { username: source.username }),
    ...(source.subject !== undefined && { subject: source.subject }),
    usernamePrefix: prefixOf(source),
    reservedPrefixes,
    groups: source.groups ?? 'groups',
    tokenTypes: (source.tokenTypes ?? ['jwt']).map((type) => type.toLowerCase()),
    authorizedParties: source.authorizedParties === undefined ? audience : listOf(source.authorizedParties),
    ...(source.hostedDomains !== undefined && { hostedDomains: listOf(source.hostedDomains) }),
    requireVerifiedEmail: source.requireVerifiedEmail ?? true,
    clockSkewSeconds,
    maxTokenLifetimeSeconds,
    singleUse: source.singleUse ?? false,
    sessionsEndWithToken: source.sessionsEndWithToken ?? false,
    ...(source.portal !== undefined && {
      portal: {
        label: source.portal.label ?? name,
        clientId: source.portal.clientId,
        scopes: source.portal.scopes ?? ['openid', 'email', 'profile'],
      },
    }),
    ...(source.sso !== undefined && {
      sso: {
        sessionSeconds: durationSeconds(source.sso.session ?? DEFAULT_TOOL_SESSION),
        deviceCode: source.sso.deviceCode ?? true,
      },
    }),
    ...(source.login !== undefined && {
      login: { clientId: source.login.clientId, scopes: source.login.scopes ?? ['openid', 'email', 'profile'] },
    }),
  };
}

/** A token that the issuer gives the portal has to be one that the broker takes. */
function checkPortal(
  { clientId }: NonNullable<IssuerSource['portal']>,
  { audience, singleUse }: { readonly audience: readonly string[]; readonly singleUse?: boolean | undefined },
  path: Path,
  reporter: Reporter,
): void {
  if (!audience.includes(clientId)) {
    const hint = `add "${clientId}" to the issuer’s audience`;
    reporter.error(
      'portal_client_no_audience',
      [...path, 'clientId'],
      'no audience of the issuer is this client',
      hint,
    );
  }
  if (singleUse) {
    reporter.error('portal_single_use', path, 'an issuer of single-use tokens is one of machines, not of people');
  }
}

/** A tool is signed in on a page of the portal, by somebody who has a session there. */
function checkSso(
  { session }: NonNullable<IssuerSource['sso']>,
  hasPortal: boolean,
  path: Path,
  reporter: Reporter,
): void {
  if (!hasPortal) {
    const hint = 'add `portal` to the issuer';
    reporter.error(
      'sso_without_portal',
      path,
      'people approve a tool in the portal, which this issuer is not in',
      hint,
    );
  }
  const seconds = durationSeconds(session ?? DEFAULT_TOOL_SESSION);
  if (seconds < MIN_TOOL_SESSION_SECONDS || seconds > MAX_TOOL_SESSION_SECONDS) {
    reporter.error(
      'sso_session_out_of_range',
      [...path, 'session'],
      'a tool stays signed in for 15 minutes to 24 hours',
    );
  }
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
