import { describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';

const ISSUERS = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
  kubernetes: 'https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF',
} as const;

const SUBJECTS = {
  github: 'gh-${claim:repository_id}.${claim:run_id}',
  gitlab: 'gl-${claim:project_id}.${claim:job_id}',
  kubernetes: 'k8s-${claim:kubernetes.io.namespace}.${claim:kubernetes.io.serviceaccount.name}',
} as const;

type Platform = keyof typeof ISSUERS;

interface Changes {
  readonly issuer?: string;
  readonly audience?: string;
  /** Instead of `subject`. */
  readonly naming?: string;
  readonly more?: string;
  /** Instead of `issuers: [ci]` on the grant. */
  readonly issuers?: string;
}

/** Codes of what is warned about a policy of one platform's issuer and one grant, by place. */
function warnings(platform: Platform, grant: string, changes: Changes = {}): string[] {
  const { issuer = ISSUERS[platform], audience = '[https://daypass.example.com]', more = '' } = changes;
  const { naming = `subject: "${SUBJECTS[platform]}"`, issuers = 'issuers: [ci], ' } = changes;
  const source = `version: 1
issuers:
  ci:
    issuer: ${issuer}
    audience: ${audience}
    algorithms: [RS256]
    ${naming}
${more}accounts:
  prod: { id: "111122223333" }
roles:
  prod/Deploy: { arn: "arn:aws:iam::111122223333:role/Deploy" }
grants:
  - { name: deploys, ${issuers}roles: [prod/Deploy], ${grant} }
`;
  const { policy, diagnostics } = compilePolicy(source, 'p.yml');
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(policy).toBeDefined();
  return diagnostics.map(({ code, path }) => (path.startsWith('grants') ? code : `${path} ${code}`)).sort();
}

const REPOSITORY = 'repository_owner_id: ["1234567"], repository_id: ["7654321"]';

describe('a grant for GitHub’s workflows', () => {
  test.each([
    `${REPOSITORY}, ref: [refs/heads/main], event_name: [push]`,
    `${REPOSITORY}, ref: [refs/heads/main], event_name: [push, workflow_dispatch]`,
    `${REPOSITORY}, environment: [production]`,
    `${REPOSITORY}, ref: ["refs/tags/v*"]`,
    `${REPOSITORY}, ref_protected: ["true"], event_name: [push]`,
    `repository_id: ["7654321"], event_name: [push]`,
    // A name is bound where its owner cannot be another.
    `repository: [example/shop], repository_owner_id: ["1234567"], event_name: [push]`,
    'sub: ["repo:example/shop:environment:production"], repository_id: ["7654321"]',
    'sub: ["repo:example/shop:ref:refs/heads/main"], repository_id: ["7654321"]',
  ])('is fine with callers { %s }', (callers) => {
    expect(warnings('github', `callers: { ${callers} }`)).toEqual([]);
  });

  test.each([
    [`callers: everyone`, ['wide_open_callers', 'workload_anybody', 'workload_pull_requests']],
    [`callers: { event_name: [push] }`, ['workload_anybody']],
    [`callers: { ref: [refs/heads/main], event_name: [push] }`, ['workload_anybody']],
    [`callers: { environment: [production] }`, ['workload_anybody']],
    [`callers: { actor: [octocat], event_name: [push] }`, ['workload_anybody']],
    [`callers: { job_workflow_ref: ["example/*"], event_name: [push] }`, ['workload_anybody']],
    [`callers: { repository: ["*"], event_name: [push] }`, ['wide_open_callers', 'workload_anybody']],
    [`callers: { repository: ["*/*"], event_name: [push] }`, ['wide_open_callers', 'workload_anybody']],
    [`callers: { repository: ["*/shop"], event_name: [push] }`, ['workload_anybody']],
    [`callers: { repository: ["example*/shop"], event_name: [push] }`, ['workload_anybody']],
    [`callers: { repository: ["example/shop", "*/shop"], event_name: [push] }`, ['workload_anybody']],
    [
      `callers: { repository_owner: ["example*"], repository_id: ["*"], event_name: [push] }`,
      ['wide_open_callers', 'workload_anybody'],
    ],
    [`callers: { sub: ["repo:*"] }`, ['workload_anybody', 'workload_pull_requests']],
    [`callers: { sub: ["repo:exam*"] }`, ['workload_anybody', 'workload_pull_requests']],
    [`callers: { sub: ["*:environment:production"] }`, ['workload_anybody']],
    [`callers: { repository_owner_id: ["1234567"], event_name: [push] }`, ['workload_whole_owner']],
    [
      `callers: { repository: ["example/*"], repository_owner_id: ["1234567"], event_name: [push] }`,
      ['workload_whole_owner'],
    ],
    [`callers: { enterprise_id: ["12"], event_name: [push] }`, ['workload_whole_owner']],
    [`callers: { repository: [example/shop], event_name: [push] }`, ['workload_by_name']],
    [`callers: { sub: ["repo:example/shop:environment:production"] }`, ['workload_by_name']],
    [
      `callers: { workflow_ref: ["example/shop/.github/workflows/deploy.yml@refs/heads/main"], event_name: [push] }`,
      ['workload_by_name'],
    ],
    [`callers: { ${REPOSITORY} }`, ['workload_pull_requests']],
    [
      `callers: { ${REPOSITORY}, ref: ["*"], event_name: [push, pull_request] }`,
      ['wide_open_callers', 'workload_pull_requests'],
    ],
    [`callers: { ${REPOSITORY}, ref: ["refs/*"] }`, ['workload_pull_requests']],
    [`callers: { ${REPOSITORY}, ref: [refs/heads/main] }`, ['workload_pull_requests']],
    [`callers: { ${REPOSITORY}, ref_protected: ["true"] }`, ['workload_pull_requests']],
    [`callers: { ${REPOSITORY}, event_name: ["pull_request*"] }`, ['workload_pull_requests']],
    [`callers: { ${REPOSITORY}, sub: ["repo:example/shop:*"] }`, ['workload_pull_requests']],
    [`callers: { ${REPOSITORY}, sub: ["repo:example/shop:pull_request"] }`, ['workload_pull_requests']],
    [`callers: { repositry_id: ["7654321"], event_name: [push] }`, ['workload_claim_unknown', 'workload_anybody']],
  ])('is warned about with %s', (grant, expected) => expect(warnings('github', grant)).toEqual(expected.toSorted()));

  test.each([
    [`{ StringEquals: { "claim:repository_id": "7654321", "claim:event_name": push } }`, []],
    [
      `{ StringLike: { "claim:sub": "repo:example/shop:environment:*" }, StringEquals: { "claim:repository_id": "7" } }`,
      ['workload_pull_requests'],
    ],
    [`{ StringEquals: { "claim:repository_id": "7" }, StringNotLike: { "claim:event_name": "pull_request*" } }`, []],
    [
      `{ StringEquals: { "claim:repository_id": "7" }, StringNotEquals: { "claim:event_name": pull_request } }`,
      ['workload_pull_requests'],
    ],
    // Holds without the claim as well.
    [
      `{ StringEqualsIfExists: { "claim:repository_id": "7" }, StringEquals: { "claim:event_name": push } }`,
      ['workload_anybody'],
    ],
    [
      `{ StringNotEquals: { "claim:repository_id": "7" }, StringEquals: { "claim:event_name": push } }`,
      ['workload_anybody'],
    ],
  ])('is looked at with its condition %s', (condition, expected) => {
    expect(warnings('github', `callers: everyone, condition: ${condition}`)).toEqual(expected.toSorted());
  });

  it('is told what to do', () => {
    const { diagnostics } = compilePolicy(
      `version: 1
issuers:
  ci: { issuer: "${ISSUERS.github}", audience: [d], algorithms: [RS256], subject: "${SUBJECTS.github}" }
accounts: { prod: { id: "111122223333" } }
roles: { prod/Deploy: { arn: "arn:aws:iam::111122223333:role/Deploy" } }
grants:
  - { name: deploys, issuers: [ci], roles: [prod/Deploy], callers: { repository: [example/shop], ref: [refs/heads/main] } }
`,
      'p.yml',
    );
    expect(diagnostics.map(({ line, column, message, hint }) => `${line}:${column} ${message}\n${hint}`)).toEqual([
      '7:5 grant "deploys" goes by repository: whoever gets the name after a renaming gets the role\n' +
        'add `repository_id` or `repository_owner_id`',
      '7:5 grant "deploys": pull_request_target can use it: that event runs with the base branch as its ref\n' +
        'add `event_name: [push, workflow_dispatch]`, or an `environment` that asks for a review',
    ]);
  });
});

describe('a grant for GitLab’s jobs', () => {
  test.each([
    [`callers: { project_id: ["22"], ref_protected: ["true"] }`, []],
    [`callers: { project_id: ["22"], environment: [production] }`, []],
    [`callers: { project_id: ["22"], ref: [main], ref_type: [branch] }`, []],
    [`callers: { project_path: [example/shop], namespace_id: ["7"], ref_protected: ["true"] }`, []],
    [`callers: { project_id: ["22"] }`, ['workload_any_ref']],
    [`callers: { project_id: ["22"], ref: ["*"] }`, ['wide_open_callers', 'workload_any_ref']],
    [`callers: { project_id: ["22"], ref_protected: ["true", "false"] }`, ['workload_any_ref']],
    [`callers: { project_id: ["2*"], ref_protected: ["true"] }`, ['workload_anybody']],
    [`callers: { namespace_id: ["7"], ref_protected: ["true"] }`, ['workload_whole_owner']],
    [
      `callers: { project_path: ["example/*"], namespace_id: ["7"], ref_protected: ["true"] }`,
      ['workload_whole_owner'],
    ],
    [
      `callers: { namespace_path: ["example/payments"], ref_protected: ["true"] }`,
      ['workload_whole_owner', 'workload_by_name'],
    ],
    [`callers: { namespace_path: ["exam*"], ref_protected: ["true"] }`, ['workload_anybody']],
    [`callers: { project_path: ["*/shop"], ref_protected: ["true"] }`, ['workload_anybody']],
    [`callers: { user_login: [ada], ref_protected: ["true"] }`, ['workload_anybody']],
    [`callers: { project_path: [example/shop], ref_protected: ["true"] }`, ['workload_by_name']],
    [`callers: { sub: ["project_path:example/shop:ref_type:branch:ref:main"] }`, ['workload_by_name']],
    [`callers: { sub: ["project_path:example/shop:*"], project_id: ["22"] }`, ['workload_any_ref']],
  ])('with %s', (grant, expected) => expect(warnings('gitlab', grant)).toEqual(expected.toSorted()));
});

describe('a grant for Kubernetes’ pods', () => {
  const NAMESPACE = 'kubernetes.io.namespace: [shop]';
  test.each([
    [`callers: { ${NAMESPACE}, kubernetes.io.serviceaccount.name: [deployer] }`, []],
    [`callers: { kubernetes.io.serviceaccount.uid: [e4a1c0de] }`, []],
    [`callers: { sub: ["system:serviceaccount:shop:deployer"] }`, []],
    // A namespace is a boundary that a cluster's administrators draw.
    [`callers: { ${NAMESPACE} }`, []],
    [`callers: { sub: ["system:serviceaccount:shop:*"] }`, []],
    [`callers: { kubernetes.io.serviceaccount.name: [deployer] }`, ['workload_anybody']],
    [`callers: { sub: ["system:serviceaccount:*:deployer"] }`, ['workload_anybody']],
    [`callers: { sub: ["system:*"] }`, ['workload_anybody']],
    [`callers: { kubernetes.io.namespace: ["team-*"], kubernetes.io.serviceaccount.name: [deployer] }`, []],
    [`callers: { kubernetes.io.serviceaccount.uid: ["e4*"] }`, ['workload_anybody']],
    [`callers: { kubernetes.io.namespace: ["*"] }`, ['wide_open_callers', 'workload_anybody']],
  ])('with %s', (grant, expected) => expect(warnings('kubernetes', grant)).toEqual(expected.toSorted()));
});

describe('an issuer of workloads', () => {
  const FINE = `callers: { ${REPOSITORY}, event_name: [push] }`;

  test.each<[string, Platform, Changes, string[]]>([
    [
      'named by who set it off',
      'github',
      { naming: 'username: actor' },
      ['issuers.ci.username workload_named_after_person'],
    ],
    [
      'with AWS’s audience',
      'github',
      { audience: '[d, sts.amazonaws.com]' },
      ['issuers.ci.audience[1] workload_audience_shared'],
    ],
    [
      'with GitHub’s default audience',
      'github',
      { audience: 'https://github.com/example' },
      ['issuers.ci.audience workload_audience_shared'],
    ],
    [
      'with a claim that never fits',
      'github',
      { naming: 'subject: "gh-${claim:repository}"' },
      ['issuers.ci.subject subject_never_fits', 'issuers.ci.subject subject_by_name'],
    ],
    [
      'with a name that can be taken over',
      'github',
      { naming: 'subject: "gh-${claim:actor}.${claim:run_id}"' },
      ['issuers.ci.subject subject_by_name'],
    ],
    [
      'of an enterprise’s own address',
      'github',
      { issuer: `${ISSUERS.github}/example`, naming: 'username: actor' },
      ['issuers.ci.username workload_named_after_person'],
    ],
    ['of another server', 'github', { issuer: 'https://ci.example.com', naming: 'username: actor' }, []],
    [
      'of another server that says what it is',
      'github',
      { issuer: 'https://ci.example.com', naming: 'username: actor\n    platform: github' },
      ['issuers.ci.username workload_named_after_person'],
    ],
  ])('%s', (_, platform, changes, expected) => expect(warnings(platform, FINE, changes)).toEqual(expected.toSorted()));

  test.each(['https://kubernetes.default.svc', 'https://kubernetes.default.svc.cluster.local'])(
    'that takes the tokens every pod has for the API server, %s',
    (audience) => {
      const grant = 'callers: { kubernetes.io.namespace: [shop] }';
      expect(warnings('kubernetes', grant, { audience })).toEqual(['issuers.ci.audience workload_audience_shared']);
    },
  );

  it('is looked at where a grant is for any issuer, unless the grant asks for claims that only people have', () => {
    expect(warnings('github', 'callers: { event_name: [push] }', { issuers: '' })).toEqual(['workload_anybody']);
    expect(warnings('github', 'callers: { groups: [engineering] }', { issuers: '' })).toEqual([]);
  });

  it('is not warned about for a deny', () => {
    const more = '';
    const grant = `callers: { ${REPOSITORY}, event_name: [push] } }\n  - { name: no, effect: deny, roles: [prod/Deploy], callers: { event_name: [pull_request] }`;
    expect(warnings('github', grant, { more })).toEqual([]);
  });
});
