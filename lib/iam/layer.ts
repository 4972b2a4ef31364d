import type { PolicyDocument, Statement } from './document.ts';
import type { PrincipalGrade } from './principal-set.ts';
import { matchStatement, type Request, type StatementMatch } from './statement-match.ts';

/**
 * The kinds of policy that take part in one evaluation, each a layer. A layer's outcome is what its documents say when
 * they are asked alone.
 */
export type LayerName = 'serviceControl' | 'resourceControl' | 'resource' | 'identity' | 'boundary' | 'session';

export type Outcome = 'allowed' | 'implicitlyDenied' | 'explicitlyDenied';

/** A document and where it came from, such as `identityPolicies[0]`, for the trace. */
export interface PlacedDocument {
  readonly place: string;
  readonly document: PolicyDocument;
}

export interface StatementTrace {
  /** The document's place. */
  readonly place: string;
  readonly statement: Statement;
  readonly match: StatementMatch;
}

export interface LayerTrace {
  readonly layer: LayerName;
  /** `notApplicable`: there is no policy of this kind, or it does not apply to this request (`note` says why). */
  readonly outcome: Outcome | 'notApplicable';
  readonly note: string | undefined;
  /** Every statement that was looked at, in order. */
  readonly statements: readonly StatementTrace[];
  /** Those that apply and deny. */
  readonly denying: readonly StatementTrace[];
  /** Those that apply and allow. */
  readonly allowing: readonly StatementTrace[];
  /** For organization policies: the first level, from the root, at which nothing allows. */
  readonly blockedLevel: number | undefined;
}

interface MatchOptions {
  readonly principals: boolean;
  readonly bounded: boolean;
}

const NOTHING: readonly StatementTrace[] = [];

/** A layer that has no say. */
export function absentLayer(layer: LayerName, note?: string): LayerTrace {
  return {
    layer,
    outcome: 'notApplicable',
    note,
    statements: NOTHING,
    denying: NOTHING,
    allowing: NOTHING,
    blockedLevel: undefined,
  };
}

/** A layer in which one allowing statement of any document is enough. */
export function evaluateLayer(
  layer: LayerName,
  documents: readonly PlacedDocument[],
  request: Request,
  options: MatchOptions = { principals: false, bounded: false },
): LayerTrace {
  const found = new Findings();
  for (const placed of documents) found.add(placed, request, options);
  return found.trace(layer, undefined, false);
}

/**
 * A layer of organization policies: at every level, from the root down to the account, something must allow.
 *
 * @param levels the documents of each level, root first
 * @param alwaysAllowed true for resource control policies, whose levels all hold RCPFullAWSAccess, which cannot be
 *   detached
 */
export function evaluateLevels(
  layer: LayerName,
  levels: readonly (readonly PlacedDocument[])[],
  request: Request,
  alwaysAllowed: boolean,
): LayerTrace {
  const found = new Findings();
  let blockedLevel: number | undefined;
  for (const [level, documents] of levels.entries()) {
    const before = found.allowing.length;
    for (const placed of documents) found.add(placed, request, { principals: false, bounded: false });
    const allows = alwaysAllowed || found.allowing.length > before;
    if (!allows) blockedLevel ??= level;
  }
  return found.trace(layer, blockedLevel, blockedLevel === undefined);
}

/** How closely the allowing statements name the requester: the closest of them. */
export function closestGrade({ allowing }: LayerTrace): PrincipalGrade | undefined {
  let closest: PrincipalGrade | undefined;
  for (const { match } of allowing) {
    if (!match.applies || match.grade === undefined) continue;
    if (match.grade === 'itself') return 'itself';
    if (closest !== 'entity') closest = match.grade;
  }
  return closest;
}

/** What the statements of a layer say, as they are looked at. */
class Findings {
  readonly statements: StatementTrace[] = [];
  readonly denying: StatementTrace[] = [];
  readonly allowing: StatementTrace[] = [];

  add({ place, document }: PlacedDocument, request: Request, options: MatchOptions): void {
    for (const statement of document.statements) {
      const match = matchStatement(statement, request, options);
      const found: StatementTrace = { place, statement, match };
      this.statements.push(found);
      if (match.applies) (statement.effect === 'Deny' ? this.denying : this.allowing).push(found);
    }
  }

  trace(layer: LayerName, blockedLevel: number | undefined, allLevelsAllow: boolean): LayerTrace {
    const { statements, denying, allowing } = this;
    const allowed = blockedLevel === undefined && (allLevelsAllow || allowing.length > 0);
    const outcome = denying.length > 0 ? 'explicitlyDenied' : allowed ? 'allowed' : 'implicitlyDenied';
    return { layer, outcome, note: undefined, statements, denying, allowing, blockedLevel };
  }
}
