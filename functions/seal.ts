import { composeKeeper } from '../lib/compose.ts';

/** Milliseconds that one run may begin new steps in; the function's own timeout leaves time for the last. */
const RUN_MS = 40_000;

/** Every minute: brings new audit records into the ledger, signs it, closes sessions that were left open. */
export function sealFunction(keeper: ReturnType<typeof composeKeeper>) {
  return async (): Promise<{ readonly size: number; readonly added: number }> => {
    const { size, added } = await keeper.keep(RUN_MS);
    return { size, added };
  };
}

export const handler = sealFunction(composeKeeper(process.env));
