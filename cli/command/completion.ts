import { misuse } from '../arguments.ts';
import type { Command } from '../command.ts';
import { completionScript } from '../completion.ts';
import { EXIT } from '../failure.ts';
import { writeOut } from '../output.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** @param others every other command, which the scripts complete besides this one */
export function completionCommand(others: readonly Command[]): Command {
  const completion: Command = {
    name: 'completion',
    summary: 'print a completion script for your shell',
    usage: 'bash|zsh|fish',
    description: [
      'bash, in ~/.bashrc:                eval "$(daypass completion bash)"',
      'zsh, in ~/.zshrc after compinit:   source <(daypass completion zsh)',
      'fish, in config.fish:              daypass completion fish | source',
    ],
    options: {},
    positionals: { names: ['the shell (bash, zsh or fish)'], required: 1 },
    async run(input) {
      const shell = SHELLS.find((name) => name === input.positionals[0]);
      if (shell === undefined) throw misuse(completion, `there is a script for ${SHELLS.join(', ')}`);
      writeOut(completionScript(shell, [...others, completion]));
      return EXIT.ok;
    },
  };
  return completion;
}
