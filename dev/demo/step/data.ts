import type { CredentialsAnswer } from '../../../lib/http/contract.ts';
import { WORLD_BUCKETS } from '../../aws/world.ts';
import { claimsOf, type Demo, issued, signedIn } from '../context.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { getFromS3, type S3Answer } from '../s3-request.ts';

/** What a session policy is for: two people hold the same role, and each reaches the data of their own team. */

const ROLE = 'prod/TeamData';
const BUCKET = WORLD_BUCKETS.reports.name;
const PAYMENTS = 'payments/2026-10.csv';
const PLATFORM = 'platform/2026-10.csv';

export async function devReadsOwnTeam(demo: Demo): Promise<void> {
  demo.transcript.step("dev, of team payments, gets prod/TeamData and reads the team's report in S3");
  const session = await teamSession(demo, 'dev', 'payments');
  expectContent(demo, await read(demo, session, `/${PAYMENTS}`), 'day,settled,refused');
  const list = await read(demo, session, '?list-type=2&prefix=payments/');
  const keys = [...list.text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key);
  expectEqual("keys in the team's folder", keys, ['payments/2026-09.csv', PAYMENTS]);
  demo.transcript.came(keys.join(', '), true);
}

export async function devIsKeptFromOthers(demo: Demo): Promise<void> {
  demo.transcript.step("AWS refuses dev another team's report: the role may read it, the session may not");
  const session = demo.held.get(ROLE);
  expectThat(session !== undefined, 'credentials of the step before', 'credentials', session);
  expectRefusal(demo, await read(demo, session, `/${PLATFORM}`), 's3:GetObject');
  expectRefusal(demo, await read(demo, session, '?list-type=2'), 's3:ListBucket');
}

export async function sreReadsOwnTeam(demo: Demo): Promise<void> {
  demo.transcript.step('sre, of team platform, reads it by the same role, and not what dev read');
  const session = await teamSession(demo, 'sre', 'platform');
  expectContent(demo, await read(demo, session, `/${PLATFORM}`), 'day,deployments,incidents');
  expectRefusal(demo, await read(demo, session, `/${PAYMENTS}`), 's3:GetObject');
}

async function teamSession(demo: Demo, name: string, team: string): Promise<CredentialsAnswer> {
  const person = await signedIn(demo, name);
  expectEqual(`team in the token of ${name}`, claimsOf(person)['team'], team);
  const answer = await demo.api.post('/v1/credentials', person, { role: ROLE });
  return issued(demo, answer, { to: person, role: ROLE, seconds: 3600 });
}

async function read(demo: Demo, session: CredentialsAnswer, path: string): Promise<S3Answer> {
  const { local, transcript, signal } = demo;
  transcript.asked(`S3 GET /${BUCKET}${path}`);
  return getFromS3(new URL(`${local.aws}/${BUCKET}${path}`), local.region, session, signal);
}

function expectContent({ transcript }: Demo, { status, text }: S3Answer, head: string): void {
  expectEqual('status of the object', status, 200);
  const [first = '', ...rows] = text.trimEnd().split('\n');
  expectEqual('first line of the object', first, head);
  transcript.came(String(status), true);
  for (const row of [first, ...rows]) transcript.note(row);
}

/** It has to be the session policy that keeps the caller out, and nothing else. */
function expectRefusal({ transcript }: Demo, { status, code, message = '' }: S3Answer, action: string): void {
  const [reason = message] = /because .*/.exec(message) ?? [];
  expectEqual(
    'refusal of S3',
    { status, code, reason },
    { status: 403, code: 'AccessDenied', reason: `because no session policy allows the ${action} action` },
  );
  transcript.came(`${status} ${code} … ${reason}`, false);
}
