/**
 * What the command takes from the broker's reading of access policies, as one file of the bundle: with its schemas
 * and its YAML reader it is far larger than the rest of the program, so it is loaded where it is needed.
 */
export { compilePolicy } from '../lib/access/compile.ts';
export { decide } from '../lib/access/decide.ts';
export { formatDiagnostic } from '../lib/access/diagnostic.ts';
export { explainDecision } from '../lib/access/explain.ts';
export { explainGrants } from '../lib/access/explain-detail.ts';
export { parsePolicyText } from '../lib/access/parse.ts';
export { indexPolicy } from '../lib/access/policy-index.ts';
export { accessChanges, unknownClaims } from '../lib/access/review/access-changes.ts';
export { byTarget, overall } from '../lib/access/review/change.ts';
export { isGateClosed } from '../lib/access/review/gate.ts';
export { Past } from '../lib/access/review/past.ts';
export { policyChanges } from '../lib/access/review/policy-changes.ts';
export { reachesOf } from '../lib/access/review/reach.ts';
export { replay } from '../lib/access/review/replay.ts';
export { standingsOf } from '../lib/access/review/standings.ts';
export { rolesFor } from '../lib/access/standing.ts';
export { coverageOf } from '../lib/access/testing/coverage.ts';
export { planChecks } from '../lib/access/testing/plan.ts';
export { readPolicyTests } from '../lib/access/testing/read.ts';
export { runCheck } from '../lib/access/testing/run.ts';
export { TRUST_POLICY_QUOTA, trustPolicyFor } from '../lib/access/trust-policy.ts';
export { parseIpAddress } from '../lib/iam/ip.ts';
export { supposedCaller } from '../lib/identity/supposed-caller.ts';
export { unverifiedClaims } from '../lib/identity/token-claims.ts';
