import type { CredentialsAnswer } from '../../lib/http/contract.ts';

/** Hands out credentials for a role; whoever asks while others wait for the same gets the same. */
export type Supply = (role: string) => Promise<CredentialsAnswer>;

export function shared(obtain: Supply): Supply {
  const waiting = new Map<string, Promise<CredentialsAnswer>>();
  return (role) => {
    const known = waiting.get(role);
    if (known !== undefined) return known;
    const asked = obtain(role).finally(() => waiting.delete(role));
    waiting.set(role, asked);
    return asked;
  };
}
