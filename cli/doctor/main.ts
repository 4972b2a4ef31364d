import { awsConfigCheck } from './aws-config.ts';
import { awsProgramCheck } from './aws-program.ts';
import { brokerCheck } from './broker.ts';
import { clockCheck } from './clock.ts';
import { configurationCheck } from './configuration.ts';
import { environmentCheck } from './environment.ts';
import { filesCheck } from './files.ts';
import { issuerChecks } from './issuers.ts';
import { policyCheck } from './policy.ts';
import { Report } from './report.ts';
import { runChecks } from './run-checks.ts';
import { signInCheck } from './sign-in.ts';
import type { Surroundings } from './surroundings.ts';

export { Report };

/** How many of these checks run at once; most wait for a network. */
const WIDTH = 6;

/** Everything that needs no AWS credentials. */
export async function examineSurroundings(surroundings: Surroundings, report: Report): Promise<void> {
  const checks = [
    policyCheck(surroundings),
    brokerCheck(surroundings),
    configurationCheck(surroundings),
    ...(await issuerChecks(surroundings)),
    signInCheck(surroundings),
    filesCheck(surroundings),
    awsConfigCheck(surroundings),
    awsProgramCheck(surroundings),
    environmentCheck(surroundings),
  ];
  const tell = report.tell.bind(report);
  await runChecks(checks, WIDTH, tell);
  // The servers have been asked by now.
  await runChecks([clockCheck(surroundings)], 1, tell);
}
