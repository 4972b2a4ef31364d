import type { Answer, Api, Call } from './api.ts';

export const READ_ONLY_ARN = 'arn:aws:iam::111122223333:role/ReadOnly';

/** `POST /` as an SDK sends it; members that are undefined are left out. */
export function assumeRole(
  api: Api,
  parameters: Readonly<Record<string, string | undefined>>,
  call: Call = {},
): Promise<Answer> {
  const form = new URLSearchParams();
  const all = {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: READ_ONLY_ARN,
    RoleSessionName: 'botocore-session-1769850000',
    ...parameters,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) form.append(name, value);
  return api.call('POST', '/', {
    text: form.toString(),
    ...call,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', ...call.headers },
  });
}

/** The text of an element; undefined when it is not there. */
export function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
