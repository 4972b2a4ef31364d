import { spawn } from 'node:child_process';

/**
 * Asks the desktop to open the address. No shell is involved. @returns false when there is nothing to ask;
 * the caller has printed the address anyway.
 *
 * @param browser a program and its arguments, instead of the desktop's own choice; `{url}` in them is where the address
 *   goes, else it is the last of them
 * @param failed hears when the program ended and said with an exit code that it could not
 */
export function openBrowser(
  url: URL,
  browser: readonly [string, ...string[]] = opener(),
  failed: (exitCode: number) => void = () => undefined,
): Promise<boolean> {
  const [program, ...args] = browser;
  const hasPlace = args.some((word) => word.includes(PLACE));
  const words = hasPlace ? args.map((word) => word.replaceAll(PLACE, () => url.href)) : [...args, url.href];
  return new Promise((resolve) => {
    const child = spawn(program, words, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('exit', (exitCode) => {
      if (exitCode !== null && exitCode !== 0) failed(exitCode);
    });
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

const PLACE = '{url}';

function opener(): [string, ...string[]] {
  if (process.platform === 'darwin') return ['open'];
  // Not `cmd /c start`: that would give the address's & to a shell.
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}
