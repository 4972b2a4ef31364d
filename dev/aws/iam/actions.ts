import type { Handler } from '../actions.ts';
import { ACCESS_KEY_ACTIONS } from './access-keys.ts';
import { ACCOUNT_ACTIONS } from './account.ts';
import { BOUNDARY_ACTIONS } from './boundaries.ts';
import { ENTITY_POLICY_ACTIONS } from './entity-policies.ts';
import { GROUP_ACTIONS } from './groups.ts';
import { MANAGED_POLICY_ACTIONS } from './managed-policies.ts';
import { MFA_DEVICE_ACTIONS } from './mfa-devices.ts';
import { POLICY_VERSION_ACTIONS } from './policy-versions.ts';
import { ROLE_ACTIONS } from './roles.ts';
import { TAG_ACTIONS } from './tags.ts';
import { USER_ACTIONS } from './users.ts';

/** Identity and Access Management, API version 2010-05-08. */
export const IAM_ACTIONS: ReadonlyMap<string, Handler> = new Map([
  ...USER_ACTIONS,
  ...ACCESS_KEY_ACTIONS,
  ...MFA_DEVICE_ACTIONS,
  ...GROUP_ACTIONS,
  ...ROLE_ACTIONS,
  ...ENTITY_POLICY_ACTIONS,
  ...MANAGED_POLICY_ACTIONS,
  ...POLICY_VERSION_ACTIONS,
  ...BOUNDARY_ACTIONS,
  ...TAG_ACTIONS,
  ...ACCOUNT_ACTIONS,
]);
