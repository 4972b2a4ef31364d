import type { Evaluation, Reason } from './evaluate.ts';
import type { LayerName, LayerTrace, StatementTrace } from './layer.ts';

/** How an evaluation is told: as plain data for programs, as sentences for people. */
export interface TraceJson {
  readonly reason: Reason;
  readonly sameAccount?: boolean;
  readonly note?: string;
  /** The statements that settled it: those that deny, or those that grant. None where nothing granted. */
  readonly decidedBy: readonly StatementJson[];
  /** Every layer that has a say, and why each of its statements applies or not. */
  readonly layers: readonly LayerJson[];
}

export interface StatementJson {
  /** Such as `identityPolicies[0].Statement[2]`. */
  readonly statement: string;
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
}

export interface LayerJson {
  readonly layer: LayerName;
  readonly outcome: LayerTrace['outcome'];
  readonly note?: string;
  readonly blockedLevel?: number;
  readonly statements: readonly (StatementJson & {
    readonly applies: boolean;
    readonly names?: 'itself' | 'entity' | 'account';
    readonly mismatch?: 'principal' | 'action' | 'resource' | 'condition';
    readonly operator?: string;
    readonly key?: string;
  })[];
}

export function traceJson(evaluation: Evaluation): TraceJson {
  const { reason, sameAccount, note, layers } = evaluation;
  return {
    reason,
    ...(sameAccount !== undefined && { sameAccount }),
    ...(note !== undefined && { note }),
    decidedBy: decidingStatements(evaluation).map(statementJson),
    layers: Object.values(layers).filter(hasSay).map(layerJson),
  };
}

/** The statements that settled the decision. */
export function decidingStatements({ reason, layers }: Evaluation): readonly StatementTrace[] {
  switch (reason) {
    case 'explicitDeny':
      return Object.values(layers).flatMap((layer: LayerTrace) => layer.denying);
    case 'resourcePolicyGrants':
      return layers.resource.allowing;
    case 'identityPolicyGrants':
      return layers.identity.allowing;
    case 'bothSidesGrant':
      return [...layers.resource.allowing, ...layers.identity.allowing];
    default:
      return [];
  }
}

/** What decided, and what came close: a few sentences, the answer first. */
export function explain(evaluation: Evaluation): string[] {
  const { decision, reason, note } = evaluation;
  const verdict = { allowed: 'Allowed', implicitlyDenied: 'Denied', explicitlyDenied: 'Denied' }[decision];
  const sentences = [`${verdict}: ${note === undefined ? WHY[reason] : `${WHY[reason]} (${note})`}.`];
  for (const trace of decidingStatements(evaluation)) {
    sentences.push(`${nameOf(trace)} ${trace.statement.effect === 'Deny' ? 'denies' : 'allows'} it.`);
  }
  for (const layer of Object.values(evaluation.layers) as LayerTrace[]) sentences.push(...layerSentences(layer));
  return sentences;
}

const WHY: Readonly<Record<Reason, string>> = {
  noPermissionNeeded: 'AWS asks no policy about this action',
  explicitDeny: 'a statement denies it, and a deny is final',
  reservedForAws: 'AWS lets nobody in an account do this',
  resourceControlLevel: 'a level of the resource control policies does not allow it',
  serviceControlLevel: 'a level of the service control policies does not allow it',
  resourcePolicyGrants: 'the resource’s policy grants it to this principal',
  identityPolicyGrants: 'an identity policy allows it',
  bothSidesGrant: 'the identity’s account and the resource’s account both allow it',
  rootUser: 'the root user has full access in its account',
  notGrantedByResource: 'the resource’s policy would have to allow it, and does not',
  notGrantedByIdentity: 'the resource’s policy leaves it to the identity policies, which do not allow it',
  notGranted: 'no policy allows it',
  limitedByBoundary: 'the permissions boundary does not allow it',
  limitedBySession: 'the session policy does not allow it',
};

const LAYER_NAMES: Readonly<Record<LayerName, string>> = {
  resourceControl: 'resource control policies',
  serviceControl: 'service control policies',
  resource: 'the resource’s policy',
  identity: 'identity policies',
  boundary: 'the permissions boundary',
  session: 'session policies',
};

const VERBS = {
  allowed: 'allow it',
  implicitlyDenied: 'do not allow it',
  explicitlyDenied: 'deny it',
  notApplicable: 'do not apply',
};

function layerSentences(layer: LayerTrace): string[] {
  if (!hasSay(layer)) return [];
  const { layer: name, outcome, note, blockedLevel, statements } = layer;
  const subject = LAYER_NAMES[name];
  const verb = subject.startsWith('the ')
    ? VERBS[outcome].replace(/^do /, 'does ').replace(/^(allow|deny) it$/, singular)
    : VERBS[outcome];
  const why = note !== undefined ? `: ${note}` : blockedLevel === undefined ? '' : ` at level ${blockedLevel}`;
  const sentences = [`${subject.slice(0, 1).toUpperCase()}${subject.slice(1)} ${verb}${why}.`];
  // A statement about another action says nothing of this request; the others came close.
  for (const trace of statements) {
    if (trace.match.applies || trace.match.mismatch === 'action') continue;
    const { mismatch, operator, key } = trace.match;
    const what =
      mismatch === 'condition' ? `its condition ${operator} on ${key} does not hold` : `its ${mismatch} does not fit`;
    sentences.push(`${nameOf(trace)} does not apply: ${what}.`);
  }
  return sentences;
}

function singular(verb: string): string {
  return verb === 'deny it' ? 'denies it' : 'allows it';
}

function nameOf({ place, statement: { index, sid } }: StatementTrace): string {
  return `${place}.Statement[${index}]${sid === undefined || sid === '' ? '' : ` “${sid}”`}`;
}

function hasSay({ outcome, note }: LayerTrace): boolean {
  return outcome !== 'notApplicable' || note !== undefined;
}

function statementJson({ place, statement: { index, sid, effect } }: StatementTrace): StatementJson {
  return { statement: `${place}.Statement[${index}]`, ...(sid !== undefined && { sid }), effect };
}

function layerJson({ layer, outcome, note, blockedLevel, statements }: LayerTrace): LayerJson {
  return {
    layer,
    outcome,
    ...(note !== undefined && { note }),
    ...(blockedLevel !== undefined && { blockedLevel }),
    statements: statements.map((trace) => {
      const { match } = trace;
      if (match.applies) {
        return { ...statementJson(trace), applies: true, ...(match.grade !== undefined && { names: match.grade }) };
      }
      const { mismatch, operator, key } = match;
      return {
        ...statementJson(trace),
        applies: false,
        mismatch,
        ...(operator !== undefined && { operator }),
        ...(key !== undefined && { key }),
      };
    }),
  };
}
