import { describe, expect, it } from 'vitest';
import { loadServiceData } from '../../../cli/service-data.ts';
import { lintDocument } from '../../../lib/iam/lint/lint-document.ts';
import type { Service, ServiceAction } from '../../../lib/iam/service-data.ts';

const data = await loadServiceData();
const services = data.prefixes.flatMap((prefix) => data.service(prefix) ?? []);

/** A placeholder as somebody would fill it in. */
function filled(arn: string): string {
  return arn
    .replace('${Partition}', 'aws')
    .replace(/^arn:aws:\$\{[^}]*\}/, 'arn:aws:ec2')
    .replace('${Region}', 'eu-central-1')
    .replace(/\$\{[A-Za-z]*Account(Id)?\}/g, '111122223333')
    .replace(/\$\{[^}]*\}/g, 'some');
}

function statementOf({ name, resourceTypes, conditionKeys }: ServiceAction) {
  const keys = conditionKeys.map((key) => [key.name.replace(/\$\{[^}]*\}|<[^>]*>/g, 'some'), 'false']);
  return {
    Effect: 'Allow',
    Action: name,
    Resource: resourceTypes.length === 0 ? '*' : resourceTypes.map(({ arn }) => filled(arn)),
    ...(keys.length > 0 && { Condition: { Null: Object.fromEntries(keys) } }),
  };
}

function errorsOf(service: Service): string[] {
  return [...service.actions.values()].flatMap((action) => {
    const document = { Version: '2012-10-17', Statement: statementOf(action) };
    const errors = lintDocument(document, 'identity', data).filter(({ severity }) => severity === 'error');
    return errors.map(({ code, message }) => `${action.name}: ${message} [${code}]`);
  });
}

describe('the service data', () => {
  it('knows the services, and their actions by name', () => {
    expect(services.length).toBeGreaterThan(400);
    expect(services.flatMap(({ actions }) => [...actions.values()]).length).toBeGreaterThan(20_000);
    expect(data.day).toMatch(/^20[0-9]{2}-[0-9]{2}-[0-9]{2}$/);
  });

  it('is asked without case', () => {
    expect(data.service('S3')).toBe(data.service('s3'));
    expect(data.service('S3')?.actions.get('getobject')).toMatchObject({
      name: 's3:GetObject',
      accessLevels: ['Read'],
    });
    expect(data.service('constructor')).toBeUndefined();
    expect(data.service('__proto__')).toBeUndefined();
  });

  it('knows what tells a key of several values from one of one', () => {
    const key = (name: string) => data.globalKeys.find((known) => known.name === name);
    expect(key('aws:TagKeys')).toEqual({ name: 'aws:TagKeys', type: 'String', multivalued: true });
    expect(key('aws:SourceIp')).toEqual({ name: 'aws:SourceIp', type: 'IPAddress', multivalued: false });
    expect(key('aws:PrincipalTag/${TagKey}')).toMatchObject({ type: 'String' });
  });
});

describe('every action of every service', () => {
  it('goes with each resource that it works on and each condition key that it supports', () => {
    expect(services.flatMap(errorsOf)).toEqual([]);
  });
});
