import { readFile } from 'node:fs/promises';
import type { FaultCode } from '../../lib/fault.ts';

/** Every code there is, read from the type: what is a union only leaves nothing behind to list at run time. */
export async function faultCodes(): Promise<FaultCode[]> {
  const source = await readFile(new URL('../../lib/fault.ts', import.meta.url), 'utf8');
  const union = source.slice(0, source.indexOf('export interface'));
  return [...union.matchAll(/'([a-z_]+)'/g)].map(([, code]) => code as FaultCode);
}
