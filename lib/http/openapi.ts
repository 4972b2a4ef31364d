import * as z from 'zod/mini';
import { VERSION } from '../version.ts';
import * as contract from './contract.ts';

/** An OpenAPI 3.1 document of the API, made from the schemas the requests are checked with. */
export function openApi(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Daypass',
      version: VERSION,
      description: 'Turns a corporate sign-in into short-lived AWS credentials.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ bearer: [] }],
    paths: {
      '/v1/credentials': {
        post: {
          operationId: 'issueCredentials',
          summary: 'Issue a session; the answer is a credential_process document',
          requestBody: { required: true, content: { 'application/json': { schema: ref('CredentialsRequest') } } },
          responses: answers('CredentialsAnswer', 400, 401, 403, 413, 415, 429, 431, 500, 502, 503, 504),
        },
      },
      '/v1/container/{account}/{role}': {
        get: {
          operationId: 'containerCredentials',
          summary:
            'Issue a session as AWS_CONTAINER_CREDENTIALS_FULL_URI asks for one; the token with or without Bearer',
          parameters: [
            ...['account', 'role'].map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
            ...queryParameters(contract.containerQuery),
          ],
          responses: {
            ...success('ContainerAnswer'),
            ...refusals('ContainerProblem', [...READ, 403, 404, 502, 504]),
          },
        },
      },
      '/v1/console': {
        post: {
          operationId: 'openConsole',
          summary: 'Issue a session as a sign-in to the AWS console',
          requestBody: { required: true, content: { 'application/json': { schema: ref('ConsoleRequest') } } },
          responses: answers('ConsoleAnswer', 400, 401, 403, 413, 415, 429, 431, 500, 502, 503, 504),
        },
      },
      '/v1/roles': {
        get: {
          operationId: 'listRoles',
          summary: 'The roles you may have, and those you are close to',
          responses: answers('RolesAnswer', ...READ),
        },
      },
      '/v1/whoami': {
        get: {
          operationId: 'whoAmI',
          summary: 'Who the broker takes you for',
          responses: answers('WhoamiAnswer', ...READ),
        },
      },
      '/v1/explain': {
        post: {
          operationId: 'explainAccess',
          summary: 'What a request for credentials would be answered, and why; with policy:read, by whose rules',
          requestBody: { required: true, content: { 'application/json': { schema: ref('CredentialsRequest') } } },
          responses: answers('ExplainAnswer', 413, 415, ...READ),
        },
      },
      '/v1/audit': {
        get: {
          operationId: 'readAudit',
          summary: 'The audit log, for holders of audit:read',
          parameters: queryParameters(contract.auditQuery),
          responses: answers('AuditAnswer', 403, ...READ),
        },
      },
      '/v1/audit/proof': {
        get: {
          operationId: 'proveSession',
          summary:
            'Proofs that a session of yours is in the sealed audit log; of any session for holders of audit:read',
          parameters: queryParameters(contract.proofQuery),
          responses: answers('ProofAnswer', 404, 409, ...READ),
        },
      },
      '/v1/health': {
        get: {
          operationId: 'health',
          summary: 'Version and policy digest',
          security: [],
          responses: answers('HealthAnswer', 500),
        },
      },
      '/v1/openapi.json': {
        get: { operationId: 'openApi', summary: 'This document', security: [], responses: plain() },
      },
      '/.well-known/daypass': {
        get: {
          operationId: 'clientConfiguration',
          summary: 'How to sign in',
          security: [],
          responses: answers('ClientConfiguration', 500),
        },
      },
    },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: {
        CredentialsRequest: schema(contract.credentialsRequest, 'input'),
        CredentialsAnswer: schema(contract.credentialsAnswer),
        ConsoleRequest: schema(contract.consoleRequest, 'input'),
        ConsoleAnswer: schema(contract.consoleAnswer),
        ContainerAnswer: schema(contract.containerAnswer),
        ContainerProblem: schema(contract.containerProblem),
        RolesAnswer: schema(contract.rolesAnswer),
        ExplainAnswer: schema(contract.explainAnswer),
        WhoamiAnswer: schema(contract.whoamiAnswer),
        ProofAnswer: schema(contract.proofAnswer),
        AuditAnswer: schema(contract.auditAnswer),
        HealthAnswer: schema(contract.healthAnswer),
        ClientConfiguration: schema(contract.clientConfiguration),
        Problem: schema(contract.problem),
      },
    },
  };
}

const READ = [400, 401, 429, 431, 500, 503] as const;

function ref(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}

function schema(type: z.ZodMiniType, io: 'input' | 'output' = 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(type, { io });
  return rest;
}

function answers(name: string, ...problems: readonly number[]): object {
  return { ...success(name), ...refusals('Problem', problems) };
}

function success(name: string): object {
  return { 200: { description: 'OK', content: { 'application/json': { schema: ref(name) } } } };
}

function refusals(name: string, statuses: readonly number[]): object {
  const content = { 'application/problem+json': { schema: ref(name) } };
  return Object.fromEntries(statuses.map((status) => [status, { description: 'Problem', content }]));
}

function plain(): object {
  return { 200: { description: 'OK', content: { 'application/json': { schema: { type: 'object' } } } } };
}

function queryParameters(type: z.ZodMiniType): object[] {
  const { properties = {} } = z.toJSONSchema(type, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}
