import { nearest } from '../../nearest.ts';
import { actionPatternProblem } from '../action.ts';
import { foldCase } from '../fold-case.ts';
import { compileGlob, type Glob } from '../glob.ts';
import type { Service } from '../service-data.ts';
import type { ActionView } from './action-view.ts';
import { didYouMean } from './finding.ts';
import type { LintScope } from './scope.ts';

/** Names of calls of the S3 API that are not names of actions, and the action that decides about them. */
const OTHERWISE_NAMED: ReadonlyMap<string, string> = new Map([
  ['s3:copyobject', 's3:GetObject on the source and s3:PutObject on the target'],
  ['s3:completemultipartupload', 's3:PutObject'],
  ['s3:createmultipartupload', 's3:PutObject'],
  ['s3:deletebucketcors', 's3:PutBucketCORS'],
  ['s3:deletebucketencryption', 's3:PutEncryptionConfiguration'],
  ['s3:deleteobjects', 's3:DeleteObject'],
  ['s3:getbucketencryption', 's3:GetEncryptionConfiguration'],
  ['s3:headbucket', 's3:ListBucket'],
  ['s3:headobject', 's3:GetObject'],
  ['s3:listbuckets', 's3:ListAllMyBuckets'],
  ['s3:listobjects', 's3:ListBucket'],
  ['s3:listobjectsv2', 's3:ListBucket'],
  ['s3:listobjectversions', 's3:ListBucketVersions'],
  ['s3:listparts', 's3:ListMultipartUploadParts'],
  ['s3:putbucketencryption', 's3:PutEncryptionConfiguration'],
  ['s3:selectobjectcontent', 's3:GetObject'],
  ['s3:uploadpart', 's3:PutObject'],
  ['lambda:invoke', 'lambda:InvokeFunction'],
]);

/** Actions that do not exist, or that another of the same list already stands for. */
export function checkActions(actions: readonly ActionView[], scope: LintScope): void {
  for (const action of actions) checkAction(action, scope);
  checkRedundant(actions, scope);
}

function checkAction(action: ActionView, { data, findings }: LintScope): void {
  const { text, path, service } = action;
  // What is no action at all has been reported as such.
  if (findings.isFull || action.everything || actionPatternProblem(text) !== undefined) return;
  const prefix = text.slice(0, text.indexOf(':'));
  if (service === undefined) {
    const near = nearest(prefix, data.prefixes);
    findings.add('service_unknown', path, `there is no service "${prefix}"`, didYouMean(near && `${near}:`));
    return;
  }
  const [only] = action.actions;
  if (only === undefined) {
    if (action.wildcard) {
      findings.add('action_matches_nothing', path, `no action of ${service.name} matches "${text}"`);
      return;
    }
    const hint = hintFor(text, service);
    findings.add('action_unknown', path, `${service.name} has no action "${text}" (as of ${data.day})`, hint);
  } else if (!action.wildcard && text !== only.name) {
    findings.add('action_case', path, `AWS spells it ${only.name}; the case does not matter`);
  }
}

function hintFor(text: string, service: Service): { readonly hint?: string } {
  const otherwise = OTHERWISE_NAMED.get(foldCase(text));
  if (otherwise !== undefined) return { hint: `the action behind this call is ${otherwise}` };
  const names = [...service.actions.values()].map(({ name }) => name.slice(service.prefix.length + 1));
  const near = nearest(text.slice(text.indexOf(':') + 1), names);
  return didYouMean(near && `${service.prefix}:${near}`);
}

/** Patterns with wildcards that the others are compared with; a list that long is no reader's any more. */
const COMPARED_GLOBS = 200;

function checkRedundant(actions: readonly ActionView[], { findings }: LintScope): void {
  const seen = new Set<string>();
  const globs: { readonly glob: Glob; readonly text: string }[] = [];
  for (const { text } of actions) {
    const folded = foldCase(text);
    // A "?" in it could stand for the "*" of another, which it does not cover.
    if (folded.includes('*') && !folded.includes('?') && globs.length < COMPARED_GLOBS) {
      globs.push({ glob: compileGlob(folded), text });
    }
  }
  for (const { text, path } of actions) {
    if (findings.isFull) return;
    const folded = foldCase(text);
    if (seen.has(folded)) {
      findings.add('action_redundant', path, `"${text}" stands in this list twice`);
      continue;
    }
    seen.add(folded);
    const covering = globs.find((other) => other.glob.pattern !== folded && other.glob.matches(folded));
    if (covering === undefined) continue;
    // Two that cover each other, such as s3:* and s3:**: the first one stays.
    if (compileGlob(folded).matches(covering.glob.pattern) && seen.has(covering.glob.pattern) === false) continue;
    findings.add('action_redundant', path, `"${text}" is in "${covering.text}" already`);
  }
}
