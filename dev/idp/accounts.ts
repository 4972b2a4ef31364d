/** A person of the demo company. No passwords: the sign-in page lets anyone on this machine be anyone. */
export interface DemoAccount {
  /** What the sign-in page, `login_hint` and `npm run dev:token` call the person; also the token's `sub`. */
  readonly name: string;
  readonly fullName: string;
  readonly email: string;
  readonly groups: readonly string[];
  readonly team: string;
  readonly employment: string;
  /** RFC 8176: how the person signs in. */
  readonly amr: readonly string[];
  /** Shown on the sign-in page. */
  readonly about: string;
}

export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  account('dev', 'Dana Weber', ['engineering'], 'payments', ['pwd'], 'Engineering, payments team'),
  account('sre', 'Sam Okafor', ['sre'], 'platform', ['pwd', 'mfa'], 'Site reliability; signs in with a second factor'),
  account('auditor', 'Avery Lindqvist', ['security'], 'assurance', ['pwd'], 'Security; may read the audit log'),
  account('outsider', 'Oren Haddad', ['sales'], 'emea', ['pwd'], 'Sales; no grant in the access policy'),
];

function account(
  name: string,
  fullName: string,
  groups: readonly string[],
  team: string,
  amr: readonly string[],
  about: string,
): DemoAccount {
  return { name, fullName, email: `${name}@example.com`, groups, team, employment: 'employee', amr, about };
}

/** By name or e-mail address. */
export function findAccount(nameOrEmail: string | undefined): DemoAccount | undefined {
  return DEMO_ACCOUNTS.find(({ name, email }) => name === nameOrEmail || email === nameOrEmail);
}

/** What the identity provider says about the person in an ID token. */
export function claimsOf({ name, fullName, email, groups, team, employment }: DemoAccount): Record<string, unknown> {
  return { sub: name, name: fullName, email, email_verified: true, groups, team, employment };
}
