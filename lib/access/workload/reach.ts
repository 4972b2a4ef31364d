import { hasWildcard } from '../../iam/glob.ts';
import type { Demands } from './demands.ts';
import type { Platform } from './platform.ts';

/** Whose workloads a grant takes: those of `anybody` on the platform, all of one `owner`, or those of one `project`. */
export type Reach = 'anybody' | 'owner' | 'project';

const WIDTH: Readonly<Record<Reach, number>> = { project: 0, owner: 1, anybody: 2 };

/** How far one pattern of a claim reaches. Claims that are not here bind a workload to nobody. */
type ReachOfPattern = (pattern: string) => Reach;

const BINDING: Readonly<Record<Platform, Readonly<Record<string, ReachOfPattern>>>> = {
  github: {
    repository: ofPath,
    repository_id: ofId('project'),
    repository_owner: ofId('owner'),
    repository_owner_id: ofId('owner'),
    enterprise: ofId('owner'),
    enterprise_id: ofId('owner'),
    workflow_ref: ofPath,
    sub: ofSubject('repo:'),
  },
  gitlab: {
    project_path: ofPath,
    project_id: ofId('project'),
    namespace_path: (pattern) => (hasWildcard(firstOf(pattern)) ? 'anybody' : 'owner'),
    namespace_id: ofId('owner'),
    sub: ofSubject('project_path:'),
  },
  kubernetes: {
    // Names of namespaces are given by a cluster's administrators.
    'kubernetes.io.namespace': (pattern) => (/^[*?]/.test(pattern) ? 'anybody' : 'owner'),
    'kubernetes.io.serviceaccount.uid': ofId('project'),
    'kubernetes.io.pod.uid': ofId('project'),
    sub: ofServiceAccount,
  },
};

/** All that a grant demands has to hold, so the narrowest counts; of a demand's patterns any may match. */
export function reachOf(platform: Platform, demands: Demands): Reach {
  const reaches = Object.entries(BINDING[platform]).flatMap(([claim, reach]) =>
    demands.wanted(claim).map((patterns) => patterns.map(reach).reduce(wider, 'project')),
  );
  return reaches.reduce(narrower, 'anybody');
}

function wider(one: Reach, other: Reach): Reach {
  return WIDTH[one] >= WIDTH[other] ? one : other;
}

function narrower(one: Reach, other: Reach): Reach {
  return WIDTH[one] <= WIDTH[other] ? one : other;
}

/** One id or name; a wildcard in it fits strangers' too. */
function ofId(reach: Reach): ReachOfPattern {
  return (pattern) => (hasWildcard(pattern) ? 'anybody' : reach);
}

/** `owner/name`. A wildcard in the owner's name lets in whoever registers one that fits. */
function ofPath(pattern: string): Reach {
  const owner = firstOf(pattern);
  if (hasWildcard(owner)) return 'anybody';
  return /^[*?/]*$/.test(pattern.slice(owner.length)) ? 'owner' : 'project';
}

/** `repo:owner/name:…`. A subject of another form has been customised, and is taken for exact unless it begins openly. */
function ofSubject(prefix: string): ReachOfPattern {
  return (pattern) => {
    if (pattern.startsWith(prefix)) return ofPath(pattern.slice(prefix.length).replace(/:.*$/, ''));
    return /^[*?]/.test(pattern) || prefix.startsWith(pattern.replace(/[*?].*$/, '')) ? 'anybody' : 'project';
  };
}

/** `system:serviceaccount:namespace:name` */
function ofServiceAccount(pattern: string): Reach {
  const [system, kind, namespace = '', name = ''] = pattern.split(':');
  if (system !== 'system' || kind !== 'serviceaccount' || /^[*?]*$/.test(namespace)) return 'anybody';
  return /^[*?]*$/.test(name) ? 'owner' : 'project';
}

function firstOf(path: string): string {
  return path.replace(/\/.*$/, '');
}
