import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Fault, type FaultCode } from '../../lib/fault.ts';
import { problemOf } from '../../lib/http/problem.ts';
import { makeApi } from '../support/api.ts';
import { faultCodes } from '../support/fault-codes.ts';

/** The API's own description, held against what is deployed and against what the functions answer. */

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Record<string, { schema: object }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content: Record<string, { schema: object }> }
  >;
}

interface Document {
  readonly openapi: string;
  readonly info: Record<string, unknown>;
  readonly security: readonly Record<string, unknown>[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: Record<string, Record<string, unknown>>;
}

let document: Document;
let operations: readonly { readonly route: string; readonly path: string; readonly operation: Operation }[];

beforeAll(async () => {
  const answer = await makeApi().call('GET', '/v1/openapi.json');
  document = answer.body as unknown as Document;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, path, operation })),
  );
});

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => (name === '$ref' ? [String(member)] : references(member)));
}

function resolve(reference: string): unknown {
  expect(reference).toMatch(/^#\//);
  return reference
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document);
}

describe('The OpenAPI document', () => {
  it('is one of version 3.1, with what that requires', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const members = [
      'openapi',
      'info',
      'jsonSchemaDialect',
      'servers',
      'paths',
      'webhooks',
      'components',
      'security',
      'tags',
      'externalDocs',
    ];
    expect(Object.keys(document).filter((name) => !members.includes(name))).toEqual([]);
    for (const { operation } of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
      for (const [status, { description }] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[1-5]\d\d$/);
        expect(description).not.toBe('');
      }
    }
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has every reference resolve, and every schema be used', () => {
    const used = references(document);
    expect(used.length).toBeGreaterThan(0);
    for (const reference of used) expect({ reference, found: resolve(reference) }).toMatchObject({ found: {} });
    const schemas = Object.keys(document.components['schemas'] ?? {}).map((name) => `#/components/schemas/${name}`);
    expect(schemas.filter((name) => !used.includes(name))).toEqual([]);
  });

  it('describes the routes that are deployed, no more and no fewer', async () => {
    const serverless = parse(await readFile('serverless.yml', 'utf8'), { logLevel: 'silent' }) as {
      functions: Record<string, { events: { httpApi?: string }[] }>;
    };
    const deployed = Object.values(serverless.functions).flatMap(({ events }) =>
      events.flatMap(({ httpApi }) => httpApi ?? []),
    );
    // Pages are for browsers; the API is what is below /v1 and /.well-known.
    const api = deployed
      .filter((route) => /^[A-Z]+ \/(v1|\.well-known)\//.test(route))
      // Of `aws login`, as AWS describes them.
      .filter((route) => !/ \/v1\/(authorize|token)$/.test(route));
    expect(deployed.length).toBeGreaterThan(api.length);
    expect(operations.map(({ route }) => route).sort()).toEqual(api.sort());
  });

  it('wants a bearer token for all but what anyone may read', () => {
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(document.components['securitySchemes']).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
    const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ path }) => path);
    expect(open.sort()).toEqual(['/.well-known/daypass', '/v1/health', '/v1/openapi.json']);
  });

  it('says that a request with an unknown member is refused', () => {
    expect(resolve('#/components/schemas/CredentialsRequest')).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['role'],
    });
  });
});

describe('Every status that a code gives is described', () => {
  const container = '/v1/container/{account}/{role}';
  const ofBodies: readonly FaultCode[] = ['body_malformed', 'body_too_large', 'content_type_unsupported'];

  const isFor = (path: string, code: FaultCode): boolean => {
    // STS's own, which is not below /v1.
    if (code === 'request_signed' || code === 'operation_unknown') return false;
    // No route answers that it is not there; a role in a path may not be a name.
    if (code === 'not_found') return path === '/v1/audit/proof' || path === container;
    if (code === 'not_sealed') return path === '/v1/audit/proof';
    // Of tools that are signed in, which is not below /v1.
    if (/^(client|redirect|scope|grant|authorization|device_code|user_code|tool|tools)_/.test(code)) return false;
    if (code === 'slow_down' || code === 'session_too_short') return false;
    // A browser's own.
    if (code.startsWith('sign_in_') || code === 'request_forged') return false;
    if (code === 'ledger_behind') return ['/v1/credentials', '/v1/console', container].includes(path);
    if (path === '/v1/console') return code !== 'cursor_invalid';
    if (code.startsWith('console_') || code === 'destination_not_allowed') return false;
    if (path === '/v1/credentials') return code !== 'cursor_invalid';
    if (path === container) return code !== 'cursor_invalid' && !ofBodies.includes(code);
    if (code.startsWith('sts_')) return false;
    if (ofBodies.includes(code)) return path === '/v1/explain';
    return path === '/v1/audit' || !['cursor_invalid', 'access_denied'].includes(code);
  };

  it.each(['/v1/credentials', '/v1/console', container, '/v1/roles', '/v1/whoami', '/v1/explain', '/v1/audit'])(
    'for %s',
    async (path) => {
      const codes = await faultCodes();
      expect(codes.length).toBeGreaterThan(40);
      const described = Object.keys(operations.find((one) => one.path === path)?.operation.responses ?? {});
      const given = codes
        .filter((code) => isFor(path, code))
        .map((code) => String(problemOf(new Fault(code, ''), { requestId: '', sessionId: '' }).status));
      expect(described.sort()).toEqual([...new Set(['200', ...given])].sort());
    },
  );
});
