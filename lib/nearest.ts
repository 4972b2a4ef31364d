/**
 * The name among `names` that a person most likely meant, or undefined when none is close. Case does not count; the
 * beginning of a name is as close as one slip.
 */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  // Two slips in a short name, a third of a long one.
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const other = candidate.toLowerCase();
    const isBeginning = wanted.length > 1 && other.startsWith(wanted);
    const distance = isBeginning ? Math.min(1, other.length - wanted.length) : slips(wanted, other, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * How many letters have to be changed, added, left out or swapped with their neighbour (optimal string alignment),
 * or `limit` when that is not below it.
 */
function slips(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit || from.length > 200) return limit;
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const substituted = (last[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwap = row > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwap ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(substituted, swapped, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    beforeLast = last;
    last = current;
  }
  return Math.min(last[to.length] ?? limit, limit);
}
