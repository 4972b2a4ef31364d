/**
 * Merges lists that are each in ascending order into one, without repeats. Lazy: a heap holds one cursor per list,
 * so the first few of many thousand items cost little more than the number of lists.
 */
export function mergeAscending<T extends { readonly order: number }>(lists: readonly (readonly T[])[]): Iterable<T> {
  const [only] = lists;
  if (only === undefined) return [];
  return lists.length === 1 ? only : merged(lists);
}

interface Cursor<T> {
  readonly list: readonly T[];
  at: number;
  order: number;
}

function* merged<T extends { readonly order: number }>(lists: readonly (readonly T[])[]): Generator<T> {
  const heap: Cursor<T>[] = [];
  for (const list of lists) {
    const [first] = list;
    if (first !== undefined) heap.push({ list, at: 0, order: first.order });
  }
  for (let index = (heap.length >> 1) - 1; index >= 0; index--) sink(heap, index);
  let last: T | undefined;
  for (let cursor = heap[0]; cursor !== undefined; cursor = heap[0]) {
    const item = cursor.list[cursor.at] as T;
    const next = cursor.list[++cursor.at];
    if (next !== undefined) {
      cursor.order = next.order;
    } else {
      const moved = heap.pop();
      if (moved !== undefined && heap.length > 0) heap[0] = moved;
    }
    sink(heap, 0);
    if (item !== last) yield item;
    last = item;
  }
}

/** Moves the cursor at `index` down until no child is before it. */
function sink<T>(heap: Cursor<T>[], index: number): void {
  for (let parent = index; ; ) {
    const left = 2 * parent + 1;
    const right = left + 1;
    let smallest = parent;
    if (before(heap, left, smallest)) smallest = left;
    if (before(heap, right, smallest)) smallest = right;
    if (smallest === parent) return;
    const moved = heap[parent] as Cursor<T>;
    heap[parent] = heap[smallest] as Cursor<T>;
    heap[smallest] = moved;
    parent = smallest;
  }
}

function before<T>(heap: readonly Cursor<T>[], one: number, other: number): boolean {
  const first = heap[one];
  const second = heap[other];
  return first !== undefined && second !== undefined && first.order < second.order;
}
