/** What does not fit together. Stable words: scripts and alarms go by them. */
export type FindingKind =
  /** The broker's role took a role under a name that is not one of Daypass's, or of another time. */
  | 'foreign_session'
  /** A session of Daypass's name, and no record of it. */
  | 'record_missing'
  /** A record says `issued`, and CloudTrail does not know of it. */
  | 'event_missing'
  /** Record and event are of one session and say different things. */
  | 'event_differs'
  /** STS gave credentials more than once under one session's name. */
  | 'second_session'
  /** Somebody else than the broker asked for the session. */
  | 'foreign_caller'
  /** The record says that nothing was issued, or that nobody knows; CloudTrail says that it was. */
  | 'issued_after_all'
  /** The record says that STS was not asked; CloudTrail says that it was. */
  | 'asked_after_all'
  /** Nobody knows whether credentials were issued, and CloudTrail's files say nothing of that time. */
  | 'unsettled'
  /** Two records of one session that contradict each other. */
  | 'records_differ'
  /** Who asked cannot be told: the broker's unique id is not known. */
  | 'caller_unknown'
  /** A file is no CloudTrail log file, or not all of one. */
  | 'file_unreadable'
  /** A record is none. */
  | 'record_unreadable';

/** A session whose credentials somebody holds who should not, or of whom nobody knows. */
export interface Revocable {
  readonly roleArn?: string | undefined;
  readonly roleSessionName?: string | undefined;
  readonly accessKeyId?: string | undefined;
  /** RFC 3339: until when the credentials work; absent where neither side says. */
  readonly until?: string | undefined;
}

export interface Finding {
  readonly kind: FindingKind;
  /** A sentence for people. */
  readonly message: string;
  /** RFC 3339: when it happened. */
  readonly time?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly eventId?: string | undefined;
  /** The file with the event, or the one that cannot be read. */
  readonly source?: string | undefined;
  /** What to revoke, while it still works. */
  readonly revoke?: Revocable | undefined;
}
