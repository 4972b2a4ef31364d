import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readRecord } from '../../lib/audit/read-record.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { canonicalJson } from '../../lib/json.ts';
import { sessionTime } from '../../lib/session-id.ts';

/** docs/ledger.md describes every member and action that there is, and its example is a record. */

const page = readFileSync('docs/ledger.md', 'utf8');
const source = readFileSync('lib/audit/record.ts', 'utf8');

const section = page.split('## A record\n')[1]?.split('\n## ')[0] ?? '';
const [members = '', actions = ''] = section.split('| action |');
const named = (table: string) =>
  [...table.matchAll(/^\| ((?:`[\w-]+` ?)+)\|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name),
  );

describe('docs/ledger.md', () => {
  it('has a line for every member of a record, in order, and no other', () => {
    const body = source.split('export interface AuditRecord {')[1]?.split('\n}')[0] ?? '';
    const declared = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name);
    expect(declared.length).toBeGreaterThan(35);
    expect(named(members)).toEqual(declared);
  });

  it('has every action and every outcome', () => {
    const union = (type: string) =>
      [
        ...(source
          .split(`export type ${type} =`)[1]
          ?.split(';')[0]
          ?.matchAll(/'([\w-]+)'/g) ?? []),
      ].map(([, name]) => name);
    expect(named(actions).sort()).toEqual(union('AuditAction').sort());
    for (const outcome of union('AuditOutcome')) expect(members).toContain(`\`${outcome}\``);
  });

  it('shows a record that readers take, down to its digest', () => {
    const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '') as AuditRecord;
    expect(readRecord(example)).toEqual({ record: example });
    expect(Object.keys(example)).toEqual(Object.keys(example).toSorted());
    const digest = createHash('sha256')
      .update(canonicalJson(example.trace ?? {}))
      .digest('hex');
    expect(example.traceDigest).toBe(digest);
    expect(example.roleSessionName?.startsWith(example.sessionId)).toBe(true);
    // The session's id tells when its request began.
    expect(Date.parse(example.time) - sessionTime(example.sessionId)).toBeLessThan(3_600_000);
    const known = named(members);
    for (const name of Object.keys(example)) expect(known).toContain(name);
  });
});
