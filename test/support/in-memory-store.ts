import type { ExportStore } from '../../lib/audit/export/ports.ts';

/** Exported objects in memory. */
export interface InMemoryStore extends ExportStore {
  readonly objects: Map<string, Buffer>;
  /** Names of objects that were begun and left. */
  readonly abandoned: string[];
  /** Which write of an object fails, counted from 0. */
  failAtWrite: number | undefined;
}

export function inMemoryStore(): InMemoryStore {
  const store: InMemoryStore = {
    objects: new Map(),
    abandoned: [],
    failAtWrite: undefined,
    begin(name) {
      const chunks: Uint8Array[] = [];
      return {
        async write(bytes) {
          if (chunks.length === store.failAtWrite) throw new Error('the disk is full');
          chunks.push(bytes);
        },
        async end() {
          store.objects.set(name, Buffer.concat(chunks));
        },
        async abandon() {
          store.abandoned.push(name);
        },
      };
    },
  };
  return store;
}
