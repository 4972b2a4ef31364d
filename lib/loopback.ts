/**
 * Whether a host, as `URL.hostname` spells it, is this machine: 127.0.0.0/8 or ::1. Numbers only: what `localhost`
 * means is up to a resolver.
 */
export function isLoopback(hostname: string): boolean {
  return hostname === '[::1]' || /^127(\.[0-9]{1,3}){3}$/.test(hostname);
}
