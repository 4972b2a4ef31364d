import type { PolicyPath } from '../policy-problem.ts';
import { walkJson } from './json-walk.ts';

/** A member whose name stands a second time in its object. Every reader keeps one of the two and drops the other. */
export interface DuplicateMember {
  readonly path: PolicyPath;
  /** Of the later one's name, in UTF-16 code units. */
  readonly offset: number;
}

interface Frame {
  readonly names: Set<string> | undefined;
  step: string | number;
}

/**
 * @param text valid JSON
 * @param limit how many are looked for
 */
export function findDuplicates(text: string, limit: number): DuplicateMember[] {
  const found: DuplicateMember[] = [];
  const frames: Frame[] = [];
  walkJson(text, {
    key(name, offset) {
      const frame = frames.at(-1);
      if (frame === undefined) return;
      frame.step = name;
      if (frame.names?.has(name) === true && found.length < limit) {
        found.push({ path: frames.map(({ step }) => step), offset });
      }
      frame.names?.add(name);
    },
    value(kind) {
      const frame = frames.at(-1);
      if (frame !== undefined && typeof frame.step === 'number') frame.step++;
      if (kind !== 'scalar')
        frames.push(kind === 'object' ? { names: new Set(), step: '' } : { names: undefined, step: -1 });
    },
    close() {
      frames.pop();
    },
  });
  return found;
}
