import type { PolicyPath } from '../policy-problem.ts';
import { walkJson } from './json-walk.ts';

/** Where a path leads in a JSON text, in UTF-16 code units from its start. */
export interface JsonPlace {
  readonly value: number;
  /** The member's name; of list entries and the document itself the same as `value`. */
  readonly key: number;
}

interface Node {
  readonly children: Map<string | number, Node>;
  place: JsonPlace | undefined;
}

/**
 * Finds many paths in one pass over the text.
 *
 * @param text valid JSON
 * @returns one place per path. A path that leads nowhere has the place of the last thing on the way that is there.
 */
export function findPlaces(text: string, paths: readonly PolicyPath[]): JsonPlace[] {
  const root: Node = { children: new Map(), place: undefined };
  for (const path of paths) plant(root, path);
  walk(text, root);
  return paths.map((path) => lookUp(root, path));
}

function plant(root: Node, path: PolicyPath): void {
  let node = root;
  for (const step of path) {
    let child = node.children.get(step);
    if (child === undefined) {
      child = { children: new Map(), place: undefined };
      node.children.set(step, child);
    }
    node = child;
  }
}

function lookUp(root: Node, path: PolicyPath): JsonPlace {
  let place = root.place ?? { value: 0, key: 0 };
  let node: Node | undefined = root;
  for (const step of path) {
    node = node.children.get(step);
    if (node?.place === undefined) return place;
    place = node.place;
  }
  return place;
}

/** What is open on the way: the node that was asked for, if one was, and in a list the next entry's index. */
interface Frame {
  readonly node: Node | undefined;
  index: number | undefined;
}

function walk(text: string, root: Node): void {
  const frames: Frame[] = [];
  let named: { readonly name: string; readonly offset: number } | undefined;
  walkJson(text, {
    key(name, offset) {
      named = { name, offset };
    },
    value(kind, offset) {
      const frame = frames.at(-1);
      const node = frame === undefined ? root : frame.node?.children.get(frame.index ?? named?.name ?? '');
      // Of members that are there twice the last one counts, as for everybody who reads the document.
      if (node !== undefined) node.place = { value: offset, key: named?.offset ?? offset };
      if (frame?.index !== undefined) frame.index++;
      named = undefined;
      if (kind !== 'scalar') frames.push({ node, index: kind === 'array' ? 0 : undefined });
    },
    close() {
      frames.pop();
    },
  });
}
