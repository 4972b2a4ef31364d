/** What the command takes from the IAM engine, as one file of the bundle that is loaded where it is needed. */
export { simulate } from '../lib/iam/simulation.ts';
