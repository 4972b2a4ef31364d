import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ReplayGuard } from '../../identity/replay.ts';
import type { AuthorizationCodes } from '../authorization-codes.ts';
import type { ToolSessions } from '../tool-sessions.ts';
import type { DpopProof } from './dpop.ts';
import type { LoginTokenRequest } from './requests.ts';

/** A code or refresh token of `aws login` that is good, and not used up yet. */
export interface Login {
  readonly caller: Caller;
  /** Role id that was chosen in the browser. */
  readonly role: string;
  /** Uses it up. @returns the refresh token of the next time. @throws Fault `grant_invalid`, `tool_session_ended`, … */
  settle(): Promise<string>;
}

export interface Logins {
  /**
   * @param now epoch milliseconds
   * @throws Fault `grant_invalid` for a code, `tool_session_ended` for a refresh token, `store_unavailable`
   */
  open(request: LoginTokenRequest, proof: DpopProof, now: number): Promise<Login>;
}

export function logins(sessions: ToolSessions, codes: AuthorizationCodes, replayGuard: ReplayGuard): Logins {
  /** A proof is used up with what it came with: a client that was told to try again sends the same one. */
  async function once({ keyThumbprint, jti, expiresAt }: DpopProof): Promise<void> {
    try {
      await replayGuard.consume(`dpop ${keyThumbprint}`, jti, expiresAt);
    } catch (cause) {
      if (cause instanceof Fault && cause.code === 'token_replayed') {
        throw new Fault('dpop_invalid', 'the proof was used before');
      }
      throw cause;
    }
  }

  return {
    async open(request, proof, now) {
      const { keyThumbprint } = proof;
      if (request.grantType === 'refresh_token') {
        const { caller, role, rotate } = await asEnded(() =>
          sessions.refresh(request.refreshToken, { clientId: request.clientId, keyThumbprint }, now),
        );
        if (role === undefined) throw new Fault('tool_session_ended', 'the session is not one of aws login');
        return {
          caller,
          role,
          async settle() {
            await once(proof);
            return (await asEnded(rotate)).refreshToken ?? '';
          },
        };
      }
      const { caller, role, sessionEndsAt, use } = await codes.open(request, now);
      if (role === undefined) throw new Fault('grant_invalid', 'the code is not one of aws login');
      const grant = {
        caller,
        clientId: request.clientId,
        refreshes: true,
        expiresAt: sessionEndsAt,
        role,
        keyThumbprint,
      };
      return {
        caller,
        role,
        async settle() {
          await once(proof);
          return (await sessions.create(await use(), grant, now)).refreshToken ?? '';
        },
      };
    },
  };
}

/** To this protocol a refresh token that is no longer good is a session that has ended. */
async function asEnded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault && cause.code === 'grant_invalid') {
      throw new Fault('tool_session_ended', cause.detail, { cause });
    }
    throw cause;
  }
}
