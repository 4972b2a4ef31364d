import type { AccessPolicy } from '../../lib/access/policy.ts';
import { indexPolicy } from '../../lib/access/policy-index.ts';
import type { AuditLog } from '../../lib/audit/log.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import type { IssuingParts } from '../../lib/broker.ts';
import { Fault } from '../../lib/fault.ts';
import type { Caller } from '../../lib/identity/caller.ts';
import type { RequestContext } from '../../lib/request-context.ts';
import { newSessionId } from '../../lib/session-id.ts';
import type { AssumeRoleRequest } from '../../lib/sts/assume-role.ts';
import { ISSUER } from '../access/policies.ts';

export const NOW = Date.UTC(2026, 0, 15, 12);

/** A small compiled policy: engineering reads, sre may administer with MFA and a reason, security reads the log. */
export const POLICY: AccessPolicy = {
  version: 1,
  digest: 'd'.repeat(64),
  issuers: [ISSUER],
  accounts: [{ name: 'prod', id: '111122223333', label: 'Production', partition: 'aws' }],
  roles: [role('ReadOnly', {}), role('Admin', { externalId: 'daypass-prod', maxDurationSeconds: 7200 })],
  grants: [
    grant('everyone-reads', { roles: ['prod/ReadOnly'], callers: { groups: ['engineering'] } }),
    grant('sre-admin', {
      roles: ['prod/Admin'],
      callers: { groups: ['sre'] },
      condition: { 'ForAnyValue:StringEquals': { 'claim:amr': ['mfa'] } },
      require: { reason: true, ticket: false },
      session: { tags: { team: '${claim:team}' }, transitiveTagKeys: [], policyArns: [] },
    }),
    grant('auditors', { permissions: ['audit:read'], callers: { groups: ['security'] } }),
  ],
};

function role(name: string, more: object): AccessPolicy['roles'][number] {
  return {
    id: `prod/${name}`,
    account: 'prod',
    accountId: '111122223333',
    partition: 'aws',
    arn: `arn:aws:iam::111122223333:role/${name}`,
    maxDurationSeconds: 3600,
    ...more,
  };
}

function grant(name: string, more: Partial<AccessPolicy['grants'][number]>): AccessPolicy['grants'][number] {
  return {
    name,
    effect: 'allow',
    roles: [],
    permissions: [],
    callers: {},
    condition: {},
    issuers: [],
    require: { reason: false, ticket: false },
    session: { tags: {}, transitiveTagKeys: [], policyArns: [] },
    ...more,
  };
}

export function caller(username: string, claims: Caller['claims']): Caller {
  return {
    issuer: 'corp',
    issuerUrl: ISSUER.url,
    subject: `subject-of-${username}`,
    username,
    claims,
    authenticatedAt: NOW / 1000 - 60,
    issuedAt: NOW / 1000 - 60,
    expiresAt: NOW / 1000 + 3600,
    tokenSha256: 'a'.repeat(64),
  };
}

export const CALLERS: Readonly<Record<string, Caller>> = {
  dev: caller('dev@example.com', { groups: ['engineering'] }),
  sre: caller('sre@example.com', { groups: ['sre'], amr: ['pwd', 'mfa'], team: 'platform' }),
  auditor: caller('auditor@example.com', { groups: ['security'] }),
  outsider: caller('outsider@example.com', { groups: ['sales'] }),
};

/** A broker on fakes that note, in order, everything that happens. Each fake can be told to fail. */
export interface FakeBroker extends IssuingParts {
  /** `intent`, `outcome:issued`, `sts`, `rate` … in the order they happened. */
  readonly events: string[];
  readonly records: AuditRecord[];
  readonly asked: AssumeRoleRequest[];
  fail: { verify?: Fault; rate?: Fault; intent?: Fault; outcome?: Fault; sts?: Fault | Error; console?: Fault };
}

export const SECRETS = ['the-secret-access-key', 'the-session-token'] as const;

export function fakeBroker(): FakeBroker {
  const events: string[] = [];
  const records: AuditRecord[] = [];
  const asked: AssumeRoleRequest[] = [];
  const auditLog: AuditLog = {
    async append(record) {
      const failure = broker.fail[record.phase];
      events.push(record.phase === 'intent' ? 'intent' : `outcome:${record.outcome}`);
      if (failure) throw failure;
      records.push(record);
    },
  };
  const broker: FakeBroker = {
    events,
    records,
    asked,
    fail: {},
    policyIndex: indexPolicy(POLICY),
    auditLog,
    observe: () => undefined,
    clock: () => NOW,
    region: 'eu-central-1',
    verifier: {
      async verify(token) {
        if (broker.fail.verify) throw broker.fail.verify;
        const found = CALLERS[token];
        if (!found) throw new Fault('token_malformed', 'no such caller');
        return found;
      },
    },
    consoleSignIn: {
      async signInUrl(_partition, { accessKeyId }, destination) {
        events.push('signin');
        if (broker.fail.console) throw broker.fail.console;
        return `https://signin.example.com/?${new URLSearchParams({ for: accessKeyId, destination })}`;
      },
    },
    rateLimit: {
      async take() {
        events.push('rate');
        if (broker.fail.rate) throw broker.fail.rate;
      },
    },
    roleAssumer: {
      async assume(request) {
        events.push('sts');
        asked.push(request);
        if (broker.fail.sts) throw broker.fail.sts;
        return {
          accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
          secretAccessKey: SECRETS[0],
          sessionToken: SECRETS[1],
          expiration: new Date(NOW + request.durationSeconds * 1000),
          stsRequestId: 'sts-request',
        };
      },
    },
  };
  return broker;
}

export function context(): RequestContext {
  return { sessionId: newSessionId(NOW), requestId: 'request-1', sourceIp: '203.0.113.7', userAgent: 'aws-cli/2' };
}
