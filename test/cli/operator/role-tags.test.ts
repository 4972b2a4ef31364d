import { describe, expect, it } from 'vitest';
import { readRoleTags } from '../../../cli/operator/import/role-tags.ts';

describe('tags of a role', () => {
  it('say who gets it, for how long, and under which external id', () => {
    const tags = {
      'daypass:groups': 'sre  team-x sre',
      'daypass:external-id': 'daypass-prod',
      'daypass:max-duration': '30m',
      'daypass:description': 'Change things',
      owner: 'somebody',
    };
    expect(readRoleTags(tags)).toEqual({
      wanted: true,
      groups: ['sre', 'team-x'],
      externalId: 'daypass-prod',
      maxDuration: 1800,
      description: 'Change things',
      problems: [],
    });
  });

  it('are read whatever their case, as IAM compares them', () => {
    expect(readRoleTags({ 'Daypass:Import': 'FALSE' }).wanted).toBe(false);
  });

  it.each([
    ['a wildcard among the groups', 'daypass:groups', 'sre *', 'groups'],
    ['a group that could be more than one', 'daypass:groups', 'team-?', 'groups'],
    [
      'more groups than a person names',
      'daypass:groups',
      Array.from({ length: 21 }, (_, index) => `g${index}`).join(' '),
      'groups',
    ],
    ['an external id that STS does not take', 'daypass:external-id', 'a b', 'externalId'],
    ['a duration that is none', 'daypass:max-duration', 'for ever', 'maxDuration'],
    ['a duration over twelve hours', 'daypass:max-duration', '13h', 'maxDuration'],
  ] as const)('with %s are not used, and it is said', (_, key, value, member) => {
    const read = readRoleTags({ [key]: value });
    expect(read.problems).toHaveLength(1);
    expect(member === 'groups' ? read.groups : read[member]).toEqual(member === 'groups' ? [] : undefined);
  });

  it('of a name that means nothing are told', () => {
    expect(readRoleTags({ 'daypass:group': 'sre' }).problems).toEqual(['daypass:group means nothing']);
  });

  it('named like what every object has are only tags', () => {
    const tags = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    expect(readRoleTags(tags)).toEqual({ wanted: true, groups: [], problems: [] });
  });
});
