/** What oidc-provider keeps of a session, grant, code or token: plain data of its own shape. */
export interface Payload {
  readonly uid?: string;
  readonly userCode?: string;
  readonly grantId?: string;
  readonly consumed?: number;
  readonly [member: string]: unknown;
}

interface Stored {
  readonly payload: Payload;
  /** Epoch milliseconds; undefined for what does not expire. */
  readonly expiresAt: number | undefined;
}

/** When the store gets larger than this, what has expired is swept out. */
const SWEEP_SIZE = 10_000;

/**
 * The provider's storage port, in memory: a restart of the stack signs everyone out. One store per provider; the
 * function that is returned is what oidc-provider calls for each of its models.
 *
 * @see https://github.com/panva/node-oidc-provider/blob/main/example/my_adapter.js
 */
export function memoryAdapter(): (model: string) => object {
  const store = new Map<string, Stored>();

  const read = (key: string): Payload | undefined => {
    const stored = store.get(key);
    if (stored === undefined) return undefined;
    if (stored.expiresAt === undefined || stored.expiresAt > Date.now()) return stored.payload;
    store.delete(key);
    return undefined;
  };
  const sweep = (): void => {
    if (store.size > SWEEP_SIZE) for (const key of [...store.keys()]) read(key);
  };

  return (model) => {
    const prefix = `${model} `;
    const findBy = (member: 'uid' | 'userCode', value: string): Payload | undefined => {
      for (const [key, { payload }] of store) {
        if (key.startsWith(prefix) && payload[member] === value) return read(key);
      }
      return undefined;
    };
    return {
      async upsert(id: string, payload: Payload, expiresIn: number | undefined): Promise<void> {
        sweep();
        const expiresAt = expiresIn === undefined ? undefined : Date.now() + expiresIn * 1000;
        store.set(prefix + id, { payload, expiresAt });
      },
      async find(id: string): Promise<Payload | undefined> {
        return read(prefix + id);
      },
      async findByUid(uid: string): Promise<Payload | undefined> {
        return findBy('uid', uid);
      },
      async findByUserCode(userCode: string): Promise<Payload | undefined> {
        return findBy('userCode', userCode);
      },
      async consume(id: string): Promise<void> {
        const stored = store.get(prefix + id);
        if (stored === undefined) return;
        const consumed = Math.floor(Date.now() / 1000);
        store.set(prefix + id, { ...stored, payload: { ...stored.payload, consumed } });
      },
      async destroy(id: string): Promise<void> {
        store.delete(prefix + id);
      },
      async revokeByGrantId(grantId: string): Promise<void> {
        for (const [key, { payload }] of [...store]) {
          if (key.startsWith(prefix) && payload.grantId === grantId) store.delete(key);
        }
      },
    };
  };
}
