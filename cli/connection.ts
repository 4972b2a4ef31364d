import { errorCode, Failure } from './failure.ts';

/** What `fetch` threw, in the system's word for it. */
export interface ConnectionProblem {
  /** `ECONNREFUSED`, `CERT_HAS_EXPIRED` and their like, or the error's name. */
  readonly code: string;
  readonly isTimeout: boolean;
  readonly isCertificate: boolean;
}

export function connectionProblem(thrown: unknown): ConnectionProblem {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const code = errorCode(cause) ?? (thrown instanceof Error ? thrown.name : 'unknown error');
  return {
    code,
    isTimeout: thrown instanceof Error && thrown.name === 'TimeoutError',
    isCertificate: /CERT|SIGNATURE|ALTNAME|SELF_SIGNED|LEAF/.test(code),
  };
}

export const CERTIFICATE_HINT =
  'the certificate does not verify; for a private certificate authority, set NODE_EXTRA_CA_CERTS to its PEM file';

/**
 * The answer's text.
 *
 * @param largest bytes
 * @throws Failure `unavailable` when there is more
 */
export async function readBounded(response: Response, largest: number, whose: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > largest) throw new Failure('unavailable', `${whose} answer is larger than ${largest / 1_048_576} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
