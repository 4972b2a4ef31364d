import { loadServiceData } from '../service-data.ts';

/**
 * What is wrong with the name of an action, by what AWS publishes: `Amazon S3 has no action "s3:GetObjet" (as of …); did
 * you mean s3:GetObject?`. The list may be older than an action, so whoever asks decides what that means.
 *
 * @returns undefined for an action that AWS has
 */
export async function actionDoubt(action: string): Promise<string | undefined> {
  const { lintDocument } = await import('../iam.ts');
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] };
  const findings = lintDocument(document, 'identity', await loadServiceData());
  const found = findings.find(({ code }) => code === 'action_unknown' || code === 'service_unknown');
  if (found === undefined) return undefined;
  return found.hint === undefined ? found.message : `${found.message}; ${found.hint}`;
}
