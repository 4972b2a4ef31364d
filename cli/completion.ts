import { type Command, namesOf, type OptionSpec } from './command.ts';

/** Completion scripts, made from the table of commands. They run nothing and read nothing. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', commands: readonly Command[]): string {
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : fish(commands);
}

/** What can follow `daypass`: a command, or the first word of some. */
function firstWords(commands: readonly Command[]): string[] {
  return [...new Set(commands.flatMap(namesOf).map((name) => name.split(' ')[0] ?? ''))];
}

/** First word → the second words of the commands whose name has two. */
function groupsOf(commands: readonly Command[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of commands.flatMap(namesOf)) {
    const [first = '', second] = name.split(' ');
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second]);
  }
  return groups;
}

/** Whether an option's value is a file or a folder. */
function isPath({ value = '' }: OptionSpec): boolean {
  return /^(FILE|DIR)\b/.test(value);
}

function optionsOf(command: Command): string[] {
  return [...Object.keys(command.options).map((name) => `--${name}`), '--help'];
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const choices = Object.entries(command.options).flatMap(([name, spec]) =>
      spec.choices === undefined ? [] : [`        --${name}) words='${spec.choices.join(' ')}' ;;`],
    );
    const files = Object.entries(command.options).flatMap(([name, spec]) => (isPath(spec) ? [`--${name}`] : []));
    const fileCase =
      files.length === 0 ? [] : [`        ${files.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;`];
    return [
      `    ${namesOf(command).map(quoted).join('|')})`,
      `      words='${optionsOf(command).join(' ')}'`,
      ...(choices.length + fileCase.length === 0
        ? []
        : ['      case "$previous" in', ...choices, ...fileCase, '      esac']),
      '      ;;',
    ].join('\n');
  });
  return `# bash completion for daypass: eval "$(daypass completion bash)"
_daypass() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words='' seconds=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${firstWords(commands).join(' ')} --help --version' -- "$current"))
    return
  fi
  local command="\${COMP_WORDS[1]}"
  case "$command" in
${secondWords(commands, (first, seconds) => `    ${first}) seconds='${seconds.join(' ')}' ;;`)}
  esac
  if [ "$COMP_CWORD" -gt 2 ] && [[ " $seconds " == *" \${COMP_WORDS[2]} "* ]]; then
    command="$command \${COMP_WORDS[2]}" seconds=''
  fi
  case "$command" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then words="$words $seconds"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _daypass daypass
`;
}

/** One line for each first word of two, for the body of a `case`. */
function secondWords(
  commands: readonly Command[],
  line: (first: string, seconds: readonly string[]) => string,
): string {
  return [...groupsOf(commands)].map(([first, seconds]) => line(first, seconds)).join('\n');
}

function quoted(name: string): string {
  return name.includes(' ') ? `'${name}'` : name;
}

/** Text within single quotes of zsh's \`_arguments\`, where \`[\`, \`]\` and \`:\` mean something. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:\\]/g, '\\$&');
}

function zsh(commands: readonly Command[]): string {
  const list = firstWords(commands).map((first) => {
    // A group is described by the command that has its name alone, else by its first one.
    const inGroup = commands.filter((command) => namesOf(command).some((name) => name.split(' ')[0] === first));
    const own = inGroup.find((command) => namesOf(command).includes(first)) ?? inGroup[0];
    return `    '${first}:${zshText(own?.summary ?? '')}'`;
  });
  const cases = commands.map((command) => {
    const specs = Object.entries(command.options).map(([name, spec]) => {
      const value = spec.choices === undefined ? (isPath(spec) ? '_files' : ' ') : `(${spec.choices.join(' ')})`;
      return `        '--${name}[${zshText(spec.help)}]${spec.value === undefined ? '' : `:${spec.value}:${value}`}' \\`;
    });
    const word = command.positionals.names[0] === 'FILE' ? "'*:file:_files'" : "'*: :'";
    return [
      `      ${namesOf(command).map(quoted).join('|')})`,
      '      _arguments \\',
      ...specs,
      `        '--help[show help]' ${word} ;;`,
    ].join('\n');
  });
  return `#compdef daypass
# zsh completion for daypass: source <(daypass completion zsh)
_daypass() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  local -a seconds
  case $command in
${secondWords(commands, (first, seconds) => `    ${first}) seconds=(${seconds.join(' ')}) ;;`)}
  esac
  if (( CURRENT == 3 && $#seconds )); then compadd -a seconds; fi
  shift words
  (( CURRENT-- ))
  if (( CURRENT > 2 && $seconds[(Ie)$words[2]] )); then
    command="$command $words[2]"
    shift words
    (( CURRENT-- ))
  fi
  case $command in
${cases.join('\n')}
  esac
}
compdef _daypass daypass
`;
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function fish(commands: readonly Command[]): string {
  const all = firstWords(commands).join(' ');
  const groups = groupsOf(commands);
  const lines = commands.flatMap((command) => {
    const when = `'${namesOf(command).map(seen).join('; or ')}'`;
    return [
      ...namesOf(command).map((name) => {
        const [first = '', second] = name.split(' ');
        const seconds = groups.get(first)?.join(' ');
        return second === undefined
          ? `complete -c daypass -n 'not __fish_seen_subcommand_from ${all}' -a ${first} -d ${fishText(command.summary)}`
          : `complete -c daypass -n '${seen(first)}; and not __fish_seen_subcommand_from ${seconds}' -a ${second} -d ${fishText(command.summary)}`;
      }),
      ...Object.entries(command.options).map(([name, spec]) => {
        const choices = spec.choices === undefined ? '' : ` -a '${spec.choices.join(' ')}'`;
        const value = spec.value === undefined ? '' : isPath(spec) ? ' -r -F' : ` -x${choices}`;
        return `complete -c daypass -n ${when} -l ${name}${value} -d ${fishText(spec.help)}`;
      }),
      ...(command.positionals.names[0] === 'FILE' ? [`complete -c daypass -n ${when} -F`] : []),
    ];
  });
  return [
    '# fish completion for daypass: daypass completion fish | source',
    'complete -c daypass -f',
    ...[...groups.keys()]
      .filter((first) => !commands.some((command) => namesOf(command).includes(first)))
      .map((first) => `complete -c daypass -n 'not __fish_seen_subcommand_from ${all}' -a ${first}`),
    ...lines,
    '',
  ].join('\n');
}

/** fish's condition for a command having been typed. */
function seen(name: string): string {
  return name
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
}
