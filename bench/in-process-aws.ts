import { Readable } from 'node:stream';

interface Request {
  readonly hostname: string;
  readonly body?: unknown;
}

/**
 * AWS without a network, for both sides of a comparison: takes the SDK's signed requests and answers what
 * DynamoDB and STS answer to a call that succeeds. Everything the SDK does around it is real.
 */
export const inProcessAws = {
  metadata: { handlerProtocol: 'http/1.1' },
  async handle({ hostname, body }: Request) {
    return {
      response: hostname.startsWith('sts.') ? assumed(String(body)) : answer('{}', 'application/x-amz-json-1.0'),
    };
  },
  /** An answer of DynamoDB. */
  answer: (body: string) => ({ response: answer(body, 'application/x-amz-json-1.0') }),
  updateHttpClientConfig() {},
  httpHandlerConfigs: () => ({}),
};

function assumed(body: string) {
  const form = new URLSearchParams(body);
  const role = form.get('RoleArn')?.split('/').at(-1);
  const expiration = new Date(Date.now() + Number(form.get('DurationSeconds')) * 1000).toISOString();
  return answer(
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:x</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/${role}/${form.get('RoleSessionName')}</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAEXAMPLEEXAMPLE12</AccessKeyId><SecretAccessKey>${'s'.repeat(40)}</SecretAccessKey><SessionToken>${'t'.repeat(400)}</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>`,
    'text/xml',
  );
}

function answer(body: string, type: string) {
  return {
    statusCode: 200,
    headers: { 'content-type': type, 'x-amzn-requestid': 'r' },
    body: Readable.from([Buffer.from(body)]),
  };
}
