import { type CollectionTag, parse, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml';

/** A CloudFormation template as data: `!Ref X` is `{ Ref: 'X' }`, as CloudFormation itself reads it. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: every resource type has properties of its own
  readonly Properties: Readonly<Record<string, any>>;
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const FUNCTIONS = ['Ref', 'Condition', 'GetAtt', 'Sub', 'Join', 'If', 'Not', 'And', 'Or', 'Equals', 'Split', 'Select'];

/** The long form of a short tag: `Ref` and `Condition` stand alone, all others are `Fn::`. */
function longForm(name: string): string {
  return name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
}

const tags: (ScalarTag | CollectionTag)[] = FUNCTIONS.flatMap((name) => [
  {
    tag: `!${name}`,
    resolve: (value: string) => ({ [longForm(name)]: name === 'GetAtt' ? value.split('.') : value }),
  } satisfies ScalarTag,
  {
    tag: `!${name}`,
    collection: 'seq',
    resolve: (value) => {
      const map = new YAMLMap();
      map.set(longForm(name), value instanceof YAMLSeq ? value : undefined);
      return map;
    },
  } satisfies CollectionTag,
]);

/** Reads a template, or serverless.yml, with CloudFormation's short tags. Throws on a tag it does not know. */
export function parseTemplate(source: string): Template {
  return parse(source, { customTags: tags, strict: true, logLevel: 'error' }) as Template;
}

export function resourcesOf(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** All statements of a role's inline policies. */
export function statementsOf(role: Resource): PolicyStatement[] {
  const policies = role.Properties['Policies'] as { PolicyDocument: { Statement: PolicyStatement[] } }[];
  return policies.flatMap((policy) => policy.PolicyDocument.Statement).map(whereItApplies);
}

/** A statement that is there under a condition, as it is where the condition holds. */
function whereItApplies(statement: PolicyStatement | { readonly 'Fn::If': readonly unknown[] }): PolicyStatement {
  return 'Fn::If' in statement ? (statement['Fn::If'][1] as PolicyStatement) : statement;
}

export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}
