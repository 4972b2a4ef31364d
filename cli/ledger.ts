/** What the command takes from the ledger's offline verifier, as one file of the bundle that is loaded where it is needed. */
export { parseVerificationKey } from '../lib/audit/tree/note.ts';
export { proveSession } from '../lib/audit/verify/prove-session.ts';
export { verifyLedger } from '../lib/audit/verify/verify-ledger.ts';
export { verifyProof } from '../lib/audit/verify/verify-proof.ts';
