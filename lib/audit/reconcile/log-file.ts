/** Why a file is not a CloudTrail log file, or not all of one. */
export class LogFileError extends Error {
  override readonly name = 'LogFileError';
}

/** Characters. CloudTrail's own limit is 256 KB an event; what is far longer is none. */
const LONGEST_EVENT = 4 * 1_048_576;

type State = 'start' | 'member' | 'key' | 'colon' | 'value' | 'skip' | 'records' | 'event' | 'done';

/**
 * Cuts a CloudTrail log file, `{"Records":[{…},{…}]}`, into its events as the text comes in, so that no more than one
 * event is held. Only the structure is looked at: the events' own JSON is for whoever reads them.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
 */
export class LogFileReader {
  #state: State = 'start';
  /** What is begun and not ended: a key or an event. */
  #held = '';
  #key = '';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #hasRecords = false;

  /** The events that end in this text. @throws LogFileError */
  push(text: string): string[] {
    const events: string[] = [];
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const character = text[at] ?? '';
      switch (this.#state) {
        case 'event':
        case 'skip':
        case 'key':
          if (this.#inString) {
            at = this.#throughString(text, at);
            if (!this.#inString && this.#state === 'key') {
              this.#key = this.#held + text.slice(from, at);
              this.#held = '';
              this.#state = 'colon';
            }
          } else if (!STRUCTURE.has(character)) {
            // Numbers, words and white space: on to what matters.
            at = next(OUTSIDE, text, at) - 1;
          } else if (this.#ends(character)) {
            if (this.#state === 'event') {
              events.push(this.#held + text.slice(from, at + 1));
              this.#held = '';
              this.#state = 'records';
            } else {
              this.#state = character === '}' ? 'done' : 'member';
            }
          }
          break;
        default:
          if (WHITE_SPACE.has(character)) break;
          from = at + (this.#step(character) === 'key' ? 1 : 0);
      }
    }
    if (this.#state === 'event' || this.#state === 'key') this.#held += text.slice(from);
    if (this.#held.length > LONGEST_EVENT) throw new LogFileError('an event is larger than any that CloudTrail writes');
    return events;
  }

  /** @throws LogFileError when the file ended too early, or is none */
  end(): void {
    if (this.#state === 'start') throw new LogFileError('it is empty');
    if (this.#state !== 'done') throw new LogFileError('it ends in the middle');
    if (!this.#hasRecords) throw new LogFileError('it has no Records: it is not a CloudTrail log file');
  }

  /** A character between values. @returns what comes then */
  #step(character: string): State {
    const { transitions, expected } = BETWEEN[this.#state as keyof typeof BETWEEN];
    const next = this.#state === 'value' ? this.#valueState(character) : transitions[character];
    if (next === undefined) throw new LogFileError(`it is not a CloudTrail log file: ${expected} is expected`);
    this.#state = next;
    this.#inString = next === 'key' || (next === 'skip' && character === '"');
    this.#depth = next === 'event' || (next === 'skip' && OPENING.has(character)) ? 1 : 0;
    return next;
  }

  #valueState(character: string): State {
    if (this.#key !== 'Records') return 'skip';
    if (character !== '[') throw new LogFileError('its Records are no list');
    this.#hasRecords = true;
    return 'records';
  }

  /** Goes on in a string; where it ends, or the text does. */
  #throughString(text: string, start: number): number {
    for (let at = start; at < text.length; at += 1) {
      if (this.#escaped) {
        this.#escaped = false;
        continue;
      }
      at = next(INSIDE, text, at);
      if (text[at] === '\\') this.#escaped = true;
      else if (text[at] === '"') {
        this.#inString = false;
        return at;
      }
    }
    return text.length;
  }

  /** Whether a character outside of strings ends the value that is read. */
  #ends(character: string): boolean {
    if (character === '"') this.#inString = true;
    else if (OPENING.has(character)) this.#depth += 1;
    else if (CLOSING.has(character)) {
      // A value that is skipped and has no brackets ends with the object around it.
      if (this.#depth === 0) return character === '}';
      this.#depth -= 1;
      return this.#depth === 0 && this.#state === 'event';
    }
    return character === ',' && this.#depth === 0 && this.#state === 'skip';
  }
}

/** What matters within a string, and outside of strings (RFC 8259 §2 and §7). */
const INSIDE = /["\\]/g;
const OUTSIDE = /["{}[\],]/g;
const STRUCTURE: ReadonlySet<string> = new Set(['"', '{', '}', '[', ']', ',']);

/** The next place that matters, or the text's end. */
function next(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

const WHITE_SPACE: ReadonlySet<string> = new Set([' ', '\t', '\r', '\n', '\ufeff']);
const OPENING: ReadonlySet<string> = new Set(['{', '[']);
const CLOSING: ReadonlySet<string> = new Set(['}', ']']);

/** What may stand where no value is being read, and what comes then. */
const BETWEEN: Readonly<
  Record<
    Exclude<State, 'event' | 'skip' | 'key'>,
    { readonly transitions: Readonly<Record<string, State>>; readonly expected: string }
  >
> = {
  start: { transitions: { '{': 'member' }, expected: 'an object' },
  member: { transitions: { '"': 'key', ',': 'member', '}': 'done' }, expected: 'a member' },
  colon: { transitions: { ':': 'value' }, expected: 'a colon' },
  value: { transitions: {}, expected: 'a value' },
  records: { transitions: { '{': 'event', ',': 'records', ']': 'member' }, expected: 'an event' },
  done: { transitions: {}, expected: 'nothing more' },
};
