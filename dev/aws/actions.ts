import type { CredentialStore, Principal } from './credentials.ts';
import type { Parameters, Xml } from './query-protocol.ts';
import type { RoleStore } from './roles.ts';

/** Everything the stand-in remembers. */
export interface AwsState {
  readonly roles: RoleStore;
  readonly credentials: CredentialStore;
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
