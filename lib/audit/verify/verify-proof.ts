import type { Checkpoint } from '../tree/checkpoint.ts';
import { leafHash } from '../tree/merkle.ts';
import type { VerificationKey } from '../tree/note.ts';
import { verifyInclusion } from '../tree/proof.ts';
import { parseProofFile } from '../tree/proof-file.ts';
import type { Finding } from './finding.ts';
import { openCheckpoint, type Quorum, quorumProblem } from './verify-ledger.ts';

export type ProofVerdict =
  | { readonly valid: true; readonly record: Uint8Array; readonly index: number; readonly checkpoint: Checkpoint }
  | { readonly valid: false; readonly finding: Finding };

/** Checks a proof file with nothing but the log's key. */
export function verifyProof(text: string, key: VerificationKey, origin = key.name, quorum?: Quorum): ProofVerdict {
  let proof: ReturnType<typeof parseProofFile>;
  try {
    proof = parseProofFile(text);
  } catch (error) {
    return invalid({ code: 'file_malformed', message: error instanceof Error ? error.message : 'unreadable' });
  }
  const checkpoint = openCheckpoint(proof.checkpoint, key);
  if ('problem' in checkpoint) return invalid({ code: checkpoint.code, message: checkpoint.problem });
  if (checkpoint.origin !== origin) {
    return invalid({ code: 'checkpoint_origin', message: `it is of the log “${checkpoint.origin}”, not “${origin}”` });
  }
  const unwitnessed = quorumProblem(proof.checkpoint, quorum);
  if (unwitnessed !== undefined) return invalid({ code: 'checkpoint_not_witnessed', message: unwitnessed });
  const { record, index, hashes } = proof;
  if (!verifyInclusion(leafHash(record), index, checkpoint.size, hashes, checkpoint.root)) {
    return invalid({ code: 'root_mismatch', leaf: index, message: 'the record is not in the tree that was signed' });
  }
  return { valid: true, record, index, checkpoint };
}

function invalid(finding: Finding): ProofVerdict {
  return { valid: false, finding };
}
