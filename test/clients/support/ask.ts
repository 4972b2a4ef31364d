import type { Finished } from './run.ts';

/** What a program of `programs/` printed, one answer a line. */
export interface Asked {
  readonly arn?: string;
  readonly accessKeyId?: string;
  readonly expiration?: string;
  readonly error?: string;
  readonly message?: string;
}

export function asked({ stdout, stderr }: Finished): Asked[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (lines.length === 0) throw new Error(`it printed nothing:\n${stderr}`);
  return lines.map((line) => JSON.parse(line) as Asked);
}

/** The SourceIdentity that a session's ARN ends in, behind the session id. */
export function nameOf(arn: string | undefined): string | undefined {
  return /:assumed-role\/Deploy\/[0-9A-Z]{26}-(.+)$/.exec(arn ?? '')?.[1];
}
