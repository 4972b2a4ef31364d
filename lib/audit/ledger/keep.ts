import { Fault } from '../../fault.ts';
import { type ReconcilerParts, reconcile } from './reconcile.ts';
import { type Sealed, type SealerParts, seal } from './seal.ts';

export interface KeeperParts {
  readonly sealer: SealerParts;
  readonly reconciler: ReconcilerParts;
  readonly sealed: (step: Sealed) => void;
  readonly unsealed: (fault: Fault) => void;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * What keeps the ledger going, to be run every minute or so: closes sessions that were left open, then seals whatever
 * waits, step by step, until nothing does or the time is up.
 *
 * @param until epoch milliseconds after which no further step is begun
 * @throws Fault after telling it: a run that failed must show as failed
 */
export async function keepLedger(parts: KeeperParts, until: number): Promise<Sealed> {
  try {
    await reconcile(parts.reconciler);
    for (;;) {
      const step = await seal(parts.sealer);
      parts.sealed(step);
      if (!step.more || parts.clock() >= until) return step;
    }
  } catch (error) {
    const fault = Fault.from(error);
    parts.unsealed(fault);
    throw fault;
  }
}
