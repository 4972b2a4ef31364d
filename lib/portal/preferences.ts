import type { Table } from '../store/dynamodb.ts';
import { preferencesKey } from '../store/table.ts';

/** What a person likes to have at hand. */
export interface Preferences {
  /** Role ids. */
  readonly favourites: readonly string[];
  /** Role ids, the latest first. */
  readonly recents: readonly string[];
}

const MAX_FAVOURITES = 50;
const MAX_RECENTS = 8;

/** Whose: the caller's issuer and subject. */
export interface Owner {
  readonly issuer: string;
  readonly subject: string;
}

/**
 * Preferences are a convenience: whatever is wrong with them or with the store, a page comes up without them and a
 * session opens all the same.
 */
export interface PreferenceStore {
  read(owner: Owner): Promise<Preferences>;
  setFavourite(owner: Owner, role: string, isFavourite: boolean): Promise<void>;
  addRecent(owner: Owner, role: string): Promise<void>;
}

export function preferenceStore(table: Table): PreferenceStore {
  async function load(owner: Owner): Promise<Preferences & { version: number }> {
    const item = await table.get(preferencesKey(owner.issuer, owner.subject));
    return {
      favourites: roles(item?.['favourites']),
      recents: roles(item?.['recents']),
      version: Number(item?.['version'] ?? 0),
    };
  }

  /** Of two tabs at once the second reads anew; after that, what they wanted is not worth more. */
  async function change(owner: Owner, changed: (old: Preferences) => Preferences): Promise<void> {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { version, ...old } = await load(owner);
      const { favourites, recents } = changed(old);
      const item = {
        ...preferencesKey(owner.issuer, owner.subject),
        favourites: favourites.slice(0, MAX_FAVOURITES).join(' '),
        recents: recents.slice(0, MAX_RECENTS).join(' '),
        version: version + 1,
      };
      if (await table.swap(item, version)) return;
    }
  }

  return {
    async read(owner) {
      try {
        const { favourites, recents } = await load(owner);
        return { favourites, recents };
      } catch {
        return { favourites: [], recents: [] };
      }
    },
    async setFavourite(owner, role, isFavourite) {
      await change(owner, ({ favourites, recents }) => {
        const others = favourites.filter((other) => other !== role);
        return { favourites: isFavourite ? [...others, role] : others, recents };
      });
    },
    async addRecent(owner, role) {
      try {
        await change(owner, ({ favourites, recents }) => ({
          favourites,
          recents: [role, ...recents.filter((other) => other !== role)],
        }));
      } catch {
        // The session is there and recorded; that it is not in the list hurts nobody.
      }
    },
  };
}

/** Role ids hold no space. */
function roles(value: string | number | undefined): string[] {
  return typeof value === 'string' ? value.split(' ').filter(Boolean) : [];
}
