import { parseTemplate } from '../../iam/variables.ts';
import { nearest } from '../../nearest.ts';
import type { Path, Reporter } from '../diagnostic.ts';
import type { AccessPolicy, Grant } from '../policy.ts';
import { type AccessPolicySource, type IssuerSource, listOf } from '../schema.ts';
import { type Demands, demandsOf } from './demands.ts';
import { PLATFORM_FACTS, type Platform, platformOf } from './platform.ts';
import { reachOf } from './reach.ts';
import { openingOf } from './untrusted.ts';

/** Names that somebody else may have tomorrow, and the ids that stay. A name beside an id of its owner is bound. */
const BY_NAME: Readonly<Record<Platform, { readonly names: readonly string[]; readonly ids: readonly string[] }>> = {
  github: {
    names: ['repository', 'repository_owner', 'workflow_ref', 'sub'],
    ids: ['repository_id', 'repository_owner_id', 'enterprise_id'],
  },
  gitlab: { names: ['project_path', 'namespace_path', 'sub'], ids: ['project_id', 'namespace_id'] },
  kubernetes: { names: [], ids: [] },
};

const ANYBODY: Readonly<Record<Platform, readonly [string, string]>> = {
  github: [
    'takes workflows of any repository, those of strangers included',
    'demand a `repository_id`; a wildcard in an owner’s name lets look-alikes in',
  ],
  gitlab: [
    'takes jobs of any project, those of strangers included',
    'demand a `project_id`; a wildcard in a group’s name lets look-alikes in',
  ],
  kubernetes: [
    'takes every service account of the cluster',
    'demand `kubernetes.io.namespace` and `kubernetes.io.serviceaccount.name`',
  ],
};

const OWNER: Readonly<Record<Platform, readonly [string, string] | undefined>> = {
  github: ['takes workflows of every repository of the owner, also of those made later', 'demand a `repository_id`'],
  gitlab: ['takes jobs of every project of the group, also of those made later', 'demand a `project_id`'],
  kubernetes: undefined,
};

/** What a reviewer should look at where pipelines and pods get roles: it is easy to let more of them in than meant. */
export function warnAboutWorkloads(policy: AccessPolicy, shape: AccessPolicySource, reporter: Reporter): void {
  for (const [name, source] of Object.entries(shape.issuers)) {
    const platform = platformOf(source);
    if (platform === undefined) continue;
    warnIssuer(source, platform, ['issuers', name], reporter);
    for (const [index, grant] of policy.grants.entries()) {
      const demands = demandsOf(grant);
      if (isFor(grant, name, platform, demands)) warnGrant(grant, demands, platform, ['grants', index], reporter);
    }
  }
}

function warnIssuer(source: IssuerSource, platform: Platform, path: Path, reporter: Reporter): void {
  const { title, exampleSubject, sharedAudience, unrepresentable, names } = PLATFORM_FACTS[platform];
  for (const [index, audience] of listOf(source.audience).entries()) {
    if (!sharedAudience.test(audience)) continue;
    const at = Array.isArray(source.audience) ? [...path, 'audience', index] : [...path, 'audience'];
    const message = `tokens for "${audience}" are made for others too, who could use them here`;
    reporter.warn('workload_audience_shared', at, message, 'ask for tokens with the broker’s own address as audience');
  }
  if (source.subject === undefined) {
    const message = `${title}’s tokens are of workloads: who set one off is not who it is`;
    reporter.warn(
      'workload_named_after_person',
      [...path, 'username'],
      message,
      `use \`subject: "${exampleSubject}"\``,
    );
    return;
  }
  const template = parseTemplate(source.subject);
  for (const claim of 'message' in template ? [] : template.claims) {
    const at = [...path, 'subject'];
    if (unrepresentable.includes(claim)) {
      const message = `"${claim}" always holds what no SourceIdentity can hold: every token would be refused`;
      reporter.warn('subject_never_fits', at, message, `such as \`${exampleSubject}\``);
    }
    const id = names[claim];
    if (id !== undefined) {
      reporter.warn('subject_by_name', at, `"${claim}" can be somebody else’s tomorrow`, `use \`${id}\``);
    }
  }
}

/** A grant for any issuer is one for this one where its tokens have the claims that it looks at. */
function isFor(grant: Grant, issuer: string, platform: Platform, demands: Demands): boolean {
  if (grant.effect === 'deny' || grant.roles.length === 0) return false;
  if (grant.issuers.length > 0) return grant.issuers.includes(issuer);
  return demands.claims.every((claim) => PLATFORM_FACTS[platform].claims.includes(claim));
}

function warnGrant(grant: Grant, demands: Demands, platform: Platform, path: Path, reporter: Reporter): void {
  const { title, claims } = PLATFORM_FACTS[platform];
  const warn = (code: string, what: string, hint: string): void => {
    reporter.warn(code, path, `grant "${grant.name}" ${what}`, hint);
  };
  for (const claim of demands.claims) {
    const near = claims.includes(claim) ? undefined : nearest(claim, claims);
    if (near === undefined) continue;
    warn('workload_claim_unknown', `looks at "${claim}", which ${title}’s tokens do not have`, `did you mean ${near}?`);
  }
  const reach = reachOf(platform, demands);
  if (reach === 'anybody') warn('workload_anybody', ...ANYBODY[platform]);
  const owner = OWNER[platform];
  if (reach === 'owner' && owner !== undefined) warn('workload_whole_owner', ...owner);

  const { names, ids } = BY_NAME[platform];
  const named = names.filter((claim) => demands.limits(claim));
  if (reach !== 'anybody' && named.length > 0 && !demands.limits(...ids)) {
    const what = `goes by ${named.join(', ')}: whoever gets the name after a renaming gets the role`;
    warn(
      'workload_by_name',
      what,
      `add ${ids
        .slice(0, 2)
        .map((id) => `\`${id}\``)
        .join(' or ')}`,
    );
  }
  const opening = openingOf(platform, demands);
  if (opening !== undefined) {
    reporter.warn(opening.code, path, `grant "${grant.name}": ${opening.message}`, opening.hint);
  }
}
