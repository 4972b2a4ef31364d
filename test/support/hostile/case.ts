import type { FaultCode } from '../../../lib/fault.ts';
import type { Issuer } from '../../../lib/identity/issuer.ts';
import { claims, makeToken } from '../tokens.ts';

/** A token that must not pass. It is validly signed unless its case is about that. */
export interface HostileToken {
  readonly name: string;
  readonly token: () => string | Promise<string>;
  readonly code: FaultCode;
  /** Changes to the first issuer. */
  readonly issuer?: Partial<Issuer>;
}

export interface Family {
  readonly title: string;
  readonly cases: readonly HostileToken[];
}

export function family(title: string, cases: readonly HostileToken[]): Family {
  return { title, cases };
}

/** Cases that differ in the payload only. */
export function payloads(
  code: FaultCode,
  table: Record<string, Record<string, unknown> | string>,
  issuer?: Partial<Issuer>,
): HostileToken[] {
  return Object.entries(table).map(([name, changes]) => ({
    name,
    code,
    token: () => makeToken({ payload: typeof changes === 'string' ? changes : claims(changes) }),
    ...(issuer && { issuer }),
  }));
}

/** Cases that differ in the header only. */
export function headers(code: FaultCode, table: Record<string, Record<string, unknown> | string>): HostileToken[] {
  return Object.entries(table).map(([name, header]) => ({ name, code, token: () => makeToken({ header }) }));
}

/** An acceptable token and its parts, to be spoilt. */
export const good = makeToken();
export const [goodHeader, goodPayload, goodSignature] = good.split('.') as [string, string, string];
