import { expect } from 'vitest';
import { contextOf } from '../../lib/iam/condition.ts';
import type { PolicyKind } from '../../lib/iam/document.ts';
import { type Evaluation, evaluate } from '../../lib/iam/evaluate.ts';
import type { PlacedDocument } from '../../lib/iam/layer.ts';
import { parseDocument } from '../../lib/iam/parse-document.ts';
import { parseRequester } from '../../lib/iam/requester.ts';
import { makeRequest } from '../../lib/iam/statement-match.ts';
import type { JsonObject } from '../../lib/json.ts';

/** Words of the evaluation tests. */

export const HOME = '111111111111';
export const AWAY = '222222222222';
export const USER = `arn:aws:iam::${HOME}:user/alice`;
export const ROLE = `arn:aws:iam::${HOME}:role/app`;
export const SESSION = `arn:aws:sts::${HOME}:assumed-role/app/run-1`;
export const FEDERATED = `arn:aws:sts::${HOME}:federated-user/alice`;
export const ROOT = `arn:aws:iam::${HOME}:root`;
export const OBJECT = 'arn:aws:s3:::bucket/key';

type Statements = readonly JsonObject[];

export interface Question {
  readonly by?: string;
  readonly action?: string;
  readonly on?: string;
  /** The account that owns the resource. */
  readonly account?: string | undefined;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  readonly identity?: Statements;
  readonly resource?: Statements;
  readonly boundary?: Statements;
  readonly session?: Statements;
  /** Levels, root first, each the statements of one document. */
  readonly scp?: readonly Statements[];
  readonly rcp?: readonly Statements[];
  readonly management?: string;
  readonly version?: string | undefined;
  readonly resourceKind?: PolicyKind;
}

export function allow(
  action: string | string[] = 's3:GetObject',
  resource: string | string[] = '*',
  rest = {},
): JsonObject {
  return { Effect: 'Allow', Action: action, Resource: resource, ...rest };
}

export function deny(
  action: string | string[] = 's3:GetObject',
  resource: string | string[] = '*',
  rest = {},
): JsonObject {
  return { Effect: 'Deny', Action: action, Resource: resource, ...rest };
}

/** A statement of a resource's policy that names principals: `*`, or the values of `AWS`. */
export function to(principal: string | JsonObject, statement: JsonObject = allow()): JsonObject {
  return {
    ...statement,
    Principal: typeof principal === 'string' && principal !== '*' ? { AWS: principal } : principal,
  };
}

export const ALLOW_ALL: Statements = [allow('*')];
/** Says nothing of the request that the tests make by default. */
export const SILENT: Statements = [allow('ec2:*')];

/** @param version undefined for a document without `Version` */
export function document(
  statements: Statements,
  kind: PolicyKind,
  version: string | undefined,
  place = kind as string,
): PlacedDocument {
  const json = { ...(version !== undefined && { Version: version }), Statement: statements };
  const { document: parsed, problems } = parseDocument(json, kind);
  if (parsed === undefined) throw new Error(`the test's own policy is wrong: ${JSON.stringify(problems)}`);
  return { place, document: parsed };
}

export function ask(question: Question): Evaluation {
  const { by = USER, action = 's3:GetObject', on = OBJECT, context = {} } = question;
  const account = 'account' in question ? question.account : HOME;
  const requester = parseRequester(by);
  if (requester === undefined) throw new Error(`nobody is ${by}`);
  const version = 'version' in question ? question.version : '2012-10-17';
  const list = (statements: Statements | undefined, kind: PolicyKind): PlacedDocument[] =>
    statements === undefined ? [] : [document(statements, kind, version)];
  const levels = (given: readonly Statements[] | undefined, kind: PolicyKind): PlacedDocument[][] =>
    (given ?? []).map((statements) => list(statements, kind));
  const record = Object.fromEntries(Object.entries(context).map(([key, value]) => [key, [value].flat() as string[]]));
  return evaluate(
    makeRequest({ requester, action, resource: on, resourceAccountId: account, context: contextOf(record) }),
    {
      identity: list(question.identity, 'identity'),
      resource: list(question.resource, question.resourceKind ?? 'resource'),
      boundary: list(question.boundary, 'boundary'),
      session: list(question.session, 'session'),
      serviceControl: levels(question.scp, 'scp'),
      resourceControl: levels(question.rcp, 'rcp'),
      managementAccountId: question.management,
    },
  );
}

export type Letter = 'A' | 'I' | 'X';
export const DECISIONS = { A: 'allowed', I: 'implicitlyDenied', X: 'explicitlyDenied' } as const;

/** `A`llowed, `I`mplicitly or e`X`plicitly denied. */
export function expectDecision(question: Question, letter: Letter): Evaluation {
  const evaluation = ask(question);
  expect({ decision: evaluation.decision, reason: evaluation.reason }).toMatchObject({ decision: DECISIONS[letter] });
  return evaluation;
}
