/** ASCII only: Unicode folding makes the Kelvin sign a `k`, and two different people one. */
export function foldCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;
}
