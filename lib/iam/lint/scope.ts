import type { PolicyKind } from '../document.ts';
import type { ServiceData } from '../service-data.ts';
import type { FindingList } from './finding.ts';
import type { DocumentView } from './statement-view.ts';

/** What every rule is given. */
export interface LintScope {
  readonly kind: PolicyKind;
  readonly document: DocumentView;
  readonly data: ServiceData;
  readonly findings: FindingList;
}

/** Kinds that grant by themselves; the others only limit. */
export function grants(kind: PolicyKind): boolean {
  return kind === 'identity' || kind === 'resource' || kind === 'trust';
}

/** `*`, and what means the same. */
export function isEverything(pattern: string): boolean {
  return /^\*+$/.test(pattern);
}
