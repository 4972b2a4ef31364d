/** A file that another command takes. */
export interface OtherFile {
  /** `an IAM policy document`. */
  readonly what: string;
  /** What to do with it. */
  readonly hint: string;
}

type Kind = 'access policy' | 'policy document' | 'policy tests' | 'requests to simulate';

/** What a file is by the members that its kind alone has; JSON and YAML alike. */
const MARKS: Readonly<Record<Kind, readonly RegExp[]>> = {
  'access policy': [/^\s*\{?\s*"?issuers"?\s*:/m, /^\s*"?grants"?\s*:/m],
  'policy tests': [/^\s*\{?\s*"?cases"?\s*:/m, /^\s*"?policy"?\s*:/m],
  'requests to simulate': [/"request"\s*:/, /"action"\s*:/],
  'policy document': [/^\s*\{?\s*(?:"Version"\s*:\s*"[\d-]+"\s*,\s*)?"?Statement"?\s*:/m],
};

const TOLD: Readonly<Record<Kind, (file: string) => OtherFile>> = {
  'access policy': (file) => ({ what: 'an access policy', hint: `\`daypass check ${file}\` looks at it` }),
  'policy tests': (file) => ({ what: 'tests of an access policy', hint: `\`daypass test ${file}\` runs them` }),
  'requests to simulate': (file) => ({
    what: 'requests for the simulation',
    hint: `\`daypass simulate ${file}\` decides them`,
  }),
  'policy document': (file) => ({
    what: 'an IAM policy document',
    hint: `\`daypass policy lint ${file}\` looks at it`,
  }),
};

/**
 * What a text is where it is not what the command takes; undefined when it is that, or nothing that is known here.
 * Told apart before anything is parsed, so that somebody who named the wrong file hears that and not what is wrong
 * with every line of it.
 *
 * @param file as it was named
 */
export function otherFile(text: string, file: string, wanted: Kind): OtherFile | undefined {
  const kinds = Object.keys(MARKS) as Kind[];
  const kind = kinds.find((one) => MARKS[one].every((mark) => mark.test(text)));
  return kind === undefined || kind === wanted ? undefined : TOLD[kind](file);
}
