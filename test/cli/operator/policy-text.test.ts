import { describe, expect, it, test } from 'vitest';
import { PolicyText } from '../../../cli/operator/import/policy-text.ts';
import { compilePolicy } from '../../../lib/access/compile.ts';

const HEAD = `# The head of the file.
version: 1
issuers:
  corp: { issuer: "https://idp.example.com", audience: [daypass], algorithms: [RS256], username:   email } # odd spacing
accounts:
  prod: { id: '111122223333' }   # production
`;
const FLOW = `${HEAD}
roles:
  # read things
  prod/ReadOnly: { arn: "arn:aws:iam::111122223333:role/ReadOnly", maxDuration: 1h } # for all

  # change things
  prod/Admin:    { arn: 'arn:aws:iam::111122223333:role/Admin', externalId: daypass-prod }
# grants follow
grants:
  - name: all
    roles: [prod/*]
    callers: everyone
`;
const BLOCK = `${HEAD}
roles:
  prod/ReadOnly:
    arn: arn:aws:iam::111122223333:role/ReadOnly   # the old path
    maxDuration: 1h

  prod/Admin:
    description: >
      Change
      things
    arn: arn:aws:iam::111122223333:role/Admin
grants: []
`;
const ARN = 'arn:aws:iam::111122223333:role/New';

function edited(source: string, edit: (text: PolicyText) => void): string {
  const text = new PolicyText(source);
  edit(text);
  const result = text.toString();
  const errors = compilePolicy(result, 'access.yml').diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors).toEqual([]);
  return result;
}

/** Lines that are in the one and not in the other, in order. */
function changes(before: string, after: string): { gone: string[]; come: string[] } {
  const [old, current] = [before.split('\n'), after.split('\n')];
  return { gone: old.filter((line) => !current.includes(line)), come: current.filter((line) => !old.includes(line)) };
}

test('without a change the text is the same, byte for byte', () => {
  for (const source of [FLOW, BLOCK, FLOW.replaceAll('\n', '\r\n')])
    expect(new PolicyText(source).toString()).toBe(source);
});

describe('a new role', () => {
  it('goes below the account’s others, in braces where they are', () => {
    const after = edited(FLOW, (text) =>
      text.addRole('prod/New', [
        ['arn', ARN],
        ['maxDuration', '30m'],
        ['description', 'Do: it'],
      ]),
    );
    const line = `  prod/New: { arn: "${ARN}", maxDuration: 30m, description: "Do: it" }`;
    expect(changes(FLOW, after)).toEqual({ gone: [], come: [line] });
    expect(after).toContain(`daypass-prod }\n${line}\n# grants follow\n`);
  });

  it('goes below them on lines of its own where they are', () => {
    const after = edited(BLOCK, (text) =>
      text.addRole('prod/New', [
        ['arn', ARN],
        ['description', 'Look at it'],
      ]),
    );
    expect(after).toContain(`role/Admin\n  prod/New:\n    arn: ${ARN}\n    description: Look at it\ngrants: []\n`);
    expect(changes(BLOCK, after).gone).toEqual([]);
  });

  it('of an account that has none yet goes below all, several in their order', () => {
    const after = edited(FLOW, (text) => {
      text.addAccount('dev', '999988887777', 'aws');
      text.addRole('dev/A', [['arn', 'arn:aws:iam::999988887777:role/A']]);
      text.addRole('dev/B', [['arn', 'arn:aws:iam::999988887777:role/B']]);
    });
    expect(changes(FLOW, after)).toEqual({
      gone: [],
      come: [
        '  dev: { id: "999988887777" }',
        '  dev/A: { arn: "arn:aws:iam::999988887777:role/A" }',
        '  dev/B: { arn: "arn:aws:iam::999988887777:role/B" }',
      ],
    });
  });

  it('is the first where there is none, in a file that ends without a newline', () => {
    const source = `${HEAD}grants: []\nroles: {}`;
    const after = edited(source, (text) => {
      text.addRole('prod/A', [['arn', 'arn:aws:iam::111122223333:role/A']]);
      text.addRole('prod/B', [['arn', 'arn:aws:iam::111122223333:role/B']]);
    });
    expect(after.slice(after.indexOf('roles:'))).toBe(
      'roles:\n  prod/A: { arn: "arn:aws:iam::111122223333:role/A" }\n  prod/B: { arn: "arn:aws:iam::111122223333:role/B" }',
    );
  });

  it('keeps the line ends of the file', () => {
    const source = FLOW.replaceAll('\n', '\r\n');
    const after = edited(source, (text) => text.addRole('prod/New', [['arn', ARN]]));
    expect(after.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('whose name holds a comma is one entry', () => {
    const source = FLOW.replace(
      /roles:\n[\s\S]*# grants/,
      'roles: { prod/A: { arn: "arn:aws:iam::111122223333:role/A" } }\n# grants',
    );
    const after = edited(source, (text) => text.addRole('prod/x,y', [['arn', 'arn:aws:iam::111122223333:role/x,y']]));
    const { policy } = compilePolicy(after, 'access.yml');
    expect(policy?.roles.map(({ id }) => id)).toEqual(['prod/A', 'prod/x,y']);
  });
});

describe('a member of a role', () => {
  it('is changed in its place, its comment kept', () => {
    const after = edited(BLOCK, (text) => text.setMember('prod/ReadOnly', 'arn', ARN));
    expect(changes(BLOCK, after)).toEqual({
      gone: ['    arn: arn:aws:iam::111122223333:role/ReadOnly   # the old path'],
      come: [`    arn: ${ARN}   # the old path`],
    });
  });

  it('is added behind the last', () => {
    const flow = edited(FLOW, (text) => {
      text.setMember('prod/Admin', 'maxDuration', '30m');
      text.addRole('prod/New', [['arn', ARN]]);
    });
    expect(flow).toContain(`externalId: daypass-prod, maxDuration: 30m }\n  prod/New:`);
    const block = edited(BLOCK, (text) => {
      text.setMember('prod/Admin', 'externalId', 'daypass-prod');
      text.addRole('prod/New', [['arn', ARN]]);
    });
    expect(block).toContain(`role/Admin\n    externalId: daypass-prod\n  prod/New:\n`);
  });
});

describe('a role that goes', () => {
  it('takes its lines with it and no others', () => {
    const after = edited(FLOW, (text) => text.removeRole('prod/Admin'));
    expect(changes(FLOW, after)).toEqual({
      gone: ["  prod/Admin:    { arn: 'arn:aws:iam::111122223333:role/Admin', externalId: daypass-prod }"],
      come: [],
    });
    expect(edited(BLOCK, (text) => text.removeRole('prod/Admin'))).toContain('maxDuration: 1h\n\ngrants: []');
  });

  it('may be the one that a new one would have gone below, or all of them', () => {
    for (const source of [FLOW, BLOCK]) {
      const after = edited(source, (text) => {
        text.removeRole('prod/ReadOnly');
        text.removeRole('prod/Admin');
        text.addRole('prod/New', [['arn', ARN]]);
      });
      expect(compilePolicy(after, 'access.yml').policy?.roles.map(({ id }) => id)).toEqual(['prod/New']);
    }
  });

  it('is refused where all are in one pair of braces', () => {
    const source = FLOW.replace(
      /roles:\n[\s\S]*# grants/,
      'roles: { prod/A: { arn: "arn:aws:iam::111122223333:role/A" } }\n# grants',
    );
    expect(() => new PolicyText(source).removeRole('prod/A')).toThrow('written in one pair of brackets');
  });
});

describe('a grant', () => {
  const grant = { name: 'import.prod.sre', roles: ['prod/Admin'], claim: 'groups', groups: ['sre', '24-7'] };

  it('is marked as made by an import, and known by that', () => {
    for (const source of [FLOW, BLOCK]) {
      const after = edited(source, (text) => text.addGrant(grant));
      expect(changes(source, after).come).toEqual([
        ...(source === BLOCK ? ['grants:'] : []),
        '  - name: import.prod.sre # from the tags daypass:groups, by `daypass roles import`',
        '    roles:',
        '      - prod/Admin',
        '    callers: { groups: [sre, "24-7"] }',
      ]);
      const again = new PolicyText(after);
      expect(again.importedGrants()).toEqual(['import.prod.sre']);
      expect(again.grantNamed('import.prod.sre')).toBe('imported');
      expect(again.grantRoles('import.prod.sre')).toEqual(['prod/Admin']);
      expect(again.grantsNaming('prod/Admin')).toEqual(['import.prod.sre']);
    }
    expect(new PolicyText(FLOW).grantNamed('all')).toBe('own');
    expect(new PolicyText(FLOW).grantsNaming('prod/*')).toEqual(['all']);
  });

  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['gains', ['prod/ReadOnly'], [], ['prod/Admin', 'prod/ReadOnly']],
    ['changes', ['prod/ReadOnly'], ['prod/Admin'], ['prod/ReadOnly']],
    ['loses its last, and goes', [], ['prod/Admin'], []],
  ])('%s a role', (_, added, removed, roles) => {
    const before = edited(FLOW, (text) => text.addGrant(grant));
    const after = edited(before, (text) => text.changeGrantRoles(grant.name, added, removed));
    const found = compilePolicy(after, 'access.yml').policy?.grants.find(({ name }) => name === grant.name);
    expect([...(found?.roles ?? [])].sort()).toEqual(roles);
  });
});
