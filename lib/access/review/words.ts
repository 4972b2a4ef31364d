import { compileCondition } from '../../iam/condition.ts';
import { conditionInWords } from '../missing.ts';
import type { ConditionBlock } from '../policy.ts';

/** One clause of a condition, as the policy has it and as one would say it. */
export interface ConditionInWords {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
  readonly words: string;
}

export function conditionsInWords(condition: ConditionBlock): ConditionInWords[] {
  return compileCondition(condition).condition.clauses.map((clause) => ({
    operator: clause.operator,
    key: clause.key,
    values: clause.values,
    words: conditionInWords(clause, clause.values),
  }));
}
