/** The part of dynalite that the local stack uses; the package ships no types of its own. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export default function dynalite(options: {
    /** Directory of the LevelDB store; in memory without it. */
    readonly path?: string;
    /** Milliseconds a new table stays CREATING. */
    readonly createTableMs?: number;
  }): Server;
}
