import { contextOf } from '../lib/iam/condition.ts';
import type { PolicyKind } from '../lib/iam/document.ts';
import { evaluate, type PolicySet } from '../lib/iam/evaluate.ts';
import type { PlacedDocument } from '../lib/iam/layer.ts';
import { parseDocument } from '../lib/iam/parse-document.ts';
import { parseRequester } from '../lib/iam/requester.ts';
import { makeRequest, type Request } from '../lib/iam/statement-match.ts';
import type { JsonObject } from '../lib/json.ts';
import { type Figure, figure, median } from './figure.ts';

const ROUNDS = 41;
const REQUESTS = 500;
const STATEMENTS = 20;
const ACCOUNT = '111122223333';

/**
 * One request of a role's session against one document of each kind: identity, resource, boundary, session, service
 * control and resource control, 20 statements each, parsed before. Half of the requests are allowed by the last
 * statements, half denied by a condition.
 */
export function evaluations(): Figure[] {
  const policies: PolicySet = {
    identity: [placed('identity')],
    resource: [placed('resource')],
    boundary: [placed('boundary')],
    session: [placed('session')],
    serviceControl: [[placed('scp')]],
    resourceControl: [[placed('rcp')]],
  };
  const open = request('public');
  const secret = request('secret');
  const ask = (asked: Request) => evaluate(asked, policies).decision;
  if (ask(open) !== 'allowed' || ask(secret) !== 'explicitlyDenied') throw new Error('the decisions are wrong');
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint();
    for (let count = 0; count < REQUESTS; count += 2) {
      ask(open);
      ask(secret);
    }
    return Number(process.hrtime.bigint() - start) / 1000 / REQUESTS;
  });
  return [figure('evaluate a request against 6 documents of 20 statements, median', median(rounds), 'µs', 50)];
}

function request(classification: string): Request {
  const requester = parseRequester(`arn:aws:sts::${ACCOUNT}:assumed-role/app/run-1`);
  if (requester === undefined) throw new Error('nobody asks');
  return makeRequest({
    requester,
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::data/team-a/2026/report.csv',
    resourceAccountId: ACCOUNT,
    context: contextOf({
      'aws:PrincipalTag/team': ['team-a'],
      'aws:SourceIp': ['203.0.113.9'],
      'aws:ResourceTag/classification': [classification],
    }),
  });
}

/** Mostly statements that fail late: right action, wrong resource or condition. */
function placed(kind: PolicyKind): PlacedDocument {
  const principal = kind === 'resource' || kind === 'rcp' ? { Principal: '*' } : {};
  const statements: JsonObject[] = Array.from({ length: STATEMENTS - 2 }, (_, index) => ({
    Sid: `Other${index}`,
    Effect: 'Deny',
    ...principal,
    Action: index % 3 === 0 ? ['s3:Get*', 's3:List*'] : [`service${index}:*`, 's3:*Object'],
    Resource: [`arn:aws:s3:::other-${index}/*`, `arn:aws:s3:::data/${index % 3 === 0 ? '*/' : ''}secret-${index}/*`],
  }));
  statements.push({
    Sid: 'Secret',
    Effect: 'Deny',
    ...principal,
    Action: '*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:ResourceTag/classification': 'secret' } },
  });
  statements.push({
    Sid: 'Team',
    Effect: kind === 'rcp' ? 'Deny' : 'Allow',
    ...principal,
    Action: 's3:*',
    Resource: kind === 'rcp' ? 'arn:aws:s3:::other/*' : 'arn:aws:s3:::data/${aws:PrincipalTag/team}/*',
    Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '203.0.113.0/24'] } },
  });
  const { document, problems } = parseDocument({ Version: '2012-10-17', Statement: statements }, kind);
  if (document === undefined) throw new Error(`the bench's own policy is wrong: ${JSON.stringify(problems)}`);
  return { place: kind, document };
}
