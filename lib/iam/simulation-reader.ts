import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { nearest } from '../nearest.ts';
import { isAction } from './action.ts';
import { isAccountId, splitArn } from './arn.ts';
import { type ConditionContext, contextOf } from './condition.ts';
import type { PolicyKind } from './document.ts';
import type { PolicySet } from './evaluate.ts';
import type { PlacedDocument } from './layer.ts';
import { parseDocument } from './parse-document.ts';
import { formatPath } from './policy-problem.ts';
import { asServiceLinked, parseRequester, type Requester } from './requester.ts';
import type { SimulationProblem } from './simulation.ts';
import { makeRequest, type Request } from './statement-match.ts';

const REQUEST_MEMBERS = [
  'principal',
  'action',
  'resource',
  'resourceAccountId',
  'context',
  'serviceLinkedRole',
] as const;

/** Far more than AWS sends. Comparing with patterns takes time that grows with both lengths. */
const MAX_RESOURCE_CHARACTERS = 8_192;
const MAX_CONTEXT_CHARACTERS = 16_384;

type Path = readonly (string | number)[];

/** Reads an entry member by member and notes what is wrong with it; each method gives what can be used. */
export class SimulationReader {
  readonly problems: SimulationProblem[] = [];

  get failed(): boolean {
    return this.problems.some((problem) => problem.fatal);
  }

  fail(path: Path, message: string, hint?: string): void {
    this.problems.push({ path: formatPath(path), message, ...(hint !== undefined && { hint }), fatal: true });
  }

  /** A misspelt member would be a policy that silently has no say. Members that resemble none are somebody's own. */
  members(object: JsonObject, known: readonly string[], path: Path): void {
    for (const name of Object.keys(object)) {
      // Short names resemble each other by chance.
      if (known.includes(name) || name.length < 6 || this.problems.length > 100) continue;
      const near = nearest(name, known);
      if (near !== undefined) this.fail([...path, name], `unknown member "${name}"`, `did you mean ${near}?`);
    }
  }

  request(value: Json | undefined): Request | undefined {
    const path = ['request'];
    if (!isJsonObject(value)) {
      this.fail(path, 'request is an object with principal, action and resource');
      return undefined;
    }
    this.members(value, REQUEST_MEMBERS, path);
    const requester = this.#requester(value);
    const action = this.#text(value, 'action');
    if (action !== undefined && !isAction(action)) {
      this.fail([...path, 'action'], `"${action}" is no action: service:Name, without wildcards`);
    }
    const resource = this.#text(value, 'resource');
    if (resource !== undefined && resource.length > MAX_RESOURCE_CHARACTERS) {
      this.fail([...path, 'resource'], `a resource has at most ${MAX_RESOURCE_CHARACTERS} characters`);
    } else if (resource !== undefined && resource !== '*' && splitArn(resource) === undefined) {
      this.fail([...path, 'resource'], `"${resource}" is neither an ARN nor "*"`);
    }
    const resourceAccountId = this.account(own(value, 'resourceAccountId'), [...path, 'resourceAccountId']);
    const context = this.#context(own(value, 'context'));
    if (requester === undefined || action === undefined || resource === undefined) return undefined;
    return makeRequest({ requester, action, resource, resourceAccountId, context });
  }

  policies(entry: JsonObject, request: Request | undefined): PolicySet {
    const isTrust = /^arn:[^:]*:iam::[^:]*:role\//.test(request?.resource.text ?? '');
    const resourceKind = isTrust && request?.foldedAction.startsWith('sts:') === true ? 'trust' : 'resource';
    return {
      identity: this.#documents(entry, 'identityPolicies', 'identity'),
      resource: this.#documents(entry, 'resourcePolicy', resourceKind),
      boundary: this.#documents(entry, 'permissionBoundaries', 'boundary'),
      session: this.#documents(entry, 'sessionPolicies', 'session'),
      serviceControl: this.#levels(entry, 'serviceControlPolicies', 'scp'),
      resourceControl: this.#levels(entry, 'resourceControlPolicies', 'rcp'),
      managementAccountId: this.account(own(entry, 'managementAccountId'), ['managementAccountId']),
    };
  }

  account(value: Json | undefined, path: Path): string | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' && isAccountId(value)) return value;
    this.fail(path, 'an account id is a text of 12 digits');
    return undefined;
  }

  #requester(request: JsonObject): Requester | undefined {
    const text = this.#text(request, 'principal');
    if (text === undefined) return undefined;
    const requester = parseRequester(text);
    if (requester === undefined) {
      const hint = 'the ARN of a user, a role, a session or an account’s root; a service’s name; or anonymous';
      this.fail(['request', 'principal'], `"${text}" is nobody that can make a request`, hint);
      return undefined;
    }
    const linked = own(request, 'serviceLinkedRole');
    if (linked === undefined || linked === false) return requester;
    if (linked !== true) this.fail(['request', 'serviceLinkedRole'], 'serviceLinkedRole is true or false');
    return asServiceLinked(requester);
  }

  #text(request: JsonObject, name: string): string | undefined {
    const value = own(request, name);
    if (typeof value === 'string' && value !== '') return value;
    this.fail(['request', name], value === undefined ? `${name} is missing` : `${name} is a text`);
    return undefined;
  }

  #context(value: Json | undefined): ConditionContext {
    const record: [string, readonly string[]][] = [];
    if (value === undefined || value === null) return contextOf({});
    const path = ['request', 'context'];
    if (!isJsonObject(value)) {
      this.fail(path, 'context is an object of keys and their values');
      return contextOf({});
    }
    const seen = new Map<string, string>();
    for (const [key, given] of Object.entries(value)) {
      const list = (Array.isArray(given) ? given : [given]) as readonly Json[];
      const texts = list.filter((item) => ['string', 'number', 'boolean'].includes(typeof item)).map(String);
      if (texts.length !== list.length) this.fail([...path, key], 'a context value is a text or a list of texts');
      if (texts.some((text) => text.length > MAX_CONTEXT_CHARACTERS)) {
        this.fail([...path, key], `a context value has at most ${MAX_CONTEXT_CHARACTERS} characters`);
      }
      const twin = seen.get(key.toLowerCase());
      if (twin !== undefined) this.fail([...path, key], `"${key}" and "${twin}" are the same key: case does not count`);
      seen.set(key.toLowerCase(), key);
      record.push([key, texts]);
    }
    return contextOf(Object.fromEntries(record));
  }

  #documents(entry: JsonObject, name: string, kind: PolicyKind): PlacedDocument[] {
    return this.#list(own(entry, name), kind, [name]);
  }

  #levels(entry: JsonObject, name: string, kind: PolicyKind): PlacedDocument[][] {
    const value = own(entry, name);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.fail([name], `${name} is a list of levels, root first, each a list of documents`);
      return [];
    }
    return (value as readonly Json[]).map((level, index) => this.#list(level, kind, [name, index]));
  }

  #list(value: Json | undefined, kind: PolicyKind, path: Path): PlacedDocument[] {
    if (value === undefined || value === null) return [];
    if (isJsonObject(value)) return this.#document(value, kind, path);
    if (Array.isArray(value)) {
      return (value as readonly Json[]).flatMap((item, index) => this.#document(item, kind, [...path, index]));
    }
    this.fail(path, 'a list of policy documents belongs here');
    return [];
  }

  #document(value: Json, kind: PolicyKind, path: Path): PlacedDocument[] {
    if (!isJsonObject(value)) {
      this.fail(path, 'a policy document is a JSON object');
      return [];
    }
    const { document, problems } = parseDocument(value, kind);
    for (const problem of problems) {
      const { message, hint, fatal } = problem;
      this.problems.push({
        path: formatPath([...path, ...problem.path]),
        message,
        ...(hint !== undefined && { hint }),
        fatal,
      });
    }
    return document === undefined ? [] : [{ place: formatPath(path).slice(2), document }];
  }
}

/** An object's own member; what a prototype has is none. */
export function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
