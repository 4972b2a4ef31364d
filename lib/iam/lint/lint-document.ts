import type { JsonObject } from '../../json.ts';
import { namesPrincipals, type PolicyKind } from '../document.ts';
import { countedCharacters } from '../document-limits.ts';
import type { ServiceData } from '../service-data.ts';
import { checkActions } from './action-rules.ts';
import { ActionFinder } from './action-view.ts';
import { checkArns } from './arn-rules.ts';
import { checkDocument, checkVariables } from './document-rules.ts';
import { type Finding, FindingList } from './finding.ts';
import { checkGrant } from './grant-rules.ts';
import { KeyFinder } from './key-finder.ts';
import { checkKeys } from './key-rules.ts';
import { checkOperators } from './operator-rules.ts';
import { checkResourceControl } from './organization-rules.ts';
import { checkPrincipals } from './principal-rules.ts';
import { checkResources } from './resource-rules.ts';
import type { LintScope } from './scope.ts';
import { viewDocument } from './statement-view.ts';
import { checkTrustPolicy } from './trust-rules.ts';

/**
 * Characters of a document beyond which its content is not looked at: twice what AWS stores of any. That it is too
 * large is what is wrong with it.
 */
export const MAX_LINTED_CHARACTERS = 2 * 32_768;

/**
 * What is wrong, or doubtful, with what a policy document says, beyond what `parseDocument` finds wrong with how it says
 * it. Elements that are wrong in that way are passed over.
 *
 * @param json the document; of a Daypass session policy, with its `${claim:…}` in it
 * @returns in no particular order, at most `MAX_FINDINGS`
 */
export function lintDocument(json: JsonObject, kind: PolicyKind, data: ServiceData): readonly Finding[] {
  const size = countedCharacters(JSON.stringify(json));
  if (size > MAX_LINTED_CHARACTERS) return [];
  const scope: LintScope = { kind, document: viewDocument(json), data, findings: new FindingList() };
  const finder = new ActionFinder(data);
  const keys = new KeyFinder(data);
  checkDocument(scope, size);
  for (const statement of scope.document.statements) {
    if (scope.findings.isFull) break;
    const actions = (statement.actions?.texts ?? []).map((text) => finder.find(text));
    // Which actions a NotAction leaves is open-ended, so nothing is said about them.
    const listed = statement.actions?.negated === false ? actions : [];
    checkActions(actions, scope);
    if (statement.resources !== undefined) {
      checkArns(statement.resources, scope);
      checkResources(listed, statement.resources, scope);
    }
    checkVariables(statement, keys, scope);
    checkKeys(statement, listed.length > 0 ? listed : undefined, keys, scope);
    checkOperators(statement, listed, keys, scope);
    checkGrant(statement, actions, scope);
    if (namesPrincipals(kind)) checkPrincipals(statement, scope);
    if (kind === 'trust') checkTrustPolicy(statement, actions, scope);
    if (kind === 'rcp') checkResourceControl(statement, actions, scope);
  }
  return scope.findings.findings;
}
