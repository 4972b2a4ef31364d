import { resourcePatternProblem } from '../resource.ts';
import type { ResourceType } from '../service-data.ts';
import { arnPattern, fieldOverlaps, overlaps, type TypePattern, typePattern } from './arn-pattern.ts';
import type { LintScope } from './scope.ts';
import type { PlacedText } from './statement-view.ts';

/** A resource of a statement. */
export interface Target extends PlacedText {
  readonly parts: NonNullable<ReturnType<typeof arnPattern>>;
}

/** The statement's resources, and the types that have been compared with them. */
export class Targets {
  readonly all: readonly Target[];
  /** False when one is no ARN, which has been reported: what it was meant to be is not known. */
  readonly readable: boolean;
  readonly #held = new Map<string, boolean>();
  readonly #patterns = new Map<string, TypePattern | undefined>();

  constructor(texts: readonly PlacedText[], { document }: LintScope) {
    const variables = document.version === '2012-10-17';
    this.all = texts.flatMap(({ text, path }) => {
      const parts = resourcePatternProblem(text, variables) === undefined ? arnPattern(text) : undefined;
      return parts === undefined ? [] : [{ text, path, parts }];
    });
    this.readable = this.all.length > 0 && this.all.length === texts.length;
  }

  hit({ parts }: Target, { arn }: ResourceType): boolean {
    const pattern = this.#patternOf(arn);
    return pattern === undefined || overlaps(parts, pattern);
  }

  /** Whether any of them is of this type. Many actions share few types, so each is compared once. */
  holdOne(type: ResourceType): boolean {
    let held = this.#held.get(type.arn);
    if (held === undefined) {
      held = this.all.some((target) => this.hit(target, type));
      this.#held.set(type.arn, held);
    }
    return held;
  }

  /** What would have to change in the fields before the resource, when the resource itself fits. */
  nearMiss({ parts }: Target, { name, arn }: ResourceType): string | undefined {
    const pattern = this.#patternOf(arn);
    if (pattern === undefined || parts[2] !== pattern.fields[2]) return undefined;
    const [, partition, service, , , resource] = parts;
    const [, , , region, account] = pattern.fields;
    if (!overlaps([parts[0], partition, service, fits(region), fits(account), resource], pattern)) return undefined;
    const wrong = [
      { what: 'region', given: parts[3], field: region },
      { what: 'account', given: parts[4], field: account },
    ].filter(({ given, field }) => !fieldOverlaps(given, field));
    if (wrong.length === 0) return undefined;
    const has = wrong.map(({ what, field }) => (field === '' ? `no ${what}` : article(what)));
    return `the ARN of ${article(name)} has ${has.join(' and ')}`;
  }

  /** Those first whose ARNs have a region and an account where this one has, which it was more likely meant to be. */
  closest({ parts }: Target, types: readonly ResourceType[]): ResourceType[] {
    const differs = ({ arn }: ResourceType): number => {
      const fields = this.#patternOf(arn)?.fields;
      return [3, 4].filter((field) => !fieldOverlaps(parts[field] ?? '', fields?.[field] ?? '')).length;
    };
    return types.toSorted((one, other) => differs(one) - differs(other));
  }

  #patternOf(arn: string): TypePattern | undefined {
    if (!this.#patterns.has(arn)) this.#patterns.set(arn, typePattern(arn));
    return this.#patterns.get(arn);
  }
}

/** What surely fits a field. */
function fits(field: string): string {
  return field.startsWith('${') ? '*' : field;
}

function article(name: string): string {
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}
