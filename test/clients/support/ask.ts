import type { Finished } from './run.ts';

/** What a client answered when it was asked who it is. */
export interface Asked {
  readonly arn?: string;
  readonly accessKeyId?: string;
  readonly expiration?: string;
  readonly error?: string;
  readonly message?: string;
}

/** Of a program of `programs/` one answer a line; of `aws sts get-caller-identity` its document, or its error. */
export function asked({ stdout, stderr, code }: Finished): Asked[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (lines[0] === '{') return [{ arn: (JSON.parse(stdout) as { readonly Arn: string }).Arn }];
  if (lines.length > 0) return lines.map((line) => JSON.parse(line) as Asked);
  if (code === 0 || stderr === '') throw new Error(`it printed nothing, and ended with ${code}`);
  return [{ error: /^An error occurred \((\w+)\)/m.exec(stderr)?.[1] ?? 'failed', message: stderr.trim() }];
}

/** The SourceIdentity that a session's ARN ends in, behind the session id. */
export function nameOf(arn: string | undefined): string | undefined {
  return /:assumed-role\/Deploy\/[0-9A-Z]{26}-(.+)$/.exec(arn ?? '')?.[1];
}
