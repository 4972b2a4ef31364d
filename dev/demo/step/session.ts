import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { RolesAnswer, WhoamiAnswer } from '../../../lib/http/contract.ts';
import { claimsOf, type Demo, issued, signedIn } from '../context.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { maskAccessKeyId, maskSecret } from '../mask.ts';

/** The main job: sign in, see what is open, get credentials, use them. */

export async function signIn(demo: Demo): Promise<void> {
  const { transcript, local } = demo;
  transcript.step('dev signs in at the company identity provider');
  transcript.asked(`authorization code with PKCE (S256) at ${local.issuer}, client ${local.clientId}`);
  const dev = await signedIn(demo, 'dev');
  const { iss, sub, email, groups } = claimsOf(dev);
  expectEqual('the ID token comes from that provider, for dev', { iss, sub }, { iss: local.issuer, sub: 'dev' });
  transcript.came(`an ID token ${maskSecret(dev.idToken)}`, true);
  transcript.fields({ email: String(email), groups: JSON.stringify(groups) });
}

export async function whoami(demo: Demo): Promise<void> {
  demo.transcript.step('The broker verifies the token and says who it takes dev for');
  const answer = await demo.api.get('/v1/whoami', await signedIn(demo, 'dev'));
  expectEqual('status of whoami', answer.status, 200);
  const { username, issuer, subject } = answer.body as WhoamiAnswer;
  expectEqual('caller', { username, subject }, { username: 'dev@example.com', subject: 'dev' });
  demo.transcript.fields({ username, issuer, subject });
}

export async function roles(demo: Demo): Promise<void> {
  demo.transcript.step('The access policy opens these roles to dev');
  const answer = await demo.api.get('/v1/roles', await signedIn(demo, 'dev'));
  expectEqual('status of roles', answer.status, 200);
  const list = (answer.body as RolesAnswer).roles;
  const open = list.filter(({ available }) => available).map(({ role }) => role);
  expectEqual('roles open to dev', open.sort(), ['dev/Developer', 'prod/ReadOnly', 'prod/TeamData']);
  demo.transcript.table(
    ['ROLE', 'ACCOUNT', 'LONGEST', 'WHAT FOR'],
    list.map(({ role, account, maxDurationSeconds, description = '' }) => [
      role,
      `${account.label} (${account.id})`,
      `${maxDurationSeconds} s`,
      description,
    ]),
  );
}

export async function credentials(demo: Demo): Promise<void> {
  demo.transcript.step('dev asks for prod/ReadOnly and gets credentials that end by themselves');
  const role = 'prod/ReadOnly';
  const dev = await signedIn(demo, 'dev');
  const answer = issued(demo, await demo.api.post('/v1/credentials', dev, { role }), { to: dev, role, seconds: 3600 });
  demo.transcript.fields({
    SessionId: answer.SessionId,
    RoleArn: answer.RoleArn,
    AccessKeyId: maskAccessKeyId(answer.AccessKeyId),
    SecretAccessKey: maskSecret(answer.SecretAccessKey),
    SessionToken: maskSecret(answer.SessionToken),
    Expiration: `${answer.Expiration}  (${answer.DurationSeconds} s)`,
  });
}

export async function stsSaysWho(demo: Demo): Promise<void> {
  const { transcript, local, held, signal } = demo;
  transcript.step('The AWS SDK uses them: AWS knows the person and the session by name');
  const session = held.get('prod/ReadOnly');
  expectThat(session !== undefined, 'credentials of the step before', 'credentials', session);
  transcript.asked(`STS GetCallerIdentity, SigV4-signed with ${maskAccessKeyId(session.AccessKeyId)}`);
  const sts = new STSClient({
    endpoint: local.aws,
    region: local.region,
    credentials: {
      accessKeyId: session.AccessKeyId,
      secretAccessKey: session.SecretAccessKey,
      sessionToken: session.SessionToken,
    },
  });
  const { Arn = '' } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
  transcript.came(Arn, true);
  const expected = `arn:aws:sts::222222222222:assumed-role/ReadOnly/${session.SessionId}-dev@example.com`;
  expectEqual('the ARN holds the session id and the person', Arn, expected);
}

export async function durationShortened(demo: Demo): Promise<void> {
  demo.transcript.step('dev asks for two hours, gets one, and is told so');
  const role = 'dev/Developer';
  const dev = await signedIn(demo, 'dev');
  const answer = await demo.api.post('/v1/credentials', dev, { role, durationSeconds: 7200 });
  const { SessionId, Expiration, DurationSeconds, Notices } = issued(demo, answer, { to: dev, role, seconds: 3600 });
  expectEqual(
    'notices',
    Notices.map(({ code }) => code),
    ['duration_shortened'],
  );
  demo.transcript.fields({
    SessionId,
    Expiration: `${Expiration}  (${DurationSeconds} s)`,
    Notices: Notices.map(({ message }) => message).join(' '),
  });
}
