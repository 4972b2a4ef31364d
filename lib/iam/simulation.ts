import { isJsonObject, type Json } from '../json.ts';
import { evaluate } from './evaluate.ts';
import { explain, type TraceJson, traceJson } from './explain.ts';
import type { Outcome } from './layer.ts';
import { own, SimulationReader } from './simulation-reader.ts';

/**
 * One question with everything that is needed to answer it, as `daypass simulate` reads it.
 *
 * ```
 * {
 *   "name": "…",                                          optional
 *   "request": {
 *     "principal": "an ARN, a service's name, or anonymous",
 *     "action": "s3:GetObject",
 *     "resource": "an ARN, or *",
 *     "resourceAccountId": "111122223333",                optional: the ARN's account, else the principal's
 *     "context": { "aws:SourceIp": "192.0.2.1", "aws:TagKeys": ["team"] },
 *     "serviceLinkedRole": true                           optional: when the principal's ARN does not show it
 *   },
 *   "identityPolicies": [document, …],
 *   "resourcePolicy": document,                           or a list of them
 *   "permissionBoundaries": [document, …],
 *   "sessionPolicies": [document, …],
 *   "serviceControlPolicies": [[document, …], …],         levels, root first
 *   "resourceControlPolicies": [[document, …], …],
 *   "managementAccountId": "111122223333"                 optional
 * }
 * ```
 */
export interface SimulationResult {
  readonly name?: string;
  readonly decision: Outcome;
  readonly trace: TraceJson;
  readonly explanation?: readonly string[];
}

/** Something wrong in the question. When `fatal`, there is no answer. */
export interface SimulationProblem {
  /** A JSON path in the entry. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  readonly fatal: boolean;
}

export interface Simulated {
  readonly name: string | undefined;
  readonly result: SimulationResult | undefined;
  readonly problems: readonly SimulationProblem[];
}

const MEMBERS = [
  'name',
  'request',
  'identityPolicies',
  'resourcePolicy',
  'permissionBoundaries',
  'sessionPolicies',
  'serviceControlPolicies',
  'resourceControlPolicies',
  'managementAccountId',
] as const;
/** Answers one question. Never throws for what it is given. */
export function simulate(entry: Json, options: { readonly explain: boolean }): Simulated {
  const reader = new SimulationReader();
  if (!isJsonObject(entry)) {
    reader.fail([], 'an entry is a JSON object with a request and policies');
    return { name: undefined, result: undefined, problems: reader.problems };
  }
  reader.members(entry, MEMBERS, []);
  const given = own(entry, 'name');
  const name = typeof given === 'string' ? given : undefined;
  if (given !== undefined && given !== null && name === undefined) reader.fail(['name'], 'name is a text');
  const request = reader.request(own(entry, 'request'));
  const policies = reader.policies(entry, request);
  if (request === undefined || reader.failed) return { name, result: undefined, problems: reader.problems };
  const evaluation = evaluate(request, policies);
  const result: SimulationResult = {
    ...(name !== undefined && { name }),
    decision: evaluation.decision,
    trace: traceJson(evaluation),
    ...(options.explain && { explanation: explain(evaluation) }),
  };
  return { name, result, problems: reader.problems };
}
