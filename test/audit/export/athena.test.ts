import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { objectName } from '../../../lib/audit/export/layout.ts';

const sql = readFileSync('examples/athena-audit.sql', 'utf8').replace(/^--.*$/gm, '');
const [definition = '', ...queries] = sql.split(';').map((statement) => statement.trim());
const members = (file: string, type: string): string[] => {
  const body = readFileSync(file, 'utf8').split(`export interface ${type} {`)[1]?.split('\n}')[0] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name.toLowerCase());
};
const RECORD = members('lib/audit/record.ts', 'AuditRecord');
const columns = [...(definition.split('PARTITIONED')[0]?.matchAll(/^ {2}`(\w+)` /gm) ?? [])].map(([, name]) => name);
const partitions = [...(/PARTITIONED BY \((.*)\)/.exec(definition)?.[1]?.matchAll(/`(\w+)`/g) ?? [])].map(
  ([, name]) => name,
);
const struct = (text: string) => [...text.matchAll(/(\w+): /g)].map(([, name]) => name);

describe('The Athena table of examples/athena-audit.sql', () => {
  it('has a column for every member of a record, and no other', () => {
    expect(RECORD.length).toBeGreaterThan(30);
    expect([...columns].sort()).toEqual([...RECORD].sort());
  });

  it('knows what is inside of caller and trace', () => {
    expect(struct(/`caller` struct<(.*)>/.exec(definition)?.[1] ?? '')).toEqual(['issuer', 'subject', 'username']);
    const trace = /`trace` struct<([\s\S]*?)>,\n {2}`/.exec(definition)?.[1] ?? '';
    expect(new Set(struct(trace))).toEqual(
      new Set([...members('lib/access/decision.ts', 'Trace'), ...members('lib/access/decision.ts', 'TraceStep')]),
    );
  });

  it('finds its partitions where the export puts them', () => {
    const hour = Date.UTC(2026, 0, 5, 7);
    const template = /'storage.location.template' = 's3:\/\/EXPORT-BUCKET\/daypass-prod\/(.*)'/.exec(definition)?.[1];
    const place = template?.replace('${day}', '2026-01-05').replace('${hour}', '07');
    expect(objectName(hour, 'jsonl').startsWith(`${place}/`)).toBe(true);
    expect(partitions).toEqual(['day', 'hour']);
    for (const name of partitions) expect(definition).toContain(`'projection.${name}.type'`);
    expect(definition).toContain("LOCATION 's3://EXPORT-BUCKET/daypass-prod/records/'");
  });

  it('is asked for columns that it has, always within days', () => {
    const known = new Set([...columns, ...partitions, 'username', 'intent', 'result']);
    const asked = queries.filter((query) => query !== '');
    expect(asked).toHaveLength(4);
    for (const query of asked) {
      const names = [...query.matchAll(/"(\w+)"/g)].map(([, name]) => name);
      expect(names.filter((name) => !known.has(name))).toEqual([]);
      expect(names.length).toBeGreaterThan(4);
      expect(query).toMatch(/"day" >= /);
    }
  });
});
