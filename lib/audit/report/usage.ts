import { sessionTime } from '../../session-id.ts';
import type { AuditRecord } from '../record.ts';
import { Frequent } from './frequent.ts';
import { instantOf, keyOf, valueAt } from './keyed.ts';
import type { AccountUse, FirstAccess, PersonUse, RoleUse } from './report.ts';

/** Names of roles and accounts that were refused are what somebody asked for: there may be any number of them. */
const REFUSED_NAMES = 20_000;

interface Count {
  count: number;
}

interface Person {
  readonly username: string;
  readonly issuer: string;
  sessions: number;
  refusals: number;
  last: number;
}

/** One person in one role. */
interface Access {
  readonly person: string;
  readonly role: string;
  readonly account: string;
  readonly accountId: string | undefined;
  sessions: number;
  /** The first session in the period. */
  first: AuditRecord;
  firstAt: number;
  last: number;
}

/**
 * Who used which role of which account. What is kept is one entry for each person and each pair of a person and a role;
 * everything else is summed up from these at the end.
 */
export class Usage {
  readonly #people = new Map<string, Person>();
  readonly #accesses = new Map<string, Access>();
  readonly #accessesBefore = new Set<string>();
  readonly #refusedRoles = new Frequent<Count>(REFUSED_NAMES);
  readonly #refusedAccounts = new Frequent<Count>(REFUSED_NAMES);

  /** A session from before the period: what it shows is not new. */
  addBefore({ caller, role }: AuditRecord): void {
    if (caller !== undefined && role !== undefined)
      this.#accessesBefore.add(keyOf(caller.issuer, caller.username, role));
  }

  addSession(record: AuditRecord): void {
    const { caller = NOBODY, role = '', account = '', accountId } = record;
    const time = sessionTime(record.sessionId);
    const person = this.#person(caller);
    person.sessions += 1;
    person.last = Math.max(person.last, time);
    const access = valueAt(this.#accesses, keyOf(caller.issuer, caller.username, role), () => ({
      person: keyOf(caller.issuer, caller.username),
      role,
      account,
      accountId,
      sessions: 0,
      first: withoutTrace(record),
      firstAt: time,
      last: time,
    }));
    access.sessions += 1;
    access.last = Math.max(access.last, time);
    if (time < access.firstAt) Object.assign(access, { first: withoutTrace(record), firstAt: time });
  }

  addRefusal({ caller, role, account, sessionId }: AuditRecord): void {
    if (role !== undefined) this.#refusedRoles.at(role, zero).count += 1;
    if (account !== undefined) this.#refusedAccounts.at(account, zero).count += 1;
    if (caller === undefined) return;
    const person = this.#person(caller);
    person.refusals += 1;
    person.last = Math.max(person.last, sessionTime(sessionId));
  }

  roles(): RoleUse[] {
    const groups = this.#groups(({ role }) => role);
    return bySessions(
      [...groups].map(([role, accesses]) => ({
        role,
        account: accesses[0]?.account ?? '',
        ...summed(accesses),
        people: accesses.length,
        refusals: this.#refusedRoles.get(role)?.count ?? 0,
      })),
      ({ role }) => role,
    );
  }

  accounts(): AccountUse[] {
    const groups = this.#groups(({ account }) => account);
    return bySessions(
      [...groups].map(([account, accesses]) => {
        const accountId = accesses.find((access) => access.accountId !== undefined)?.accountId;
        return {
          account,
          ...(accountId !== undefined && { accountId }),
          ...summed(accesses),
          people: new Set(accesses.map(({ person }) => person)).size,
          roles: new Set(accesses.map(({ role }) => role)).size,
          refusals: this.#refusedAccounts.get(account)?.count ?? 0,
        };
      }),
      ({ account }) => account,
    );
  }

  /** Also those who got nothing but refusals. */
  people(): PersonUse[] {
    const groups = this.#groups(({ person }) => person);
    return bySessions(
      [...this.#people].map(([key, { username, issuer, sessions, refusals, last }]) => ({
        username,
        issuer,
        sessions,
        roles: groups.get(key)?.length ?? 0,
        refusals,
        last: instantOf(last),
      })),
      ({ username }) => username,
    );
  }

  /** Newest first. */
  firstAccess(): FirstAccess[] {
    return [...this.#accesses]
      .filter(([key]) => !this.#accessesBefore.has(key))
      .sort(([, one], [, other]) => other.firstAt - one.firstAt)
      .map(([, { first, firstAt, role, sessions }]) => ({
        username: (first.caller ?? NOBODY).username,
        issuer: (first.caller ?? NOBODY).issuer,
        role,
        at: instantOf(firstAt),
        sessionId: first.sessionId,
        ...(first.grant !== undefined && { grant: first.grant }),
        ...(first.reason !== undefined && { reason: first.reason }),
        ...(first.ticket !== undefined && { ticket: first.ticket }),
        sessions,
      }));
  }

  #person({ issuer, username }: { readonly issuer: string; readonly username: string }): Person {
    const make = (): Person => ({ username, issuer, sessions: 0, refusals: 0, last: 0 });
    return valueAt(this.#people, keyOf(issuer, username), make);
  }

  #groups(nameOf: (access: Access) => string): Map<string, Access[]> {
    const groups = new Map<string, Access[]>();
    for (const access of this.#accesses.values()) valueAt(groups, nameOf(access), () => [] as Access[]).push(access);
    return groups;
  }
}

/** A session has a caller; a record that was changed by hand may have none. */
const NOBODY = { issuer: '', username: '' } as const;

const zero = (): Count => ({ count: 0 });

function summed(accesses: readonly Access[]): { readonly sessions: number; readonly last: string } {
  let sessions = 0;
  let last = 0;
  for (const access of accesses) {
    sessions += access.sessions;
    last = Math.max(last, access.last);
  }
  return { sessions, last: instantOf(last) };
}

/** A trace can be long, and no report shows one. */
function withoutTrace({ trace: _, ...record }: AuditRecord): AuditRecord {
  return record;
}

/** Most sessions first, then most refusals, then by name. */
function bySessions<Value extends { readonly sessions: number; readonly refusals: number }>(
  values: Value[],
  nameOf: (value: Value) => string,
): Value[] {
  return values.sort(
    (one, other) =>
      other.sessions - one.sessions || other.refusals - one.refusals || (nameOf(one) < nameOf(other) ? -1 : 1),
  );
}
