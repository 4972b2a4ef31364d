import type { Missing } from '../access/decision.ts';

/**
 * Where to sign in more freshly or more strongly, when that is what a role lacks; undefined when no sign-in would help.
 *
 * @param issuer name of the issuer that the person signed in with
 * @param returnTo the page to come back to
 */
export function stepUpPath(missing: readonly Missing[], issuer: string, returnTo: string): string | undefined {
  const query = new URLSearchParams();
  for (const item of missing) {
    if (item.kind === 'sign_in') query.set('max_age', '0');
    if (item.kind !== 'condition') continue;
    // Any sign-in that was fresh enough before has become too old: only a new one helps.
    if (item.key === 'session:authAgeSeconds' && item.operator.startsWith('NumericLessThan')) query.set('max_age', '0');
    if (item.key === 'claim:amr') query.set('prompt', 'login');
    if (item.key === 'claim:acr' && !item.operator.includes('Not')) {
      query.set(
        'acr_values',
        item.expected
          .filter((value) => /^[!-~]{1,128}$/.test(value))
          .slice(0, 5)
          .join(' '),
      );
    }
  }
  if (query.size === 0) return undefined;
  query.set('return', returnTo);
  return `/sign-in/${encodeURIComponent(issuer)}?${query}`;
}
