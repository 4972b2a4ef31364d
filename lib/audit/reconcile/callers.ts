import { parseRoleArn } from '../../iam/arn.ts';
import type { EventCaller } from './assume-role-event.ts';

/** Whether a caller is the broker, as far as can be told. */
export type IsBroker = 'yes' | 'no' | 'unknown';

/**
 * Who the broker is, learned from the events themselves: whoever got the very credentials that records name is the
 * broker, as nobody else can. What an account is told of callers from another is an id without an ARN; the events of
 * the caller's own account say which ARN it belongs to.
 */
export class Callers {
  /** ARNs and ids that were named. */
  readonly #named: ReadonlySet<string> | undefined;
  readonly #learned = new Set<string>();
  /** AROA… → ARN */
  readonly #arns = new Map<string, string>();

  constructor(named: readonly string[] | undefined) {
    this.#named = named && new Set(named);
  }

  /** To be called with every caller, before anything is asked. */
  meet({ roleArn, roleId }: EventCaller): void {
    if (roleArn !== undefined && roleId !== undefined) this.#arns.set(roleId, roleArn);
  }

  /** This caller got credentials that a record names. */
  provenBroker(caller: EventCaller): void {
    const name = this.nameOf(caller);
    if (caller.other === undefined) this.#learned.add(name);
  }

  /** The roles that count as the broker's: those that were named, else those that were learned. */
  get brokers(): string[] {
    return [...(this.#named ?? new Set([...this.#learned].map((name) => this.#arns.get(name) ?? name)))].sort();
  }

  /** Whether somebody said who the broker is. */
  get areNamed(): boolean {
    return this.#named !== undefined;
  }

  /** The ARN where it is known, else the id, else what there is. */
  nameOf({ roleArn, roleId, other }: EventCaller): string {
    return roleArn ?? (roleId === undefined ? (other ?? 'unknown') : (this.#arns.get(roleId) ?? roleId));
  }

  isBroker(caller: EventCaller): IsBroker {
    if (caller.other !== undefined) return 'no';
    const name = this.nameOf(caller);
    const names = [name, ...(caller.roleId === undefined ? [] : [caller.roleId])];
    if (this.#named !== undefined && names.some((one) => this.#named?.has(one))) return 'yes';
    const proven = names.some((one) => this.#learned.has(one));
    if (this.#named === undefined) {
      if (proven) return 'yes';
      return this.#learned.size === 0 ? 'unknown' : 'no';
    }
    if (name.startsWith('arn:')) return 'no';
    // An id without an ARN: it may belong to a role that was named by its ARN, if that is of the same account.
    const accounts = [...this.#named].map((one) => parseRoleArn(one)?.accountId);
    if (!accounts.includes(caller.account)) return 'no';
    if (proven) return 'yes';
    return [...this.#learned].some((one) => !one.startsWith('arn:')) ? 'no' : 'unknown';
  }
}
