import type { Command } from './command.ts';

/** Completion scripts, made from the table of commands. They run nothing and read nothing. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', commands: readonly Command[]): string {
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : fish(commands);
}

function namesOf(command: Command): readonly string[] {
  return [command.name, ...(command.aliases ?? [])];
}

function optionsOf(command: Command): string[] {
  return [...Object.keys(command.options).map((name) => `--${name}`), '--help'];
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const choices = Object.entries(command.options).flatMap(([name, spec]) =>
      spec.choices === undefined ? [] : [`        --${name}) words='${spec.choices.join(' ')}' ;;`],
    );
    const files = Object.entries(command.options).flatMap(([name, spec]) =>
      spec.value === 'FILE' ? [`--${name}`] : [],
    );
    const fileCase =
      files.length === 0 ? [] : [`        ${files.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;`];
    return [
      `    ${namesOf(command).join('|')})`,
      `      words='${optionsOf(command).join(' ')}'`,
      ...(choices.length + fileCase.length === 0
        ? []
        : ['      case "$previous" in', ...choices, ...fileCase, '      esac']),
      '      ;;',
    ].join('\n');
  });
  return `# bash completion for daypass: eval "$(daypass completion bash)"
_daypass() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands.flatMap(namesOf).join(' ')} --help --version' -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _daypass daypass
`;
}

/** Text within single quotes of zsh's \`_arguments\`, where \`[\`, \`]\` and \`:\` mean something. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:\\]/g, '\\$&');
}

function zsh(commands: readonly Command[]): string {
  const list = commands.flatMap((command) =>
    namesOf(command).map((name) => `    '${name}:${zshText(command.summary)}'`),
  );
  const cases = commands.map((command) => {
    const specs = Object.entries(command.options).map(([name, spec]) => {
      const value =
        spec.choices === undefined ? (spec.value === 'FILE' ? '_files' : ' ') : `(${spec.choices.join(' ')})`;
      return `        '--${name}[${zshText(spec.help)}]${spec.value === undefined ? '' : `:${spec.value}:${value}`}' \\`;
    });
    const word = command.positionals.names[0] === 'FILE' ? "'*:file:_files'" : "'*: :'";
    return [
      `      ${namesOf(command).join('|')})`,
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
  shift words
  (( CURRENT-- ))
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
  const all = commands.flatMap(namesOf).join(' ');
  const lines = commands.flatMap((command) => {
    const when = `'__fish_seen_subcommand_from ${namesOf(command).join(' ')}'`;
    return [
      ...namesOf(command).map(
        (name) =>
          `complete -c daypass -n 'not __fish_seen_subcommand_from ${all}' -a ${name} -d ${fishText(command.summary)}`,
      ),
      ...Object.entries(command.options).map(([name, spec]) => {
        const choices = spec.choices === undefined ? '' : ` -a '${spec.choices.join(' ')}'`;
        const value = spec.value === undefined ? '' : spec.value === 'FILE' ? ' -r -F' : ` -x${choices}`;
        return `complete -c daypass -n ${when} -l ${name}${value} -d ${fishText(spec.help)}`;
      }),
      ...(command.positionals.names[0] === 'FILE' ? [`complete -c daypass -n ${when} -F`] : []),
    ];
  });
  return [
    '# fish completion for daypass: daypass completion fish | source',
    'complete -c daypass -f',
    ...lines,
    '',
  ].join('\n');
}
