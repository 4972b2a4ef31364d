/** The value of a key, made on first sight. */
export function valueAt<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}

/** Keeps the latest time of each key. */
export function keepLatest(times: Map<string, number>, key: string, time: number): void {
  times.set(key, Math.max(times.get(key) ?? Number.NEGATIVE_INFINITY, time));
}

/** One key of several texts, which no other texts have. */
export function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** RFC 3339 with milliseconds, UTC. */
export function instantOf(time: number): string {
  return new Date(time).toISOString();
}
