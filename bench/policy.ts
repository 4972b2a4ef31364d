import { writeFileSync } from 'node:fs';
import { compilePolicy } from '../lib/access/compile.ts';
import type { AccessPolicy } from '../lib/access/policy.ts';
import { ISSUER_URL } from './identity-provider.ts';

/** A policy of ordinary shape: what the request benchmark decides by. */
export const ACCESS_POLICY = `
version: 1
issuers:
  corp:
    issuer: "${ISSUER_URL}"
    audience: [daypass]
    algorithms: [RS256]
    username: email
    portal: { clientId: daypass }
    sso: {}
accounts:
  prod: { id: "111122223333", label: Production }
roles:
  prod/ReadOnly: { arn: "arn:aws:iam::111122223333:role/ReadOnly" }
grants:
  - name: everyone-reads
    roles: [prod/ReadOnly]
    callers: { groups: [engineering, "team-*"] }
    condition: { NumericLessThanEquals: { "session:authAgeSeconds": 36000 } }
    session: { tags: { team: "\${claim:team}" } }
`;

export function compiled(source: string): AccessPolicy {
  const { policy, diagnostics } = compilePolicy(source, 'bench.yml');
  if (!policy) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

/** The environment of a function that runs on this policy. */
export function functionEnvironment(policyFile: string): Record<string, string> {
  writeFileSync(policyFile, JSON.stringify(compiled(ACCESS_POLICY)));
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    DAYPASS_TABLE: 'sessions',
    DAYPASS_POLICY_FILE: policyFile,
    DAYPASS_ORIGIN: 'https://daypass.example.com',
  };
}
