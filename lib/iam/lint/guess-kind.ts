import type { JsonObject } from '../../json.ts';
import type { PolicyKind } from '../document.ts';
import { foldCase } from '../fold-case.ts';
import { viewDocument } from './statement-view.ts';

/**
 * What kind of policy a document most likely is: one that names principals is a resource policy, or a trust policy when
 * it is about assuming the role that it stands in; any other is an identity policy. Boundaries, session policies and those of
 * organizations look the same as these, so they have to be told.
 */
export function guessKind(json: JsonObject): PolicyKind {
  const { statements } = viewDocument(json);
  if (!statements.some(({ principals }) => principals !== undefined)) return 'identity';
  const texts = statements.flatMap(({ actions }) => actions?.texts ?? []);
  const isTrust =
    texts.some(({ text }) => foldCase(text).startsWith('sts:')) &&
    statements.every(({ resources }) => resources === undefined);
  return isTrust ? 'trust' : 'resource';
}
