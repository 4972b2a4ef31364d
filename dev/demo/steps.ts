import type { Step } from './context.ts';
import { auditorReadsTrail, devMayNotReadTrail, stsWasAskedOnce } from './step/audit.ts';
import { consoleShowsWho } from './step/console.ts';
import { devIsKeptFromOthers, devReadsOwnTeam, sreReadsOwnTeam } from './step/data.ts';
import { devWantsAdmin, outsiderGetsNothing, sreGivesReason, sreWithoutReason, tamperedToken } from './step/limits.ts';
import { credentials, durationShortened, roles, signIn, stsSaysWho, whoami } from './step/session.ts';

/** The demo, in order. */
export const STEPS: readonly Step[] = [
  signIn,
  whoami,
  roles,
  credentials,
  stsSaysWho,
  durationShortened,
  consoleShowsWho,
  sreWithoutReason,
  sreGivesReason,
  devWantsAdmin,
  outsiderGetsNothing,
  tamperedToken,
  devReadsOwnTeam,
  devIsKeptFromOthers,
  sreReadsOwnTeam,
  devMayNotReadTrail,
  auditorReadsTrail,
  stsWasAskedOnce,
];
