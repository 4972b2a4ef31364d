/**
 * A second evaluator, written from the documentation in the simplest way that could work: no compiling, no sets, no
 * early end, JSON in and one word out. It shares no line with lib/iam; the property test holds the two against each
 * other. It knows what the generator of that test writes, and no more.
 */

type Value = string | readonly string[];
export interface OracleStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: Value;
  readonly NotAction?: Value;
  readonly Resource?: Value;
  readonly NotResource?: Value;
  readonly Principal?: '*' | Readonly<Record<string, Value>>;
  readonly NotPrincipal?: '*' | Readonly<Record<string, Value>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Value>>>>;
}
export interface OracleDocument {
  readonly Version?: '2008-10-17' | '2012-10-17';
  readonly Statement: readonly OracleStatement[];
}
export interface OracleRequest {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly resourceAccountId: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
}
export interface OracleInput {
  readonly request: OracleRequest;
  readonly identityPolicies: readonly OracleDocument[];
  readonly resourcePolicy: readonly OracleDocument[];
  readonly permissionBoundaries: readonly OracleDocument[];
  readonly sessionPolicies: readonly OracleDocument[];
  readonly serviceControlPolicies: readonly (readonly OracleDocument[])[];
  readonly resourceControlPolicies: readonly (readonly OracleDocument[])[];
  readonly managementAccountId?: string;
}
export type OracleDecision = 'allowed' | 'implicitlyDenied' | 'explicitlyDenied';

const list = (value: Value | undefined): readonly string[] => (value === undefined ? [] : ([value].flat() as string[]));

/** Who somebody is, read off the text. */
function whois(principal: string) {
  const account = /^arn:aws:(?:iam|sts)::(\d{12}):/.exec(principal)?.[1];
  const role = /:assumed-role\/([^/]+)\//.exec(principal)?.[1];
  const federated = /:federated-user\/(.+)$/.exec(principal)?.[1];
  return {
    account,
    isRoot: principal.endsWith(':root'),
    isRole: /:role\//.test(principal),
    isSession: role !== undefined,
    isFederated: federated !== undefined,
    behind:
      role !== undefined
        ? `arn:aws:iam::${account}:role/${role}`
        : federated !== undefined
          ? `arn:aws:iam::${account}:user/${federated}`
          : undefined,
    serviceLinked: principal.includes(':role/aws-service-role/'),
  };
}

/** `?` and `*` by trying everything; a two-character escape `\x` is x itself. */
function like(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [first = ''] = pattern;
  if (first === '*') return like(pattern.slice(1), text) || (text !== '' && like(pattern, text.slice(1)));
  if (text === '') return false;
  if (first === '\\') return pattern[1] === text[0] && like(pattern.slice(2), text.slice(1));
  return (first === '?' || first === text[0]) && like(pattern.slice(1), text.slice(1));
}

/** Puts values in, escaped; undefined when one is missing. Backslashes of the text are escaped first. */
function fill(text: string, request: OracleRequest, version: string | undefined): string | undefined {
  const escaped = text.replace(/\\/g, '\\\\');
  if (version !== '2012-10-17') return escaped;
  let missing = false;
  const filled = escaped.replace(/\$\{([^}]*)\}/g, (_all, inner: string) => {
    if (inner === '*' || inner === '?' || inner === '$') return `\\${inner}`;
    const [name = '', fallback] = inner.split(', ');
    const key = Object.keys(request.context).find((one) => one.toLowerCase() === name.toLowerCase());
    const values = key === undefined ? [] : (request.context[key] ?? []);
    const value = values.length === 1 ? values[0] : values.length === 0 ? fallback?.replace(/'/g, '') : undefined;
    if (value === undefined) missing = true;
    return (value ?? '').replace(/[\\*?]/g, '\\$&');
  });
  return missing ? undefined : filled;
}

const fieldsOf = (arn: string): string[] => {
  const fields = arn.split(':');
  return [...fields.slice(0, 5), fields.slice(5).join(':')];
};

function resourceFits(pattern: string, request: OracleRequest, version: string | undefined): boolean {
  if (pattern === '*') return true;
  if (!request.resource.startsWith('arn:')) return false;
  const wanted = pattern.replace(/\$\{[^}]*\}/g, (variable) => variable.replace(/:/g, '\u0000'));
  const given = fieldsOf(request.resource);
  return fieldsOf(wanted).every((field, index) => {
    const restored = field.replaceAll('\u0000', ':');
    const filled = index === 5 ? fill(restored, request, version) : restored;
    return filled !== undefined && like(filled, given[index] ?? '');
  });
}

function compare(
  operator: string,
  given: string,
  wanted: string,
  request: OracleRequest,
  version: string | undefined,
): boolean | undefined {
  if (operator === 'Bool') return given.toLowerCase() === wanted;
  if (operator === 'NumericLessThan') return Number(given) < Number(wanted);
  const filled = fill(wanted, request, version);
  if (filled === undefined) return undefined;
  if (operator === 'StringLike') return like(filled, given);
  if (operator === 'ArnLike') {
    const parts = fieldsOf(given);
    return given.startsWith('arn:') && fieldsOf(filled).every((field, index) => like(field, parts[index] ?? ''));
  }
  return given === filled.replace(/\\(.)/g, '$1');
}

function conditionFits(statement: OracleStatement, request: OracleRequest, version: string | undefined): boolean {
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([name, wanted]) => {
      const set = /^(ForAnyValue|ForAllValues):/.exec(operator)?.[1];
      const ifExists = operator.endsWith('IfExists');
      const bare = operator.replace(/^.*:/, '').replace(/IfExists$/, '');
      const negated = bare.includes('Not');
      const positive = bare.replace('Not', '');
      const key = Object.keys(request.context).find((one) => one.toLowerCase() === name.toLowerCase());
      const given = key === undefined ? [] : (request.context[key] ?? []);
      if (bare === 'Null') return list(wanted).includes(String(given.length === 0));
      const fits = (value: string) => {
        const results = list(wanted).map((one) => compare(positive, value, one, request, version));
        if (!negated) return results.includes(true);
        return !results.includes(true) && !results.includes(undefined);
      };
      const isNothing = given.length === 0 || (given.length === 1 && given[0] === '');
      if (set === 'ForAllValues') return isNothing || given.every(fits);
      if (set === 'ForAnyValue') return given.length === 0 ? ifExists : !isNothing && given.some(fits);
      if (given.length === 0) return ifExists || negated;
      return negated ? given.every(fits) : given.some(fits);
    }),
  );
}

/** `itself`, `behind` (the role of a session), `account`, or nothing. */
function named(principals: '*' | Readonly<Record<string, Value>>, requester: string): string | undefined {
  const who = whois(requester);
  const aws = principals === '*' ? ['*'] : list(principals['AWS']);
  const services = principals === '*' ? [] : list(principals['Service']);
  if (who.account === undefined) {
    return aws.includes('*') || services.includes(requester) ? 'itself' : undefined;
  }
  if (aws.includes('*') || aws.includes(requester)) return who.isRole ? 'behind' : 'itself';
  if (who.behind !== undefined && aws.includes(who.behind)) return 'behind';
  if (aws.includes(who.account) || aws.includes(`arn:aws:iam::${who.account}:root`)) return 'account';
  return undefined;
}

/** How a statement applies: undefined when it does not, else how it names the requester (`any` without principals). */
function applies(
  statement: OracleStatement,
  version: string | undefined,
  request: OracleRequest,
  asResource: boolean,
  bounded: boolean,
): string | undefined {
  const action = request.action.toLowerCase();
  const actionFits = (patterns: Value | undefined) => list(patterns).some((one) => like(one.toLowerCase(), action));
  const resourcesFit = (patterns: Value | undefined) =>
    list(patterns).some((one) => resourceFits(one, request, version));
  if (statement.Action !== undefined && !actionFits(statement.Action)) return undefined;
  if (statement.NotAction !== undefined && actionFits(statement.NotAction)) return undefined;
  if (statement.Resource !== undefined && !resourcesFit(statement.Resource)) return undefined;
  if (statement.NotResource !== undefined && resourcesFit(statement.NotResource)) return undefined;
  if (!conditionFits(statement, request, version)) return undefined;
  if (!asResource) return 'any';
  if (statement.Principal !== undefined) return named(statement.Principal, request.principal);
  if (statement.NotPrincipal === undefined) return undefined;
  if (bounded && statement.Effect === 'Deny') return 'itself';
  const { isRole, isRoot } = whois(request.principal);
  const all = isRole ? 'behind' : 'itself';
  const how = named(statement.NotPrincipal, request.principal);
  const isAll = how === all || (isRoot && how === 'account');
  if (statement.Effect === 'Deny' ? isAll : how !== undefined) return undefined;
  return all;
}

export function oracle(input: OracleInput): OracleDecision {
  const { request } = input;
  const who = whois(request.principal);
  const isPerson = who.account !== undefined && !who.isRoot;
  const bounded = isPerson && input.permissionBoundaries.length > 0;
  const exemptCaller = who.account === undefined || who.account === input.managementAccountId || who.serviceLinked;
  const exemptResource = request.resourceAccountId === input.managementAccountId || who.serviceLinked;
  const scps = exemptCaller ? [] : input.serviceControlPolicies;
  const rcps = exemptResource ? [] : input.resourceControlPolicies;
  const identity = isPerson ? input.identityPolicies : [];
  const boundary = isPerson ? input.permissionBoundaries : [];
  const session = isPerson ? input.sessionPolicies : [];
  const hits = (documents: readonly OracleDocument[], effect: string, asResource = false): string[] =>
    documents.flatMap((document) =>
      document.Statement.filter((statement) => statement.Effect === effect).flatMap(
        (statement) => applies(statement, document.Version, request, asResource, bounded) ?? [],
      ),
    );
  const personal = [...identity, ...boundary, ...session, ...scps.flat(), ...rcps.flat()];
  if (hits(personal, 'Deny').length > 0 || hits(input.resourcePolicy, 'Deny', true).length > 0)
    return 'explicitlyDenied';
  if (scps.some((level) => hits(level, 'Allow').length === 0)) return 'implicitlyDenied';
  const grants = hits(input.resourcePolicy, 'Allow', true);
  const verdict = (allowed: boolean): OracleDecision => (allowed ? 'allowed' : 'implicitlyDenied');
  if (who.account === undefined) return verdict(grants.length > 0);
  const byIdentity = who.isRoot || hits(identity, 'Allow').length > 0;
  const boundaryLets = boundary.length === 0 || hits(boundary, 'Allow').length > 0;
  const sessionLets = session.length === 0 ? !who.isFederated : hits(session, 'Allow').length > 0;
  const lets = boundaryLets && sessionLets;
  if (who.account !== request.resourceAccountId) return verdict(grants.length > 0 && byIdentity && lets);
  if (grants.includes('itself')) return 'allowed';
  if (grants.includes('behind') && lets) return 'allowed';
  const mustBeNamed =
    (/^arn:aws:kms:[^:]*:\d+:key\//.test(request.resource) && /^kms:/i.test(request.action)) ||
    (/^arn:aws:iam::\d+:role\//.test(request.resource) && /^sts:(AssumeRole|TagSession)$/i.test(request.action));
  // The root user is its account: naming the account names it.
  if (who.isRoot && grants.length > 0) return 'allowed';
  return verdict(byIdentity && lets && (!mustBeNamed || grants.length > 0));
}
