import { auditQuery } from './command/audit-query.ts';
import { auditReport } from './command/audit-report.ts';
import { auditTail } from './command/audit-tail.ts';
import { auditWho } from './command/audit-who.ts';
import { check } from './command/check.ts';
import { completionCommand } from './command/completion.ts';
import { configure } from './command/configure.ts';
import { credentials } from './command/credentials.ts';
import { env } from './command/env.ts';
import { exec } from './command/exec.ts';
import { login } from './command/login.ts';
import { logout } from './command/logout.ts';
import { roles } from './command/roles.ts';
import { simulate } from './command/simulate.ts';
import { whoami } from './command/whoami.ts';
import type { Command } from './command.ts';

const AUDIT = [auditQuery, auditTail, auditWho, auditReport] as const;
const OTHERS = [login, logout, whoami, roles, credentials, exec, env, configure, check, simulate, ...AUDIT] as const;

/** Every command, in the order of the help text. */
export const COMMANDS: readonly Command[] = [...OTHERS, completionCommand(OTHERS)];
