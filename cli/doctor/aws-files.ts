/** A section of an AWS config or credentials file. */
export interface Section {
  /** The profile's name. */
  readonly profile: string;
  /** By setting's name in lower case. */
  readonly settings: ReadonlyMap<string, string>;
}

/**
 * The profiles of a shared AWS file, read as loosely as AWS clients do. Indented lines (nested settings) and sections of
 * other kinds are left out.
 *
 * @param kind in the config file `[profile name]` and `[default]` are profiles, in the credentials file every section
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function profilesIn(content: string, kind: 'config' | 'credentials'): Section[] {
  const sections: { profile: string; settings: Map<string, string> }[] = [];
  let current: Map<string, string> | undefined;
  for (const line of content.split(/\r?\n/)) {
    const heading = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    if (heading !== undefined) {
      const profile = profileOf(heading, kind);
      current = profile === undefined ? undefined : new Map();
      if (profile !== undefined && current !== undefined) sections.push({ profile, settings: current });
      continue;
    }
    const equals = line.indexOf('=');
    if (current === undefined || equals < 1 || /^[\s#;]/.test(line)) continue;
    current.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
  }
  return sections;
}

function profileOf(heading: string, kind: 'config' | 'credentials'): string | undefined {
  if (kind === 'credentials' || heading === 'default') return heading;
  return /^profile\s+(.+)$/.exec(heading)?.[1]?.replace(/^(["'])(.*)\1$/, '$2');
}

/** The words of a `credential_process` line: plain ones and ones in double quotes, as `daypass configure` writes them. */
export function processWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
