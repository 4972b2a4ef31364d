import type { CredentialsAnswer, CredentialsRequest } from '../lib/http/contract.ts';
import { BrokerClient } from './broker/api.ts';
import type { Context } from './context.ts';
import { spokenDuration } from './duration.ts';
import { Failure } from './failure.ts';
import { hint, say, withProgress } from './output.ts';
import { currentIdentity, currentToken } from './sign-in/session.ts';
import { type CachedCredentials, freshness, readCached } from './store/credentials.ts';
import { type CredentialsKey, credentialsName, credentialsPath } from './store/home.ts';
import { withLock } from './store/lock.ts';
import { writePrivate } from './store/private-file.ts';

export interface Wanted {
  readonly role: string;
  /** Seconds. */
  readonly durationSeconds: number | undefined;
  readonly reason: string | undefined;
  readonly ticket: string | undefined;
  /** False: ask the broker, and leave no trace on disk. */
  readonly cache: boolean;
}

/**
 * Credentials for a role: from the cache while they are fresh, else from the broker, asked by one process for
 * all that want the same. A refusal (401, 403) is final whatever the cache holds; only when the broker cannot be
 * reached are credentials served that should have been renewed, with a warning.
 */
export async function obtainCredentials(context: Context, wanted: Wanted): Promise<CredentialsAnswer> {
  if (!wanted.cache) return withProgress('waiting for the broker', ask(context, wanted));
  const { issuer, subject } = currentIdentity(context);
  const { role, durationSeconds = null } = wanted;
  const key: CredentialsKey = { broker: context.broker, role, durationSeconds, issuer, subject };
  let damageTold = false;
  const onDamage = (): void => {
    if (!damageTold) say(`${credentialsPath(context.home, key)} is damaged; asking the broker again`);
    damageTold = true;
  };
  const find = (): CachedCredentials | undefined => sayingTheSame(wanted, readCached(context.home, key, onDamage));
  const fresh = (): CredentialsAnswer | undefined => {
    const found = find();
    return found && freshness(found.answer, context.now()) === 'fresh' ? found.answer : undefined;
  };
  try {
    const kept = fresh();
    if (kept !== undefined) return kept;
    const renewed = withLock(context.home, credentialsName(key), fresh, async () => {
      const answer = await ask(context, wanted);
      store(context, { version: 1, key, reason: wanted.reason, ticket: wanted.ticket, answer });
      return answer;
    });
    return await withProgress('waiting for the broker', renewed);
  } catch (thrown) {
    const rest = find();
    if (!Failure.is(thrown) || thrown.kind !== 'unavailable' || rest === undefined) throw thrown;
    if (freshness(rest.answer, context.now()) === 'ended') throw thrown;
    const left = (Date.parse(rest.answer.Expiration) - context.now()) / 1000;
    say(`using cached credentials that last ${spokenDuration(left)} more, because ${thrown.message}`);
    return rest.answer;
  }
}

/**
 * What is cached, unless this request says why and the cached one did not say the same: a new reason or ticket
 * belongs into the audit log, so the broker has to hear it.
 */
function sayingTheSame(wanted: Wanted, found: CachedCredentials | undefined): CachedCredentials | undefined {
  const sameReason = wanted.reason === undefined || wanted.reason === found?.reason;
  const sameTicket = wanted.ticket === undefined || wanted.ticket === found?.ticket;
  return sameReason && sameTicket ? found : undefined;
}

async function ask(context: Context, wanted: Wanted): Promise<CredentialsAnswer> {
  const broker = new BrokerClient(context, await currentToken(context));
  const { role, durationSeconds, reason, ticket } = wanted;
  const request: CredentialsRequest = {
    role,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
  };
  const answer = await broker.credentials(request);
  for (const notice of answer.Notices ?? []) say(`notice: ${String(notice.message)}`);
  if (freshness(answer, context.now()) === 'ended') {
    say('these credentials end at once by this machine’s clock');
    hint('check the clock of this machine');
  }
  return answer;
}

function store(context: Context, cached: CachedCredentials): void {
  const path = credentialsPath(context.home, cached.key);
  writePrivate(context.home, path, `${JSON.stringify(cached)}\n`);
}
