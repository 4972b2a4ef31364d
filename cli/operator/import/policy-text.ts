import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { Failure } from '../../failure.ts';
import { TextEdits } from './text-edits.ts';
import { blockText, flowId, flowText, yamlText } from './yaml-words.ts';

/** A role's members in the order in which they are written. */
export type RoleMembers = readonly (readonly [name: string, value: string])[];

export interface ImportedGrant {
  readonly name: string;
  readonly roles: readonly string[];
  /** The claim that holds the groups. */
  readonly claim: string;
  readonly groups: readonly string[];
}

/** On the line of a grant's name: what marks it as made here. Without it, a grant is somebody's own. */
const MARK = 'from the tags daypass:groups, by `daypass roles import`';

type Section = 'accounts' | 'roles';

/**
 * The text of an access policy, changed in places: comments, order, quotes and spacing stay. The text must compile. Where
 * YAML allows several ways to write something, what is added is written as its neighbours are.
 *
 * Removals come before additions: what is added goes below what stays.
 */
export class PolicyText {
  readonly #edits: TextEdits;
  readonly #root: YAMLMap<unknown, Node | null>;
  /** Ids of roles whose lines are gone. */
  readonly #removed = new Set<string>();

  constructor(source: string) {
    this.#edits = new TextEdits(source);
    const { contents } = parseDocument(source, { version: '1.2' });
    if (!isMap(contents)) throw new Failure('refused', 'the access policy is no mapping');
    this.#root = contents as YAMLMap<unknown, Node | null>;
  }

  addAccount(name: string, id: string, partition: string): void {
    const members = [`id: ${JSON.stringify(id)}`, ...(partition === 'aws' ? [] : [`partition: ${partition}`])];
    const last = this.#mapOf('accounts').items.at(-1) as Pair | undefined;
    this.#addPair('accounts', [`${name}: { ${members.join(', ')} }`], last);
  }

  /** Below the account's other roles or, when it has none, below all. */
  addRole(id: string, members: RoleMembers): void {
    const roles = this.#mapOf('roles');
    const staying = (roles.items as Pair[]).filter((pair) => !this.#removed.has(keyOf(pair)));
    const account = id.slice(0, id.indexOf('/') + 1);
    const last = staying.findLast((pair) => keyOf(pair).startsWith(account)) ?? staying.at(-1);
    if (last === undefined || (last.value as YAMLMap).flow === true) {
      const inside = members.map(([name, value]) => `${name}: ${flowText(name, value)}`).join(', ');
      this.#addPair('roles', [`${roles.flow === true ? flowId(id) : id}: { ${inside} }`], last);
    } else {
      const step = indentBetween(startOf(last.key as Node), startOf(last.value as Node), this.#edits);
      const below = members.map(([name, value]) => `${step}${name}: ${blockText(name, value)}`);
      this.#addPair('roles', [`${id}:`, ...below], last);
    }
  }

  /** Changes a member of a role, or adds it as the last. */
  setMember(id: string, name: string, value: string): void {
    const role = this.#roleOf(id);
    const text = role.flow === true ? flowText(name, value) : blockText(name, value);
    const member = (role.items as Pair[]).find((pair) => keyOf(pair) === name)?.value as Node | undefined;
    const last = role.items.at(-1)?.value as Node;
    if (member !== undefined) this.#edits.replace(startOf(member), this.#endOf(member), text);
    else if (role.flow === true) this.#edits.insert(this.#endOf(last), `, ${name}: ${text}`);
    else this.#edits.insertBelow(this.#endOf(last), [`${this.#edits.indentOf(startOf(role))}${name}: ${text}`]);
  }

  removeRole(id: string): void {
    const roles = this.#mapOf('roles');
    if (roles.flow === true) throw bracketsRefused('roles');
    const pair = (roles.items as Pair[]).find((candidate) => keyOf(candidate) === id);
    if (pair === undefined) throw unknown(id);
    this.#removed.add(id);
    this.#edits.removeLines(startOf(pair.key as Node), this.#endOf(pair.value as Node));
  }

  /** Whether there is a grant of that name, and whether it was made here. */
  grantNamed(name: string): 'none' | 'imported' | 'own' {
    const grant = this.#grantOf(name);
    if (grant === undefined) return 'none';
    const named = grant.get('name', true);
    return isScalar(named) && named.comment?.includes(MARK) === true ? 'imported' : 'own';
  }

  /** Names of the grants that were made here. */
  importedGrants(): readonly string[] {
    const names = this.#grants().map((grant) => String(grant.get('name')));
    return names.filter((name) => this.grantNamed(name) === 'imported');
  }

  /** Names of the grants whose list holds the id itself, not by a wildcard. */
  grantsNaming(id: string): readonly string[] {
    const naming = this.#grants().filter((grant) => {
      const roles = grant.get('roles');
      return isSeq(roles) ? (roles.items as Node[]).some((node) => textOf(node) === id) : roles === id;
    });
    return naming.map((grant) => String(grant.get('name')));
  }

  /** Ids of the roles of a grant that was made here, as they are written. */
  grantRoles(name: string): readonly string[] {
    return (this.#grantRolesOf(name).items as Node[]).map(textOf);
  }

  addGrant({ name, roles, claim, groups }: ImportedGrant): void {
    const grants = this.#root.get('grants', true) as YAMLSeq | undefined;
    if (!isSeq(grants)) throw new Failure('refused', 'the access policy has no list of grants');
    const last = grants.items.at(-1) as Node | undefined;
    if (grants.flow === true && last !== undefined) throw bracketsRefused('grants');
    const inside = last === undefined ? '    ' : this.#edits.indentOf(startOf(last));
    const lines = [
      ...(this.#hasGaps(grants) ? [''] : []),
      `${inside.slice(2)}- name: ${name} # ${MARK}`,
      `${inside}roles:`,
      ...roles.map((id) => `${inside}  - ${id}`),
      `${inside}callers: { ${yamlText(claim)}: [${groups.map(yamlText).join(', ')}] }`,
    ];
    if (last === undefined) this.#fill(grants, lines);
    else this.#edits.insertBelow(this.#endOf(last), lines);
  }

  /** Of a grant that was made here. It goes with its last role. */
  changeGrantRoles(name: string, added: readonly string[], removed: readonly string[]): void {
    const list = this.#grantRolesOf(name);
    const items = list.items as Node[];
    const [first] = items;
    const last = items.at(-1);
    if (first === undefined || last === undefined) throw unknown(name);
    const kept = items.filter((item) => !removed.includes(textOf(item)));
    const ids = [...kept.map(textOf), ...added];
    const dash = this.#edits.indentOf(startOf(first)).slice(2);
    if (ids.length === 0) {
      const grant = this.#grantOf(name);
      if (grant !== undefined) this.#edits.removeLines(startOf(grant), this.#endOf(grant));
    } else if (list.flow === true) {
      this.#edits.replace(startOf(list), this.#endOf(list), `[${ids.map(flowId).join(', ')}]`);
    } else if (removed.length > 0 && added.length > 0) {
      const text = ids.join(`${this.#edits.newline}${dash}- `);
      this.#edits.replace(startOf(first), this.#endOf(last), text);
    } else {
      for (const item of items) {
        if (!kept.includes(item)) this.#edits.removeLines(startOf(item), this.#endOf(item));
      }
      this.#edits.insertBelow(
        this.#endOf(last),
        added.map((id) => `${dash}- ${id}`),
      );
    }
  }

  /** The text with all changes. */
  toString(): string {
    return this.#edits.toString();
  }

  /** Lines below the pair; in an empty map in the place of its braces; where all pairs are removed in their place. */
  #addPair(section: Section, lines: readonly string[], after: Pair | undefined): void {
    const map = this.#mapOf(section);
    const first = (map.items as Pair[])[0];
    if (first === undefined) {
      this.#fill(
        map,
        lines.map((line) => `  ${line}`),
      );
      return;
    }
    const start = startOf(first.key as Node);
    const indent = this.#edits.indentOf(start);
    const indented = lines.map((line) => indent + line);
    if (map.flow === true) this.#edits.insert(this.#endOf((after ?? first).value as Node), `, ${lines.join(' ')}`);
    else if (after !== undefined) this.#edits.insertBelow(this.#endOf(after.value as Node), indented);
    else this.#edits.insert(start - indent.length, indented.map((line) => line + this.#edits.newline).join(''));
  }

  /** The first lines that go into an empty `{}` or `[]` take its place; further ones follow them. */
  #fill(empty: Node, lines: readonly string[]): void {
    const text = lines.map((line) => this.#edits.newline + line).join('');
    const end = this.#endOf(empty);
    let start = startOf(empty);
    while (this.#edits.source[start - 1] === ' ') start--;
    if (this.#edits.isReplaced(start)) this.#edits.insert(end, text);
    else this.#edits.replace(start, end, text);
  }

  #mapOf(section: Section): YAMLMap {
    const map = this.#root.get(section, true);
    if (isMap(map)) return map;
    throw new Failure('refused', `the access policy has no ${section}`);
  }

  #roleOf(id: string): YAMLMap {
    const role = (this.#mapOf('roles').items as Pair[]).find((pair) => keyOf(pair) === id)?.value;
    if (isMap(role)) return role;
    throw unknown(id);
  }

  #grants(): readonly YAMLMap[] {
    const grants = this.#root.get('grants', true);
    return isSeq(grants) ? grants.items.filter((item): item is YAMLMap => isMap(item)) : [];
  }

  #grantOf(name: string): YAMLMap | undefined {
    return this.#grants().find((grant) => grant.get('name') === name);
  }

  #grantRolesOf(name: string): YAMLSeq {
    const roles = this.#grantOf(name)?.get('roles', true);
    if (isSeq(roles)) return roles;
    throw new Failure('refused', `the roles of grant ${name} are not written as a list`);
  }

  /** Whether entries of the list are set apart by blank lines. */
  #hasGaps(list: YAMLSeq): boolean {
    const [one, other] = list.items.slice(-2) as Node[];
    if (one === undefined || other === undefined) return one !== undefined;
    return /\n\s*\n/.test(this.#edits.source.slice(this.#endOf(one), startOf(other)));
  }

  /** Where a node's text ends; a block's range goes on to the start of what follows. */
  #endOf(node: Node): number {
    let end = node.range?.[1] ?? 0;
    while (/\s/.test(this.#edits.source[end - 1] ?? '')) end--;
    return end;
  }
}

function indentBetween(outer: number, inner: number, edits: TextEdits): string {
  return ' '.repeat(Math.max(1, edits.indentOf(inner).length - edits.indentOf(outer).length));
}

function keyOf(pair: Pair): string {
  return textOf(pair.key as Node);
}

function textOf(node: Node): string {
  return isScalar(node) ? String(node.value) : '';
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function bracketsRefused(section: string): Failure {
  return new Failure('refused', `${section} of the access policy is written in one pair of brackets`, {
    hint: 'write each entry on a line of its own',
  });
}

function unknown(name: string): Failure {
  return new Failure('refused', `the access policy has no ${name} that can be changed`);
}
