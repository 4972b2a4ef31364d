/** One measured ratio (or time), and what it should not exceed. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: '×' | 'µs' | 's' | 'KB';
  /** Null for a figure that is there for comparison only. */
  readonly target: number | null;
  readonly ok: boolean;
}

export function figure(name: string, value: number, unit: Figure['unit'], target: number | null): Figure {
  const rounded = Number(value.toPrecision(3));
  return { name, value: rounded, unit, target, ok: target === null || rounded <= target };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/**
 * The median of ratios measured in pairs, one right after the other, so that a machine whose speed drifts
 * drifts under both.
 */
export async function pairedRatio(
  pairs: number,
  ours: () => number | Promise<number>,
  floor: () => number | Promise<number>,
): Promise<number> {
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    // Each goes first every other time.
    if (pair % 2) {
      const below = await floor();
      ratios.push((await ours()) / below);
    } else {
      const above = await ours();
      ratios.push(above / (await floor()));
    }
  }
  return median(ratios);
}
