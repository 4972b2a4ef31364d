/** `12,345`: the same on every machine, whatever its language. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 session`, `2,000 sessions`. */
export function countedWords(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** `2026-11-22 13:46` of an RFC 3339 time. */
export function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

export function dayOfTime(time: string): string {
  return time.slice(0, 10);
}

/** The last millisecond before an end that is exclusive, RFC 3339: what day a period ends on. */
export function lastInstantOf(until: string): string {
  return new Date(Date.parse(until) - 1).toISOString();
}

/** `1 h 30 min` of seconds. */
export function lengthOf(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours === 0) return `${rest} min`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** The least of 1, 2, 5, 10, 20 … that is not below: where an axis ends. */
export function roundUp(count: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [1, 2, 5]) if (step * power >= count) return step * power;
  }
}
