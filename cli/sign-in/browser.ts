import { spawn } from 'node:child_process';

/**
 * Asks the desktop to open the address. No shell is involved. @returns false when there is nothing to ask;
 * the caller has printed the address anyway.
 */
export function openBrowser(url: URL): Promise<boolean> {
  const [program, ...args] = opener();
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
