import { foldCase } from '../fold-case.ts';
import { type IpRange, parseIpRange } from '../ip.ts';
import type { ConditionKey, KeyType } from '../service-data.ts';
import type { ActionView } from './action-view.ts';
import type { KeyFinder } from './key-finder.ts';
import type { LintScope } from './scope.ts';
import type { ConditionView, StatementView } from './statement-view.ts';

/** Operators that do not fit the key, or that hold when nobody expects it. */
export function checkOperators(
  statement: StatementView,
  actions: readonly ActionView[],
  keys: KeyFinder,
  scope: LintScope,
): void {
  const isAboutTags = actions.length > 0 && actions.every(setsTags);
  for (const condition of statement.conditions) {
    if (scope.findings.isFull) return;
    checkWildcards(condition, scope);
    const found = keys.find(condition.key);
    // Of a key with one value it is said that it needs no set operator; what sets tags is never asked for without any.
    const isSingle = found.kind === 'known' && !found.key.multivalued;
    const isPresent = isAboutTags && foldCase(condition.key) === 'aws:tagkeys';
    if (!isSingle && !isPresent) checkForAll(condition, statement, scope);
    checkIfExists(condition, statement, scope);
    if (found.kind !== 'known') continue;
    checkType(condition, found.key, scope);
    checkSet(condition, found.key, scope);
    if (foldCase(condition.key) === 'aws:sourceip') checkAddresses(condition, scope);
  }
}

/** An action that is there for tags, such as `sts:TagSession`. */
function setsTags({ actions }: ActionView): boolean {
  return actions.length > 0 && actions.every(({ accessLevels }) => accessLevels.includes('Tagging'));
}

/** What the comparisons read, by the beginning of their names. */
const FAMILIES: readonly (readonly [start: string, type: KeyType])[] = [
  ['String', 'String'],
  ['Numeric', 'Numeric'],
  ['Date', 'Date'],
  ['Bool', 'Bool'],
  ['Binary', 'Binary'],
  ['IpAddress', 'IPAddress'],
  ['NotIpAddress', 'IPAddress'],
  ['Arn', 'ARN'],
];

const TYPE_WORDS: Readonly<Record<KeyType, string>> = {
  String: 'a text',
  ARN: 'an ARN',
  Bool: 'true or false',
  Numeric: 'a number',
  Date: 'a date',
  IPAddress: 'an IP address',
  Binary: 'bytes',
};

const OPERATOR_OF: Readonly<Record<KeyType, string>> = {
  String: 'StringEquals or StringLike',
  ARN: 'ArnLike',
  Bool: 'Bool',
  Numeric: 'an operator that starts with Numeric',
  Date: 'an operator that starts with Date',
  IPAddress: 'IpAddress',
  Binary: 'BinaryEquals',
};

function checkType(
  { operator, written, key, path }: ConditionView,
  { type }: ConditionKey,
  { findings }: LintScope,
): void {
  if (operator.quantifier === 'null') return;
  const reads = FAMILIES.find(([start]) => operator.comparison.name.startsWith(start))?.[1];
  if (reads === undefined || reads === type) return;
  const hint = `use ${OPERATOR_OF[type]}`;
  if (reads === 'String') {
    // AWS's own examples compare ARNs as texts.
    if (type === 'ARN') return;
    const message = `${written} compares ${key}, which is ${TYPE_WORDS[type]}, as a text`;
    findings.add('condition_compares_text', path, message, { hint, at: 'key' });
    return;
  }
  // Epoch seconds are numbers, and some keys that AWS calls texts hold ARNs and numbers.
  if ((reads === 'Numeric' && type === 'Date') || (reads === 'Date' && type === 'Numeric')) return;
  if (type === 'String' && (reads === 'ARN' || reads === 'Binary' || reads === 'Numeric')) return;
  const message = `${written} compares ${TYPE_WORDS[reads]}, and ${key} is ${TYPE_WORDS[type]}`;
  findings.add('condition_type_mismatch', path, message, { hint, at: 'key' });
}

function checkSet({ operator, written, key, path }: ConditionView, known: ConditionKey, { findings }: LintScope): void {
  const { quantifier } = operator;
  if (quantifier === 'null') return;
  if (known.multivalued && quantifier === 'none') {
    const message = `${key} has several values, and ${written} says not whether all of them or any must match`;
    const hint = `use ForAnyValue:${written} or ForAllValues:${written}`;
    findings.add('set_operator_missing', path, message, { hint, at: 'key' });
  } else if (!known.multivalued && quantifier !== 'none') {
    const also = quantifier === 'all' ? ', and also holds when the request does not carry it' : '';
    const message = `${key} has one value: ${written} is for keys with several${also}`;
    const bare = written.slice(written.indexOf(':') + 1);
    findings.add('set_operator_needless', path, message, { hint: `use ${bare}`, at: 'key' });
  }
}

function checkForAll(condition: ConditionView, statement: StatementView, { findings }: LintScope): void {
  const { operator, written, key, path } = condition;
  if (operator.quantifier !== 'all' || statement.effect !== 'Allow' || mustBeThere(key, statement)) return;
  const message = `${written} also holds when the request does not carry ${key}`;
  const hint = `add "Null": { ${JSON.stringify(key)}: "false" } if it must`;
  findings.add('for_all_values_of_nothing', path, message, { hint, at: 'key' });
}

function checkIfExists(condition: ConditionView, statement: StatementView, { findings }: LintScope): void {
  const { operator, written, key, path } = condition;
  if (!operator.ifExists || !mustBeThere(key, statement)) return;
  const message = `Null asks for ${key} to be there, so ${written} is the same without IfExists`;
  findings.add('if_exists_never_absent', path, message, { at: 'key' });
}

/** Whether the statement asks with `Null` for a key to be there. */
function mustBeThere(key: string, { conditions }: StatementView): boolean {
  return conditions.some(
    (other) =>
      other.operator.quantifier === 'null' &&
      foldCase(other.key) === foldCase(key) &&
      other.values.length > 0 &&
      other.values.every(({ text }) => foldCase(text) === 'false'),
  );
}

/** `StringEquals` and its kind take `*` for a star. */
function checkWildcards({ operator, written, values }: ConditionView, { findings }: LintScope): void {
  if (!/^String(Not)?Equals/.test(operator.comparison.name)) return;
  for (const { text, path } of values) {
    // A variable may be one: ${*} is written for a star that is meant.
    if (!/[*?]/.test(text.replace(/\$\{[^}]*\}/g, ''))) continue;
    const like = written.replace(/Equals(IgnoreCase)?/, 'Like');
    const message = `to ${written}, "*" and "?" are characters like any other`;
    findings.add('wildcard_in_equals', path, message, { hint: `use ${like} for a pattern` });
    return;
  }
}

/** Ranges that no request comes from: what AWS sees is a public address, or with a VPC endpoint none. */
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', 'fc00::/7'].flatMap(
  (text) => parseIpRange(text) ?? [],
);

function checkAddresses({ operator, values }: ConditionView, { findings }: LintScope): void {
  if (!operator.comparison.name.endsWith('IpAddress')) return;
  for (const { text, path } of values) {
    const range = parseIpRange(text);
    if (range === undefined) continue;
    const inside = PRIVATE_RANGES.some((wide) => contains(wide, range));
    if (!inside) continue;
    const message = `${text} is private: requests that reach AWS from there have another aws:SourceIp, or none`;
    findings.add('source_ip_private', path, message, { hint: 'aws:VpcSourceIp is the address within a VPC' });
    return;
  }
}

function contains(wide: IpRange, narrow: IpRange): boolean {
  return (
    wide.bits === narrow.bits &&
    (wide.mask & narrow.mask) === wide.mask &&
    (narrow.network & wide.mask) === wide.network
  );
}
