import type { ConsoleAnswer } from '../../../lib/http/contract.ts';
import { type Demo, signedIn, usernameOf } from '../context.ts';
import { expectEqual } from '../expect.ts';
import { maskSecret } from '../mask.ts';

/** The same session as a sign-in to the AWS console: what a browser would be sent to, followed to its end. */
export async function consoleShowsWho(demo: Demo): Promise<void> {
  const { transcript, sessions, signal } = demo;
  transcript.step('dev opens the AWS console as prod/ReadOnly; who comes in is dev, once');
  const dev = await signedIn(demo, 'dev');
  const answer = await demo.api.post('/v1/console', dev, { role: 'prod/ReadOnly', destination: 'ec2' });
  expectEqual('status of the console', answer.status, 200);
  const { Url, SessionId, RoleArn, Destination } = answer.body as ConsoleAnswer;
  transcript.secrets.keep(Url);
  sessions.push({ sessionId: SessionId, outcome: 'issued', username: usernameOf(dev) });
  transcript.fields({ SessionId, RoleArn, Destination, Url: maskSecret(Url) });

  const page = await (await fetch(Url, { signal })).text();
  const shown = (id: string) => new RegExp(`<dd id="${id}">([^<]*)</dd>`).exec(page)?.[1];
  const seen = {
    account: shown('account'),
    role: shown('role'),
    session: shown('session'),
    who: shown('source-identity'),
  };
  expectEqual('who the console says came in', seen, {
    account: '222222222222',
    role: 'ReadOnly',
    session: `${SessionId}-dev@example.com`,
    who: 'dev@example.com',
  });
  transcript.came(`the console of ${seen.account}, as ${seen.role}/${seen.session}`, true);
  const again = await fetch(Url, { signal });
  await again.body?.cancel();
  expectEqual('status of the same address, opened again', again.status, 400);
}
