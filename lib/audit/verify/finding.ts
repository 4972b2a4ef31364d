/** Something that is not as it must be in an untouched ledger, and where. */
export interface Finding {
  readonly code: FindingCode;
  /** The file it was found in, as the ledger names it. */
  readonly file?: string;
  /** The leaf, from 0. */
  readonly leaf?: number;
  readonly sessionId?: string;
  readonly message: string;
}

export type FindingCode =
  /** There is no checkpoint, or it is none. */
  | 'checkpoint_missing'
  | 'checkpoint_malformed'
  /** It is not signed with the key, or the signature is not right. */
  | 'checkpoint_not_signed'
  /** Fewer of the witnesses cosigned it than must. */
  | 'checkpoint_not_witnessed'
  /** It is of another log. */
  | 'checkpoint_origin'
  /** The tree is smaller than one that was seen before: records were cut off, or an old checkpoint was put back. */
  | 'rolled_back'
  /** The tree is not the continuation of one that was seen before: history was rewritten. */
  | 'forked'
  | 'file_missing'
  | 'file_malformed'
  /** A record is not the one that its leaf hash was made of. */
  | 'record_altered'
  /** A hash of a tile is not that of what lies below it. */
  | 'hash_altered'
  /** All files agree with each other, but not with what was signed. */
  | 'root_mismatch'
  | 'record_malformed'
  | 'record_not_canonical'
  | 'record_schema_unknown'
  | 'record_duplicate'
  | 'record_out_of_order'
  /** An outcome that says credentials left, without an intent before it. */
  | 'outcome_without_intent'
  /** An intent that nobody closed within the time that the reconciler has. */
  | 'intent_without_outcome';
