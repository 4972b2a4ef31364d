import { auditExport } from './command/audit-export.ts';
import { auditProof } from './command/audit-proof.ts';
import { auditQuery } from './command/audit-query.ts';
import { auditReconcile } from './command/audit-reconcile.ts';
import { auditReport } from './command/audit-report.ts';
import { auditTail } from './command/audit-tail.ts';
import { auditVerify } from './command/audit-verify.ts';
import { auditWho } from './command/audit-who.ts';
import { check } from './command/check.ts';
import { completionCommand } from './command/completion.ts';
import { configure } from './command/configure.ts';
import { consoleCommand } from './command/console.ts';
import { credentials } from './command/credentials.ts';
import { diff } from './command/diff.ts';
import { doctor } from './command/doctor.ts';
import { env } from './command/env.ts';
import { exec } from './command/exec.ts';
import { explain } from './command/explain.ts';
import { login } from './command/login.ts';
import { logout } from './command/logout.ts';
import { policyLint } from './command/policy-lint.ts';
import { replayCommand } from './command/replay.ts';
import { roles } from './command/roles.ts';
import { rolesImport } from './command/roles-import.ts';
import { serve } from './command/serve.ts';
import { simulate } from './command/simulate.ts';
import { test } from './command/test.ts';
import { trustPolicy } from './command/trust-policy.ts';
import { whoCan } from './command/who-can.ts';
import { whoami } from './command/whoami.ts';
import type { Command } from './command.ts';

const OTHERS = [
  login,
  logout,
  whoami,
  roles,
  explain,
  credentials,
  consoleCommand,
  exec,
  env,
  serve,
  configure,
  check,
  test,
  whoCan,
  diff,
  replayCommand,
  policyLint,
  simulate,
  trustPolicy,
  doctor,
  rolesImport,
  auditQuery,
  auditTail,
  auditWho,
  auditReport,
  auditExport,
  auditReconcile,
  auditVerify,
  auditProof,
] as const;

/** Every command, in the order of the help text. */
export const COMMANDS: readonly Command[] = [...OTHERS, completionCommand(OTHERS)];
