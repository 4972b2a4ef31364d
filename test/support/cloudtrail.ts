import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One session as CloudTrail shows it. */
export const ID = '01KAN4Y3T0AAAAAAAAAAAAAAAA';
export const NAME = `${ID}-dev@example.com`;
export const ARN = `arn:aws:sts::111122223333:assumed-role/Admin/${NAME}`;
export const KEY = 'ASIAEXAMPLEEXAMPLE12';

/** As CloudTrail writes an event of a role session. */
export const EVENT = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: `AROAEXAMPLEEXAMPLE12:${NAME}`,
    arn: ARN,
    accountId: '111122223333',
    accessKeyId: KEY,
    sessionContext: {
      sessionIssuer: { type: 'Role', arn: 'arn:aws:iam::111122223333:role/Admin', userName: 'Admin' },
      attributes: { creationDate: '2026-11-22T10:00:00Z', mfaAuthenticated: 'false' },
      sourceIdentity: 'dev@example.com',
    },
  },
  eventTime: '2026-11-22T10:05:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'GetObject',
  eventID: 'c7a1',
} as const;

/** An event of CloudTrail, as a test changes it. */
// biome-ignore lint/suspicious/noExplicitAny: its shape is AWS's, and tests break it on purpose
export type AnyEvent = Record<string, any>;

/** Path → events of every log file below a folder. */
export function readCloudTrail(folder: string): Record<string, AnyEvent[]> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json.gz'));
  return Object.fromEntries(
    names.sort().map((name) => {
      const { Records } = JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString());
      return [name, Records];
    }),
  );
}
