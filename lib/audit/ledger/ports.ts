import type { NoteSignature, VerificationKey } from '../tree/note.ts';

/** What the sealer needs of the outside. Each port has one contract suite, which its adapters share. */

/**
 * The published ledger: files by path, as C2SP tlog-tiles lays them out. Everything but `checkpoint` is written once;
 * who writes it again writes the same bytes.
 */
export interface LedgerFiles {
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Resolves once the file is durable.
   *
   * @returns false when there is one of this name already; it is left as it is
   */
  write(path: string, bytes: Uint8Array): Promise<boolean>;
  /**
   * Puts `bytes` in the place of exactly the content that `previous` is of (undefined: of no file).
   *
   * @returns false when something else is there by now; nothing was changed then
   */
  replace(path: string, bytes: Uint8Array, previous: string | undefined): Promise<boolean>;
  /** A file and the name of this very content, for `replace`. */
  readVersion(path: string): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined>;
}

/** Where a record lies: its session and phase. */
export interface RecordKey {
  readonly sessionId: string;
  readonly phase: 'intent' | 'outcome';
}

/** A record that is durable and not yet in the tree. */
export interface UnsealedRecord extends RecordKey {
  /** Its canonical bytes as they are stored, and as they are hashed. */
  readonly record: string;
}

export interface Unsealed {
  readonly records: readonly UnsealedRecord[];
  /** Whether more may be waiting. */
  readonly more: boolean;
  /** Epoch ms: when the session of the record that has waited longest began; undefined when none waits. */
  readonly oldest: number | undefined;
}

export interface RecordSource {
  /**
   * At most `limit` records that no committed tree holds, read consistently, in the order of their time. Records made
   * after `before` (epoch ms) are left for later, so that those of one moment come in order.
   */
  unsealed(before: number, limit: number): Promise<Unsealed>;
  /** The records of these keys, in this order, read consistently. Throws when one is not there. */
  read(keys: readonly RecordKey[]): Promise<UnsealedRecord[]>;
  /** Notes that leaf `first + n` is record n. Doing it again is no error. */
  markSealed(keys: readonly RecordKey[], first: number): Promise<void>;
}

/**
 * Where the tree has grown to. The one place that decides it: a tree that is not the head's is nobody's tree.
 */
export interface Head {
  /** Leaves that are committed: which record is which leaf will never change. */
  readonly size: number;
  /** Root hash of the `size` leaves, hex. */
  readonly root: string;
  /** Leaves that are in the published files; the rest is `batch`. */
  readonly published: number;
  /** Hashes of the complete subtrees of the `published` leaves, left to right, hex. */
  readonly frontier: readonly string[];
  /** The records that are leaves `published` to `size − 1`. */
  readonly batch: readonly RecordKey[];
}

export interface HeadStore {
  /** Strongly consistent; undefined before the first record was sealed. */
  read(): Promise<Head | undefined>;
  /**
   * Puts `next` in the place of `previous`, atomically.
   *
   * @returns false when the head is not `previous` any more; nothing was changed then
   */
  advance(previous: Head | undefined, next: Head): Promise<boolean>;
}

export interface CheckpointSigner {
  readonly key: VerificationKey;
  sign(text: string): Promise<NoteSignature>;
}
