import { describe, expect, it } from 'vitest';
import { Organization, OrganizationStore } from '../../../../dev/aws/store/organization.ts';

const MANAGEMENT = '888888888888';
const MEMBER = '111122223333';
const DENY = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 's3:*', Resource: '*' }] });
const ALLOW = DENY.replace('Deny', 'Allow');
const code = (value: string) => expect.objectContaining({ code: value });

describe('an organization', () => {
  it('tells the policies of an account level by level, the root’s first', () => {
    const organization = new Organization(MANAGEMENT);
    const unit = organization.addUnit(organization.addUnit());
    organization.addAccount(MEMBER, unit);
    organization.attach('scp', organization.rootId, 'at-the-root', DENY);
    organization.attach('scp', MEMBER, 'at-the-account', DENY);
    const names = organization.levels('scp', MEMBER).map((level) => level.map(({ place }) => place.split(' ')[1]));
    expect(names).toEqual([
      ['FullAWSAccess', 'at-the-root'],
      ['FullAWSAccess'],
      ['FullAWSAccess'],
      ['FullAWSAccess', 'at-the-account'],
    ]);
  });

  it('limits its management account by nothing', () => {
    const organization = new Organization(MANAGEMENT);
    organization.attach('scp', organization.rootId, 'all', DENY);
    expect(organization.levels('scp', MANAGEMENT)).toEqual([]);
    expect(organization.levels('rcp', MANAGEMENT)).toEqual([]);
  });

  it('tells where an account is, as aws:PrincipalOrgPaths does', () => {
    const organization = new Organization(MANAGEMENT);
    const unit = organization.addUnit();
    organization.addAccount(MEMBER, unit);
    expect(organization.path(MEMBER)).toBe(`${organization.id}/${organization.rootId}/${unit}/`);
    expect(organization.path(MANAGEMENT)).toBe(`${organization.id}/${organization.rootId}/`);
    expect(organization.id).toMatch(/^o-[a-z0-9]{10}$/);
    expect(unit).toMatch(/^ou-[a-z0-9]{4}-[a-z0-9]{8}$/);
  });

  it('is one of an account’s, or none is', () => {
    const store = new OrganizationStore();
    const organization = store.create(MANAGEMENT);
    expect(store.of(MANAGEMENT)).toBe(organization);
    expect(store.of(MEMBER)).toBeUndefined();
    expect(() => organization.addAccount(MANAGEMENT)).toThrow(code('DuplicateAccountException'));
  });

  it('refuses policies that AWS refuses', () => {
    const organization = new Organization(MANAGEMENT);
    const attach = (kind: 'scp' | 'rcp', text: string, name = 'p') =>
      organization.attach(kind, organization.rootId, name, text);
    expect(() => attach('scp', '{')).toThrow(code('MalformedPolicyDocument'));
    expect(() => attach('scp', DENY.replace('"Action"', '"Principal":"*","Action"'))).toThrow(
      code('MalformedPolicyDocument'),
    );
    expect(() => attach('rcp', ALLOW.replace('"Action"', '"Principal":"*","Action"')), 'an RCP only denies').toThrow(
      code('MalformedPolicyDocument'),
    );
    expect(() => attach('scp', DENY + ' '.repeat(5120)), 'white space counts').toThrow(
      code('ConstraintViolationException'),
    );
    for (const name of ['a', 'b', 'c', 'd']) attach('scp', DENY, name);
    expect(() => attach('scp', DENY, 'e')).toThrow(code('ConstraintViolationException'));
    attach('scp', ALLOW, 'd');
    expect(() => organization.attach('scp', 'ou-none', 'p', DENY)).toThrow(code('TargetNotFoundException'));
  });

  it('keeps one service control policy everywhere, and RCPFullAWSAccess', () => {
    const organization = new Organization(MANAGEMENT);
    const { rootId } = organization;
    expect(() => organization.detach('scp', rootId, 'FullAWSAccess')).toThrow(code('ConstraintViolationException'));
    organization.attach('scp', rootId, 'some', ALLOW);
    organization.detach('scp', rootId, 'FullAWSAccess');
    expect(() => organization.detach('scp', rootId, 'FullAWSAccess')).toThrow(code('PolicyNotAttachedException'));
    expect(() => organization.detach('rcp', rootId, 'RCPFullAWSAccess')).toThrow(code('ConstraintViolationException'));
  });
});
