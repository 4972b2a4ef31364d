/**
 * Finds, among many prefixes, those that a text starts with, in one walk over the text that ends at the first
 * character no prefix goes on with. Made for thousands of globs such as `team-17-*` and hundreds of values.
 *
 * A radix tree: what prefixes have in common is compared as one string. With `fromEnd` it reads prefixes and texts
 * backwards, and so finds suffixes.
 */
export class PrefixTrie<T> {
  readonly #fromEnd: boolean;
  readonly #root: Node<T> = leaf('', undefined);

  constructor(fromEnd = false) {
    this.#fromEnd = fromEnd;
  }

  add(prefix: string, item: T): void {
    const text = this.#fromEnd ? reversed(prefix) : prefix;
    let node = this.#root;
    let at = 0;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      const child = node.children?.get(code);
      if (child === undefined) {
        const made = leaf<T>(text.slice(at), this.#fromEnd ? reversed(text.slice(at)) : undefined);
        node.children ??= new Map();
        node.children.set(code, made);
        node = made;
        break;
      }
      const shared = sharedLength(child.label, text, at);
      node = shared === child.label.length ? child : this.#split(node, child, shared);
      at += shared;
    }
    if (node.items === undefined) node.items = [item];
    else node.items.push(item);
  }

  /** Every item whose prefix the text starts with, shortest prefix first; undefined when there is none. */
  find(text: string): readonly T[] | undefined {
    const fromEnd = this.#fromEnd;
    const length = text.length;
    let node: Node<T> | undefined = this.#root;
    let result: readonly T[] | undefined = node.items;
    let at = 0;
    while (at < length) {
      node = node.children?.get(text.charCodeAt(fromEnd ? length - 1 - at : at));
      if (node === undefined) return result;
      at += node.label.length;
      if (at > length) return result;
      if (!text.startsWith(node.written, fromEnd ? length - at : at - node.label.length)) return result;
      if (node.items !== undefined) result = result === undefined ? node.items : [...result, ...node.items];
    }
    return result;
  }

  /** Puts a node between parent and child that holds the first `length` characters of the child's label. */
  #split(parent: Node<T>, child: Node<T>, length: number): Node<T> {
    const head = child.label.slice(0, length);
    const middle = leaf<T>(head, this.#fromEnd ? reversed(head) : undefined);
    child.label = child.label.slice(length);
    child.written = this.#fromEnd ? reversed(child.label) : child.label;
    middle.children = new Map([[child.label.charCodeAt(0), child]]);
    parent.children?.set(head.charCodeAt(0), middle);
    return middle;
  }
}

interface Node<T> {
  /** Characters between the parent and this node, in reading order. */
  label: string;
  /** The label as it stands in a text: turned around when reading from the end. */
  written: string;
  items: T[] | undefined;
  /** By the first character of their label. */
  children: Map<number, Node<T>> | undefined;
}

function leaf<T>(label: string, written: string | undefined): Node<T> {
  return { label, written: written ?? label, items: undefined, children: undefined };
}

function sharedLength(label: string, text: string, at: number): number {
  let length = 0;
  while (length < label.length && at + length < text.length && label[length] === text[at + length]) length++;
  return length;
}

/** By UTF-16 unit, like every index here. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}
