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
