import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TraceStep } from '../../lib/access/decision.ts';
import { recordedClaims } from '../../lib/access/looked-at.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { Trail } from '../../lib/audit/trail.ts';
import { roleSessionName } from '../../lib/session-id.ts';
import type { Item, Table } from '../../lib/store/dynamodb.ts';
import { AUDIT_SHARDS, INDEX_SHARDS, INDEXES } from '../../lib/store/table.ts';
import { auditRecord } from '../support/records.ts';
import { ROOT } from './packaged.ts';

/** What `docs/scale.md` says of one session, measured on items as they are written. */
const text = readFileSync(join(ROOT, 'docs', 'scale.md'), 'utf8');

/** A session of ordinary length: a name and a subject as corporate identity providers give them, a short reason. */
const ID = auditRecord().sessionId;
const USERNAME = 'jordan.miller@example.com';
const FACTS = {
  sessionId: ID,
  requestId: '6f1c2b9e-0d7a-4c53-9a41-2f5b8e7d6c10',
  action: 'credentials',
  policyDigest: 'd'.repeat(64),
  sourceIp: '203.0.113.24',
  userAgent: 'daypass/0.1.0 (linux; x64) node/24.21.0',
  caller: { issuer: 'corp', subject: '00u1a2b3c4d5e6f7g8h9', username: USERNAME },
  tokenSha256: 'a'.repeat(64),
  role: 'prod/ReadOnly',
  account: 'prod',
  accountId: '111122223333',
  roleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
  grant: 'engineering-reads',
  reason: 'payouts fail since noon',
  durationSeconds: 3600,
  durationLimitedBy: 'role',
  roleSessionName: roleSessionName(ID, USERNAME),
  sourceIdentity: USERNAME,
} as const;

/** What the policy looks at of an ordinary token: eight groups, of which one may be what a grant is for. */
const CLAIMS = {
  groups: Array.from({ length: 8 }, (_, index) => `engineering-team-${index}`),
  amr: ['pwd', 'mfa'],
  auth_time: 1_795_600_000,
  exp: 1_795_603_600,
};

/** A trace of so many grants, of which the last decided. */
function traceOf(count: number): { target: string; steps: TraceStep[] } {
  const unmatched = Array.from({ length: count - 1 }, (_, index): TraceStep => {
    const grant = `team-${String(index).padStart(2, '0')}-reads-prod`;
    return { grant, effect: 'allow', outcome: 'callers_unmatched', because: 'groups' };
  });
  return { target: FACTS.role, steps: [...unmatched, { grant: FACTS.grant, effect: 'allow', outcome: 'matched' }] };
}

/** The items of a session, as the table is asked to write them. */
async function itemsOf(steps: number): Promise<{ intent: Item; outcome: Item }> {
  const written: Item[] = [];
  const create = async (item: Item): Promise<boolean> => written.push(item) > 0;
  const clock = () => Date.parse(auditRecord().time);
  const trail = new Trail(
    { auditLog: auditLog({ create } as unknown as Table), observe: () => undefined, clock },
    FACTS,
  );
  trail.add({ trace: traceOf(steps), ...recordedClaims(CLAIMS, ['amr', 'employment', 'groups']) });
  await trail.intent();
  trail.add({
    accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
    expiration: new Date(clock() + 3_600_000).toISOString(),
    stsRequestId: '0b5e3d1c-7a92-4f68-b1d4-93c7e2a8f650',
  });
  await trail.outcome('issued');
  const [intent, outcome] = written;
  if (intent === undefined || outcome === undefined) throw new Error('a session has two records');
  return { intent, outcome };
}

/** Bytes, as DynamoDB counts an item: names and values in UTF-8. All attributes are strings. */
function sizeOf(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + String(value)), 0);
}

/**
 * Write units of 1 KB: of the table's item, and one for each index whose key the item has, as they hold keys only. When
 * it is sealed the item is written once more, and leaves one index.
 */
function unitsOf(item: Item): { once: number; indexes: number; written: number; sealed: number } {
  const once = Math.ceil(sizeOf(item) / 1024);
  const indexes = Object.values(INDEXES).filter(({ key }) => Object.hasOwn(item, key)).length;
  return { once, indexes, written: once + indexes, sealed: once + 1 };
}

/** Bytes of an item's entry in an index: the table's key and the index's. */
function entryOf(item: Item, key: string): number {
  return sizeOf({ pk: item['pk'] ?? '', sk: item['sk'] ?? '', [key]: item[key] ?? '' });
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;
/** The counter's update. */
const COUNTER = 1;
const few = await itemsOf(6);
const many = await itemsOf(40);
const unitsWith = ({ intent, outcome }: typeof few): number =>
  [intent, outcome].map(unitsOf).reduce((sum, { written, sealed }) => sum + written + sealed, COUNTER);
const units = unitsWith(few);

/** A row of a table of the document, without the padding between cells. */
function row(start: string): string {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`| ${start}`)) ?? '';
  return line.replace(/ +/g, ' ');
}

const figure = (value: number): string => value.toLocaleString('en-US');

describe('docs/scale.md', () => {
  it('says how large an intent and an outcome are, and that trace and claims are in the outcome only', () => {
    expect(sizeOf(many.intent)).toBe(sizeOf(few.intent));
    expect(row('item size')).toContain(
      `${kilobytes(sizeOf(few.intent))} intent, ${kilobytes(sizeOf(few.outcome))} outcome with six grants in the trace; ` +
        `${kilobytes(sizeOf(many.outcome))} with forty`,
    );
  });

  it('counts the write units: each item in whole kilobytes, one for every index that holds its key, both again for sealing', () => {
    const [intent, outcome] = [unitsOf(few.intent), unitsOf(few.outcome)];
    expect(row('DynamoDB write units')).toContain(
      `intent ${intent.once} KB + ${intent.indexes} indexes = ${intent.written}; ` +
        `outcome ${outcome.once} KB + ${outcome.indexes} indexes = ${outcome.written}; ` +
        `sealing them ${intent.sealed} + ${outcome.sealed}; counter ${COUNTER}: **${units}**`,
    );
    expect(text).toContain(`Forty grants in a trace make ${unitsWith(many)} write units`);
  });

  it('adds up what is kept: every copy, and the 100 bytes that DynamoDB counts besides each', () => {
    const kept = [few.intent, few.outcome].reduce((sum, item) => {
      // The entry in `byUnsealed` goes when the record is sealed.
      const { unsealed: _, ...lasting } = INDEXES;
      const entries = Object.values(lasting).filter(({ key }) => Object.hasOwn(item, key));
      return sum + sizeOf(item) + 100 + entries.reduce((all, { key }) => all + entryOf(item, key) + 100, 0);
    }, 0);
    const inTable = [few.intent, few.outcome].reduce((sum, item) => sum + sizeOf(item) + 100, 0);
    const gigabytes = Math.round(kept / 100) / 10;
    expect(row('kept')).toContain(` ${gigabytes} KB with indexes`);
    const points = (inTable / 1000).toFixed(1);
    expect(row('and for each month')).toContain(
      `${gigabytes} GB of table and indexes, ${points} GB of recovery points | $${(gigabytes * 0.25 + Number(points) * 0.2).toFixed(2)} |`,
    );
  });

  it('draws the limits from the units', () => {
    const onKey = unitsOf(few.intent).once + unitsOf(few.outcome).once;
    expect(row('about 180 sessions/s')).toContain('4,000 write units/s');
    expect(Math.floor(4000 / units / 10)).toBe(18);
    expect(row(`${figure((INDEX_SHARDS * 1000) / 2)} sessions/s for one role`)).toContain(
      `${INDEX_SHARDS} shards × 1,000 units ÷ 2`,
    );
    expect(row('1,800 sessions/s of all')).toContain('40,000 write units/s');
    expect(Math.floor(40_000 / units / 100)).toBe(18);
    // A record is written twice on its key: as it comes, and when it is sealed.
    expect(row(`${figure((AUDIT_SHARDS * 1000) / (2 * onKey))} sessions/s a day's shards`)).toContain(
      `${AUDIT_SHARDS} shards × 1,000 units ÷ ${2 * onKey}`,
    );
    expect(text).toContain(`One caller's index key takes ${1000 / 2} sessions/s`);
  });

  it('sums the cost of a million sessions', () => {
    const cost = (start: string): number => Number(/\$([\d.]+)/.exec(row(start))?.[1]);
    expect(row('DynamoDB, ')).toContain(`${units} M write units`);
    expect(cost('DynamoDB, ')).toBe(Math.round(units * 62.5) / 100);
    const sum = ['HTTP API', 'Lambda, ', 'DynamoDB, ', 'CloudWatch Logs'].reduce((all, start) => all + cost(start), 0);
    expect(cost('**together**')).toBeCloseTo(sum, 2);
  });
});
