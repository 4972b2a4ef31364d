import { foldCase } from '../fold-case.ts';
import { compileGlob } from '../glob.ts';
import type { Service, ServiceAction, ServiceData } from '../service-data.ts';
import type { PlacedText } from './statement-view.ts';

/** A pattern of `Action` or `NotAction`, and the actions that it stands for. */
export interface ActionView extends PlacedText {
  readonly wildcard: boolean;
  /** True for `*` and `*:*`: the actions of every service, which are not listed. */
  readonly everything: boolean;
  /** Undefined when there is no such service, or no service in the pattern. */
  readonly service: Service | undefined;
  readonly actions: readonly ServiceAction[];
}

/** Looks patterns up in the service data; each is looked up once, however often it is written. */
export class ActionFinder {
  readonly #data: ServiceData;
  readonly #found = new Map<string, Omit<ActionView, keyof PlacedText>>();

  constructor(data: ServiceData) {
    this.#data = data;
  }

  find({ text, path }: PlacedText): ActionView {
    const folded = foldCase(text);
    let found = this.#found.get(folded);
    if (found === undefined) {
      found = this.#look(folded);
      this.#found.set(folded, found);
    }
    return { text, path, ...found };
  }

  #look(folded: string): Omit<ActionView, keyof PlacedText> {
    const colon = folded.indexOf(':');
    const name = folded.slice(colon + 1);
    const wildcard = /[*?]/.test(name);
    const everything = /^\*+$/.test(folded) || (colon > 0 && /^\*+:\*+$/.test(folded));
    const service = colon < 0 ? undefined : this.#data.service(folded.slice(0, colon));
    if (service === undefined) return { wildcard, everything, service, actions: [] };
    if (!wildcard) {
      const action = service.actions.get(name);
      return { wildcard, everything, service, actions: action === undefined ? [] : [action] };
    }
    const glob = compileGlob(name);
    const actions: ServiceAction[] = [];
    for (const [key, action] of service.actions) if (glob.matches(key)) actions.push(action);
    return { wildcard, everything, service, actions };
  }
}
