import { countedWords, grouped } from './numbers.ts';
import type { AuditReport } from './report.ts';

/** One thing that whoever reads the report should not miss. */
export interface Finding {
  /** Where the report has the details. */
  readonly section: 'grants' | 'denials' | 'first' | 'outcomes';
  readonly text: string;
}

/** Refusals of one person for one role for one reason from which on they stand out. */
const HOT_SPOT = 10;

/** What stands out, by rules that are written here: no finding is a judgement. */
export function findings(report: AuditReport): Finding[] {
  return [...unusedGrants(report), ...hotSpots(report), ...firstAccess(report), ...lost(report)];
}

function unusedGrants({ grants }: AuditReport): Finding[] {
  if (grants === undefined) return [];
  const { unused, used, gone } = grants;
  const found: Finding[] = [];
  if (unused.length > 0) {
    const all = grouped(unused.length + used.length - gone.length);
    found.push({
      section: 'grants',
      text: `${countedWords(unused.length, 'grant')} of ${all} gave nothing in this period: candidates for removal.`,
    });
  }
  if (gone.length > 0) {
    found.push({
      section: 'grants',
      text: `${countedWords(gone.length, 'grant')} decided in this period and ${gone.length === 1 ? 'is' : 'are'} not in the access policy that was given.`,
    });
  }
  return found;
}

function hotSpots({ denials }: AuditReport): Finding[] {
  const hot = denials.find(({ count }) => count >= HOT_SPOT);
  if (hot === undefined) return [];
  const who = hot.username ?? 'Callers who could not be verified';
  const what = hot.role === undefined ? '' : ` for ${hot.role}`;
  const text = `${who} ${hot.username === undefined ? 'were' : 'was'} refused ${grouped(hot.count)} times${what} (${hot.reason}).`;
  return [{ section: 'denials', text }];
}

function firstAccess({ baseline, firstAccess: accesses }: AuditReport): Finding[] {
  if (baseline === undefined || accesses.length === 0) return [];
  const people = new Set(accesses.map(({ issuer, username }) => JSON.stringify([issuer, username]))).size;
  const text = `${countedWords(people, 'person', 'people')} got a role for the first time, ${countedWords(accesses.length, 'first session')} in all.`;
  return [{ section: 'first', text }];
}

function lost({ totals: { outcomes, unfinished } }: AuditReport): Finding[] {
  const found: Finding[] = [];
  if (outcomes.unresolved > 0) {
    found.push({
      section: 'outcomes',
      text: `${countedWords(outcomes.unresolved, 'session')} ended unresolved: nobody knows whether AWS issued credentials; none left the broker.`,
    });
  }
  if (unfinished > 0) {
    found.push({
      section: 'outcomes',
      text: `${countedWords(unfinished, 'session')} ${unfinished === 1 ? 'has' : 'have'} an intent and no outcome in what was read.`,
    });
  }
  return found;
}
