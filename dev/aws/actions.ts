import { CredentialStore, type Principal } from './credentials.ts';
import type { Parameters, Xml } from './query-protocol.ts';
import { BucketStore } from './s3/buckets.ts';
import { GroupStore } from './store/groups.ts';
import { ManagedPolicyStore } from './store/managed-policies.ts';
import { MfaDeviceStore } from './store/mfa-devices.ts';
import { OrganizationStore } from './store/organization.ts';
import { RoleStore } from './store/roles.ts';
import { UserStore } from './store/users.ts';

/** Everything the stand-in remembers, of all its accounts. An account is there as soon as something is in it. */
export interface AwsState {
  readonly users: UserStore;
  readonly groups: GroupStore;
  readonly roles: RoleStore;
  readonly policies: ManagedPolicyStore;
  readonly mfaDevices: MfaDeviceStore;
  readonly organizations: OrganizationStore;
  readonly credentials: CredentialStore;
  readonly buckets: BucketStore;
}

export function newState(): AwsState {
  return {
    users: new UserStore(),
    groups: new GroupStore(),
    roles: new RoleStore(),
    policies: new ManagedPolicyStore(),
    mfaDevices: new MfaDeviceStore(),
    organizations: new OrganizationStore(),
    credentials: new CredentialStore(),
    buckets: new BucketStore(),
  };
}

/** One call whose signature has been verified. */
export interface ActionCall {
  readonly parameters: Parameters;
  readonly principal: Principal;
  readonly state: AwsState;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Answers a call with the content of `<ActionResult>` (undefined where there is none), or throws an `AwsError`. */
export type Handler = (call: ActionCall) => Xml | undefined;
