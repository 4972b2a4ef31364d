import type { DurationLimit } from '../lib/access/decision.ts';
import { type IssuedSession, issueSession } from '../lib/broker.ts';
import { composeIssuingBroker } from '../lib/compose.ts';
import { type CredentialsAnswer, credentialsRequest } from '../lib/http/contract.ts';
import { apiHandler, json, problemResponse } from '../lib/http/handler.ts';
import { problemOfDenial } from '../lib/http/problem.ts';
import { bearerToken, jsonBody } from '../lib/http/request.ts';

/** `POST /v1/credentials`: the only function that may call STS. */
export function credentialsApi(broker: ReturnType<typeof composeIssuingBroker>) {
  return apiHandler(broker, [
    {
      method: 'POST',
      path: '/v1/credentials',
      async handler(event, scope) {
        let asked: number | undefined;
        const session = await issueSession(broker, scope, {
          token: () => bearerToken(event),
          request: () => {
            const request = jsonBody(event, credentialsRequest);
            asked = request.durationSeconds;
            return request;
          },
        });
        if (session.effect === 'denied') return problemResponse(problemOfDenial(session.missing, scope));
        return json(answer(session, asked));
      },
    },
  ]);
}

export const handler = credentialsApi(composeIssuingBroker(process.env));

/** A `credential_process` document, with what leads back to the audit record beside it. */
function answer(session: IssuedSession, askedSeconds: number | undefined): CredentialsAnswer {
  const { credentials, decision } = session;
  const shortened = askedSeconds !== undefined && decision.durationSeconds < askedSeconds;
  return {
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: credentials.expiration.toISOString(),
    AccountId: decision.role.accountId,
    SessionId: session.sessionId,
    RoleArn: decision.role.arn,
    SourceIdentity: session.caller.username,
    DurationSeconds: decision.durationSeconds,
    Notices: shortened
      ? [
          {
            code: 'duration_shortened',
            message: `${askedSeconds} seconds were asked for; ${SHORTENED_BY[decision.durationLimitedBy]} ${decision.durationSeconds}.`,
          },
        ]
      : [],
  };
}

const SHORTENED_BY: Readonly<Record<DurationLimit, string>> = {
  request: 'the request allows',
  grant: 'the grant allows',
  role: 'the role allows',
  chaining: 'AWS limits a session that one role takes from another (role chaining) to',
  token: 'the sign-in itself ends in',
};
