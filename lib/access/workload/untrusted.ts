import type { Demands } from './demands.ts';
import type { Platform } from './platform.ts';

/** What others than those who may push to the released branch can have a workload do, and how a grant leaves that out. */
export interface Opening {
  readonly code: 'workload_pull_requests' | 'workload_any_ref';
  readonly message: string;
  readonly hint: string;
}

/** Whether a grant can be used by code that nobody has reviewed. */
export function openingOf(platform: Platform, demands: Demands): Opening | undefined {
  if (platform === 'github') return githubOpening(demands);
  return platform === 'gitlab' ? gitlabOpening(demands) : undefined;
}

/**
 * A job for an environment waits for the environment's own protection, so it is left alone. A subject without wildcard
 * names branch, tag or environment; one that ends in a wildcard takes pull requests as well.
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request_target
 */
function githubOpening(demands: Demands): Opening | undefined {
  if (demands.limits('environment') || !takesSubjectOf(demands, ':pull_request')) return undefined;
  const code = 'workload_pull_requests';
  const hint = 'add `event_name: [push, workflow_dispatch]`, or an `environment` that asks for a review';
  const isProtected = demands.limits('ref_protected') && !demands.takes('ref_protected', 'false');
  const takesMerge = demands.takes('ref', 'refs/pull/1/merge') && demands.takes('ref_type', 'branch') && !isProtected;
  if (takesMerge && demands.takes('event_name', 'pull_request')) {
    return { code, hint, message: 'pull requests can use it, before anybody has looked at them' };
  }
  const takesBase = demands.takes('ref_type', 'branch') && !onlyTags(demands);
  if (takesBase && demands.takes('event_name', 'pull_request_target')) {
    return { code, hint, message: 'pull_request_target can use it: that event runs with the base branch as its ref' };
  }
  return undefined;
}

function takesSubjectOf(demands: Demands, ending: string): boolean {
  return demands
    .wanted('sub')
    .every((patterns) => patterns.some((pattern) => pattern.endsWith('*') || pattern.endsWith(ending)));
}

function onlyTags(demands: Demands): boolean {
  return demands.wanted('ref').some((patterns) => patterns.every((pattern) => pattern.startsWith('refs/tags/')));
}

/** Everyone who may push to the project may open a branch; a protected one has rules of its own. */
function gitlabOpening(demands: Demands): Opening | undefined {
  const settled = ['ref_protected', 'environment_protected'].some(
    (claim) => demands.limits(claim) && !demands.takes(claim, 'false'),
  );
  if (settled || demands.limits('environment')) return undefined;
  const named = ['ref', 'ref_path', 'sub'].some((claim) =>
    demands.wanted(claim).some((patterns) => patterns.every((pattern) => !pattern.endsWith('*'))),
  );
  if (named) return undefined;
  return {
    code: 'workload_any_ref',
    message: 'every branch and merge request of the project can use it',
    hint: 'add `ref_protected: ["true"]`, or an `environment`',
  };
}
