/** The classes of OCSF 1.5.0 that records become, with the activities that are used. */

export interface Activity {
  readonly id: number;
  readonly name: string;
}

export interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: { readonly uid: number; readonly name: string };
}

const IDENTITY = { uid: 3, name: 'Identity & Access Management' } as const;
const APPLICATION = { uid: 6, name: 'Application Activity' } as const;

/** @see https://schema.ocsf.io/1.5.0/classes/authentication */
export const AUTHENTICATION = {
  uid: 3002,
  name: 'Authentication',
  category: IDENTITY,
  activities: { logon: { id: 1, name: 'Logon' }, logoff: { id: 2, name: 'Logoff' } },
} as const;

/** @see https://schema.ocsf.io/1.5.0/classes/authorize_session */
export const AUTHORIZE_SESSION = {
  uid: 3003,
  name: 'Authorize Session',
  category: IDENTITY,
  activities: { assignPrivileges: { id: 1, name: 'Assign Privileges' } },
} as const;

/** @see https://schema.ocsf.io/1.5.0/classes/api_activity */
export const API_ACTIVITY = {
  uid: 6003,
  name: 'API Activity',
  category: APPLICATION,
  activities: { create: { id: 1, name: 'Create' }, read: { id: 2, name: 'Read' }, update: { id: 3, name: 'Update' } },
} as const;
