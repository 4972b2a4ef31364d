import type { RoleSummary } from '../../lib/http/contract.ts';
import { Failure } from '../failure.ts';
import type { Profile } from './config-file.ts';

/**
 * Profiles that need nothing installed: the AWS command and SDKs sign in to the broker as they do to IAM Identity
 * Center, because a `services` section sends them there.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */

/** No region: where a setting is missed, nobody is at the address that comes of it, and no token reaches AWS. */
export const SSO_REGION = 'us-daypass-1';

/** Seconds of a session below which the broker gives these clients none (they would ask anew for each call). */
const LEAST_SECONDS = 1200;

/** Clients name their cache by the session alone, so no two brokers may have one. `daypass-daypass.example.com` */
export function ssoSessionName(broker: string): string {
  return `daypass-${new URL(broker).host.replace(/[^A-Za-z0-9.-]/g, '-')}`;
}

export interface SsoProfileOptions {
  readonly broker: string;
  readonly region: string | undefined;
}

/** @throws Failure `local` when the broker names something that could add lines to the file */
export function ssoLines({ role, account }: RoleSummary, { broker, region }: SsoProfileOptions): string[] {
  if (!/^[a-z0-9-]+\/[A-Za-z0-9_+=,.@-]+$/.test(role) || !/^[0-9]{12}$/.test(account.id)) {
    throw new Failure('local', 'the broker names a role or an account as none can be named');
  }
  const name = ssoSessionName(broker);
  return [
    `sso_session = ${name}`,
    `sso_account_id = ${account.id}`,
    `sso_role_name = ${role.slice(role.indexOf('/') + 1)}`,
    `services = ${name}`,
    ...(region === undefined ? [] : [`region = ${region}`]),
  ];
}

/** What all profiles of a broker lead to. */
export function ssoSections(broker: string): Profile[] {
  const name = ssoSessionName(broker);
  const endpoint = `  endpoint_url = ${broker.replace(/\/+$/, '')}`;
  return [
    {
      kind: 'sso-session',
      name,
      lines: [
        `sso_start_url = https://${labelOf(name)}.awsapps.com/start`,
        `sso_region = ${SSO_REGION}`,
        'sso_registration_scopes = sso:account:access',
      ],
    },
    { kind: 'services', name, lines: ['sso =', endpoint, 'sso_oidc =', endpoint] },
  ];
}

/** The start URL has to look like AWS's own and is never asked: a label that says whose it is. */
function labelOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/-$/, '');
}

/** Why these clients cannot have a role that is open to the person; undefined when they can. */
export function whyNotBySso({ requires, maxDurationSeconds = 0 }: RoleSummary): string | undefined {
  if (requires.length > 0) return `needs --${requires.join(' and --')}`;
  if (maxDurationSeconds < LEAST_SECONDS) return `its sessions are shorter than ${LEAST_SECONDS / 60} minutes`;
  return undefined;
}
