/** What the command takes from the IAM engine, as one file of the bundle that is loaded where it is needed. */
export { lintDocument } from '../lib/iam/lint/lint-document.ts';
export { lintJson, lintText } from '../lib/iam/lint/lint-text.ts';
export { simulate } from '../lib/iam/simulation.ts';
