import { readFileSync } from 'node:fs';

/** The parts of the published schema that events of Daypass use; where it is from is in the file. */
export interface OcsfSchema {
  readonly source: readonly string[];
  readonly version: string;
  readonly classes: Readonly<Record<string, Shape>>;
  readonly objects: Readonly<Record<string, Shape>>;
}

interface Shape {
  readonly uid?: number;
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] };
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Attribute {
  readonly requirement: 'required' | 'recommended' | 'optional';
  /** `string`, `integer`, `boolean`, `json`, or `object:NAME`. */
  readonly type: string;
  readonly array?: true;
  /** Value → caption. */
  readonly enum?: Readonly<Record<string, string>>;
  /** The attribute that holds the caption. */
  readonly sibling?: string;
}

export const SCHEMA = JSON.parse(readFileSync(new URL('./ocsf-1.5.0.json', import.meta.url), 'utf8')) as OcsfSchema;

/** Everything about an event that the schema does not allow, by path. */
export function violations(event: unknown): string[] {
  const { class_uid: uid } = event as { class_uid?: unknown };
  const shape = Object.values(SCHEMA.classes).find((candidate) => candidate.uid === uid);
  return shape === undefined ? [`class_uid ${String(uid)} is no class that is used`] : check(event, shape, '$');
}

function check(value: unknown, shape: Shape, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no object`];
  const object = value as Readonly<Record<string, unknown>>;
  const has = (name: string): boolean => object[name] !== undefined;
  const { at_least_one: some = [], just_one: one = [] } = shape.constraints ?? {};
  return [
    ...Object.keys(object).flatMap((name) =>
      shape.attributes[name] === undefined ? [`${path}.${name} is unknown`] : [],
    ),
    ...(some.length > 0 && !some.some(has) ? [`${path} needs one of ${some.join(', ')}`] : []),
    ...(one.length > 0 && one.filter(has).length !== 1 ? [`${path} needs just one of ${one.join(', ')}`] : []),
    ...Object.entries(shape.attributes).flatMap(([name, attribute]) => {
      if (!has(name)) return attribute.requirement === 'required' ? [`${path}.${name} is required`] : [];
      return [
        ...checkValues(object[name], attribute, `${path}.${name}`),
        ...checkCaption(object, name, attribute, `${path}.${name}`),
      ];
    }),
  ];
}

function checkValues(value: unknown, attribute: Attribute, path: string): string[] {
  if (attribute.array !== true) return checkValue(value, attribute, path);
  if (!Array.isArray(value)) return [`${path} is no array`];
  return value.flatMap((one, index) => checkValue(one, attribute, `${path}[${index}]`));
}

function checkValue(value: unknown, { type, enum: captions }: Attribute, path: string): string[] {
  if (type.startsWith('object:')) {
    const shape = SCHEMA.objects[type.slice('object:'.length)];
    return shape === undefined ? [`${path} is of a type that the fixture leaves out`] : check(value, shape, path);
  }
  const fits = {
    string: typeof value === 'string',
    integer: Number.isSafeInteger(value),
    boolean: typeof value === 'boolean',
    json: value !== undefined,
  }[type];
  if (fits !== true) return [`${path} is no ${type}`];
  return captions !== undefined && captions[String(value)] === undefined ? [`${path} may not be ${String(value)}`] : [];
}

/** An id and its caption say the same; with 99 the source says it in its own words. */
function checkCaption(
  object: Readonly<Record<string, unknown>>,
  name: string,
  { enum: captions, sibling }: Attribute,
  path: string,
): string[] {
  const caption = captions?.[String(object[name])];
  if (sibling === undefined || caption === undefined || object[sibling] === undefined || object[name] === 99) return [];
  return object[sibling] === caption ? [] : [`${path} is “${caption}”, not “${String(object[sibling])}”`];
}
