const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `45m`, `1h`, `7d`, `3600s` or `3600`; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]{1,7})([smhd]?)$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (UNIT_SECONDS[match[2] ?? ''] ?? 1);
}

/** `59 min`, `2 h 5 min`, `40 s`: for people. */
export function spokenDuration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}
