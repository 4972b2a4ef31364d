/**
 * What the command takes from the broker's reading of access policies, as one file of the bundle: with its schemas
 * and its YAML reader it is far larger than the rest of the program, so it is loaded where it is needed.
 */
export { compilePolicy } from '../lib/access/compile.ts';
export { formatDiagnostic } from '../lib/access/diagnostic.ts';
export { TRUST_POLICY_QUOTA, trustPolicyFor } from '../lib/access/trust-policy.ts';
export { supposedCaller } from '../lib/identity/supposed-caller.ts';
