import { spawn } from 'node:child_process';

/**
 * Asks the desktop to open the address. No shell is involved. @returns false when there is nothing to ask;
 * the caller has printed the address anyway.
 *
 * @param browser a program and its arguments, instead of the desktop's own choice
 */
export function openBrowser(url: URL, browser: readonly [string, ...string[]] = opener()): Promise<boolean> {
  const [program, ...args] = browser;
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url.href], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

function opener(): [string, ...string[]] {
  if (process.platform === 'darwin') return ['open'];
  // Not `cmd /c start`: that would give the address's & to a shell.
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}
