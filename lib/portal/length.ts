/** A length of time as people say it: `1 hour`, `90 minutes`, `45 seconds`. */
export function lengthInWords(seconds: number): string {
  if (seconds < 60) return counted(Math.round(seconds), 'second');
  const minutes = Math.round(seconds / 60);
  return minutes % 60 === 0 ? counted(minutes / 60, 'hour') : counted(minutes, 'minute');
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `2026-11-25 14:05 UTC`. */
export function timeInWords(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
