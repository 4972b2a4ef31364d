import type { Role } from './store/roles.ts';
import { storedPolicy } from './store/stored-policy.ts';
import { WORLD_BUCKETS } from './world.ts';

/**
 * Gives a role of the access policy something that its name promises, so that its credentials can do it: an `Admin`
 * everything, a `ReadOnly` reading, a `…Data` all of the reports, any other to work on its team's artifacts and to look at
 * itself.
 */
export function givePermissions(role: Role): void {
  const managed = (name: string): readonly string[] => [`arn:${role.partition}:iam::aws:policy/${name}`];
  if (/admin/i.test(role.name)) role.attachedPolicyArns = managed('AdministratorAccess');
  else if (/read|view|audit/i.test(role.name)) role.attachedPolicyArns = managed('ReadOnlyAccess');
  else if (/data$/i.test(role.name)) role.inlinePolicies.set('reports', storedPolicy(allReports(role), 'identity'));
  else role.inlinePolicies.set('everyday-work', storedPolicy(everydayWork(role), 'identity'));
}

function everydayWork({ arn, partition }: Role): string {
  const bucket = `arn:${partition}:s3:::${WORLD_BUCKETS.artifacts.name}`;
  const statements = [
    { Sid: 'LookAtItself', Effect: 'Allow', Action: ['iam:GetRole', 'iam:ListRolePolicies'], Resource: arn },
    { Sid: 'SeeBuckets', Effect: 'Allow', Action: ['s3:ListAllMyBuckets', 's3:GetBucketLocation'], Resource: '*' },
    { Sid: 'ListArtifacts', Effect: 'Allow', Action: 's3:ListBucket', Resource: bucket },
    {
      Sid: 'OwnTeamsArtifacts',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      Resource: `${bucket}/\${aws:PrincipalTag/team, 'nobody'}/*`,
    },
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** Of every team: what is less than that, a session policy has to say. */
function allReports({ partition }: Role): string {
  const bucket = `arn:${partition}:s3:::${WORLD_BUCKETS.reports.name}`;
  const statements = [
    { Sid: 'ListReports', Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetBucketLocation'], Resource: bucket },
    { Sid: 'ReadReports', Effect: 'Allow', Action: 's3:GetObject', Resource: `${bucket}/*` },
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
