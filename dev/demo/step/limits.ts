import type { RolesAnswer } from '../../../lib/http/contract.ts';
import { claimsOf, type Demo, issued, refused, signedIn } from '../context.ts';
import { expectEqual } from '../expect.ts';

/** What the access policy asks for, and what it does not give. */

const ADMIN = 'prod/Admin';

export async function sreWithoutReason(demo: Demo): Promise<void> {
  demo.transcript.step('sre, signed in with a second factor, asks for prod/Admin and says no reason');
  const sre = await signedIn(demo, 'sre');
  const { groups, amr } = claimsOf(sre);
  demo.transcript.fields({ token: JSON.stringify({ groups, amr }) });
  const answer = await demo.api.post('/v1/credentials', sre, { role: ADMIN });
  refused(demo, answer, { status: 403, code: 'access_denied', missing: ['reason'], to: sre });
}

export async function sreGivesReason(demo: Demo): Promise<void> {
  demo.transcript.step('sre says why, and gets it for half an hour');
  const sre = await signedIn(demo, 'sre');
  const answer = await demo.api.post('/v1/credentials', sre, { role: ADMIN, reason: 'INC-7: disk full on db-3' });
  const session = issued(demo, answer, { to: sre, role: ADMIN, seconds: 1800 });
  demo.transcript.fields({
    SessionId: session.SessionId,
    RoleArn: session.RoleArn,
    Expiration: `${session.Expiration}  (${session.DurationSeconds} s)`,
  });
}

export async function devWantsAdmin(demo: Demo): Promise<void> {
  demo.transcript.step('dev asks for prod/Admin too: refused, told what is missing, not who has it');
  const dev = await signedIn(demo, 'dev');
  const answer = await demo.api.post('/v1/credentials', dev, { role: ADMIN, reason: 'curious' });
  refused(demo, answer, { status: 403, code: 'access_denied', missing: ['grant'], to: dev });
}

export async function outsiderGetsNothing(demo: Demo): Promise<void> {
  demo.transcript.step('outsider may sign in, but no grant is for them: no roles, no credentials');
  const outsider = await signedIn(demo, 'outsider');
  const list = await demo.api.get('/v1/roles', outsider);
  expectEqual('roles of outsider', list, { status: 200, body: { roles: [] } satisfies RolesAnswer });
  demo.transcript.note(JSON.stringify(list.body));
  const answer = await demo.api.post('/v1/credentials', outsider, { role: 'prod/ReadOnly' });
  refused(demo, answer, { status: 403, code: 'access_denied', missing: ['grant'], to: outsider });
}

export async function tamperedToken(demo: Demo): Promise<void> {
  demo.transcript.step("dev's token, edited to say groups: [sre], is refused before anything is decided");
  const dev = await signedIn(demo, 'dev');
  const [header, , signature] = dev.idToken.split('.');
  const claims = { ...claimsOf(dev), groups: ['sre'], amr: ['pwd', 'mfa'] };
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const forged = { name: 'dev, token edited', idToken: `${header}.${payload}.${signature}` };
  demo.transcript.secrets.keep(forged.idToken);
  const answer = await demo.api.post('/v1/credentials', forged, { role: ADMIN, reason: 'please' });
  refused(demo, answer, { status: 401, code: 'signature_invalid' });
}
