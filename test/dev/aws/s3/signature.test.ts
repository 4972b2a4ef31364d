import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import type { Role } from '../../../../dev/aws/store/roles.ts';
import { type Outgoing, type S3Client, type S3Sent, s3Client, s3Path } from '../../../support/s3.ts';

const ROLE = 'arn:aws:iam::222222222222:role/Reader';
const MINUTE = 60_000;
let aws: AwsStandIn;
let s3: S3Client;
let role: Role;
let skew = 0;
const now = (): number => Date.now() + skew;

beforeAll(async () => {
  aws = await startAws({ port: 0, clock: now });
  const bucket = aws.createBucket({ name: 'team-data', accountId: '222222222222', region: 'eu-central-1' });
  aws.putObject(bucket, 'a/b.txt', 'content');
  role = aws.createRole({ arn: ROLE, trustPolicy: trustNobody() });
  s3 = s3Client(aws.port, { keys: aws.operator });
});
beforeEach(() => {
  skew = 0;
});
afterAll(() => aws.close());

function trustNobody(): string {
  const statement = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

const PATH = s3Path('team-data', 'a/b.txt');
const get = (changes: Partial<S3Sent> = {}) => s3('GET', PATH, { time: now(), ...changes });
const put = (changes: Partial<S3Sent> = {}) => s3('PUT', s3Path('team-data', 'put'), { time: now(), ...changes });
const authorization = (change: (text: string) => string): Partial<S3Sent> => ({
  spoil: (out) => {
    out.headers['authorization'] = change(String(out.headers['authorization']));
  },
});
const header = (name: string, value: string | string[] | undefined): Partial<S3Sent> => ({
  spoil: (out) => {
    if (value === undefined) delete out.headers[name];
    else out.headers[name] = value;
  },
});
const spoil = (change: (out: Outgoing) => void): Partial<S3Sent> => ({ spoil: change });
const stranger = { accessKeyId: 'ASIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) };

describe('a signature in the header', () => {
  it('is accepted when right', async () => {
    expect(await get()).toMatchObject({ status: 200, text: 'content' });
    expect(aws.calls.list().at(-1)).toMatchObject({ action: 's3:GetObject', outcome: 'ok', region: 'eu-central-1' });
  });

  it.each<[string, () => Partial<S3Sent>, string, number]>([
    ['with one digit changed', () => authorization(flipLast), 'SignatureDoesNotMatch', 403],
    ['cut short', () => authorization((text) => text.slice(0, -2)), 'SignatureDoesNotMatch', 403],
    [
      'made with another secret',
      () => ({ keys: { ...aws.operator, secretAccessKey: 'x' } }),
      'SignatureDoesNotMatch',
      403,
    ],
    [
      'over another path',
      () => spoil((out) => (out.target = s3Path('team-data', 'a/c.txt'))),
      'SignatureDoesNotMatch',
      403,
    ],
    ['over another query', () => spoil((out) => (out.target += '?x-id=GetObject')), 'SignatureDoesNotMatch', 403],
    ['over another method', () => spoil((out) => (out.method = 'DELETE')), 'SignatureDoesNotMatch', 403],
    ['over another host', () => header('host', 's3.amazonaws.com'), 'SignatureDoesNotMatch', 403],
    ['over another time', () => spoil(moveSecond), 'SignatureDoesNotMatch', 403],
    [
      'whose region was swapped',
      () => authorization((text) => text.replace('eu-central-1', 'eu-west-1')),
      'SignatureDoesNotMatch',
      403,
    ],
    [
      'that names a header which is not there',
      () => spoil((out) => delete out.headers['x-amz-meta-a']),
      'SignatureDoesNotMatch',
      403,
    ],
    ['made 16 minutes ago', () => ({ time: now() - 16 * MINUTE }), 'RequestTimeTooSkewed', 403],
    ['made 16 minutes ahead', () => ({ time: now() + 16 * MINUTE }), 'RequestTimeTooSkewed', 403],
    ['with a key nobody has', () => ({ keys: stranger }), 'InvalidAccessKeyId', 403],
    [
      'with a key named like a member of every object',
      () => ({ keys: { ...stranger, accessKeyId: '__proto__' } }),
      'InvalidAccessKeyId',
      403,
    ],
    [
      "with a session's key without its token",
      () => ({ keys: { ...aws.brokerCredentials(), sessionToken: undefined } }),
      'InvalidAccessKeyId',
      403,
    ],
    [
      "with another session's token",
      () => ({ keys: { ...aws.brokerCredentials(), sessionToken: aws.brokerCredentials().sessionToken } }),
      'InvalidToken',
      400,
    ],
    [
      'of an access key that brings a token',
      () => ({ keys: { ...aws.operator, sessionToken: 'x' } }),
      'InvalidToken',
      400,
    ],
    ['for another partition, where the key is unknown', () => ({ region: 'cn-north-1' }), 'InvalidAccessKeyId', 403],
    ['for another region than the bucket has', () => ({ region: 'us-east-1' }), 'AuthorizationHeaderMalformed', 400],
    ['for a region that is none', () => ({ region: 'mars-north-1' }), 'AuthorizationHeaderMalformed', 400],
    ['for another service', () => ({ service: 'sts' }), 'AuthorizationHeaderMalformed', 400],
    [
      'with another terminator',
      () => authorization((text) => text.replace('aws4_request', 'aws5_request')),
      'AuthorizationHeaderMalformed',
      400,
    ],
    [
      "with yesterday's date in its scope",
      () => authorization((text) => text.replace(/\/\d{8}\//, '/20200101/')),
      'AuthorizationHeaderMalformed',
      400,
    ],
    [
      'without its signature part',
      () => authorization((text) => text.replace(/, Signature=.*/, '')),
      'AuthorizationHeaderMalformed',
      400,
    ],
    [
      'without its signed headers',
      () => authorization((text) => text.replace(/SignedHeaders=[^,]*, /, '')),
      'AuthorizationHeaderMalformed',
      400,
    ],
    ['with a part twice', () => authorization((text) => `${text}, Signature=0`), 'AuthorizationHeaderMalformed', 400],
    [
      'without the host among the signed headers',
      () => ({ signedHeaders: (names) => names.filter((name) => name !== 'host') }),
      'AuthorizationHeaderMalformed',
      400,
    ],
    [
      'with the signed headers out of order',
      () => ({ signedHeaders: (names) => names.reverse() }),
      'AuthorizationHeaderMalformed',
      400,
    ],
    ['that is a bearer token', () => header('authorization', 'Bearer x'), 'InvalidArgument', 400],
    ['of version 2', () => header('authorization', 'AWS AKIAEXAMPLE:c2lnbmF0dXJl'), 'InvalidRequest', 400],
    ['without a date', () => header('x-amz-date', undefined), 'AccessDenied', 403],
    [
      'with a date in the long form',
      () => header('x-amz-date', '2026-01-31T12:00:00Z'),
      'AuthorizationHeaderMalformed',
      400,
    ],
    ['that is not there', () => header('authorization', undefined), 'AccessDenied', 403],
    ['beside one in the URL', () => spoil((out) => (out.target += '?X-Amz-Signature=0')), 'InvalidArgument', 400],
  ])('%s is refused', async (_about, changes, code, status) => {
    const given = changes();
    const sent = await get({ headers: { 'x-amz-meta-a': '1' }, ...given });
    expect(sent).toMatchObject({ code, status });
    expect(aws.calls.list().at(-1)?.outcome).toBe(code);
  });

  function flipLast(text: string): string {
    return text.slice(0, -1) + (text.endsWith('0') ? '1' : '0');
  }

  function moveSecond(out: Outgoing): void {
    const moved = (text: string): string => (text === '00Z' ? '01Z' : '00Z');
    out.headers['x-amz-date'] = String(out.headers['x-amz-date']).replace(/\d\dZ$/, moved);
  }

  it('names the right region, in the answer and in a header, so that clients can sign again', async () => {
    const refused = await get({ region: 'us-east-1' });
    expect(refused.text).toContain("the region 'us-east-1' is wrong; expecting 'eu-central-1'");
    expect(refused.text).toContain('<Region>eu-central-1</Region>');
    expect(refused.headers['x-amz-bucket-region']).toBe('eu-central-1');
    const head = await s3('HEAD', s3Path('team-data'), { region: 'us-east-1' });
    expect(head).toMatchObject({ status: 400, text: '' });
    expect(head.headers['x-amz-bucket-region']).toBe('eu-central-1');
    expect((await s3('GET', s3Path('team-data'), { region: 'us-east-1', query: { location: '' } })).status).toBe(200);
  });

  it.each([-14 * MINUTE, 14 * MINUTE])('made %d ms away is still accepted', async (away) => {
    expect((await get({ time: now() + away })).code).toBe('ok');
  });

  it('is refused once the session has expired', async () => {
    const keys = aws.issueSession(ROLE, 'short', 900);
    skew = 901_000;
    expect(await get({ keys })).toMatchObject({ code: 'ExpiredToken', status: 400 });
  });

  it('must cover every x-amz header that the request has', async () => {
    const added = await put({ body: 'x', ...header('x-amz-meta-added', 'later') });
    expect(added).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(added.text).toContain('<HeadersNotSigned>x-amz-meta-added</HeadersNotSigned>');
  });

  it('goes over header values without spare space, and over all values of a name', async () => {
    const headers = { 'x-amz-meta-a': 'one two' };
    expect((await put({ headers, ...header('x-amz-meta-a', '  one   two ') })).code).toBe('ok');
    expect((await put({ headers, ...header('x-amz-meta-a', ['one two', 'three']) })).code).toBe(
      'SignatureDoesNotMatch',
    );
  });

  it('of a refusal shows no secret', async () => {
    const keys = { ...aws.brokerCredentials(), secretAccessKey: 'wrong' };
    const { text } = await get({ keys });
    const calls = await (await fetch(`${aws.url}/_calls`)).text();
    expect(text).toContain('<StringToSign>AWS4-HMAC-SHA256\n');
    for (const secret of [keys.sessionToken, aws.operator.secretAccessKey]) {
      expect(text).not.toContain(secret);
      expect(calls).not.toContain(secret);
    }
  });
});

describe('the hash of the body', () => {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

  it.each<[string, Partial<S3Sent>, string, number]>([
    ['left out', header('x-amz-content-sha256', undefined), 'SignatureDoesNotMatch', 403],
    ['of another body', { payload: hash('other') }, 'XAmzContentSHA256Mismatch', 400],
    ['that is none', { payload: 'sha256' }, 'InvalidArgument', 400],
    ['of a name that every object has', { payload: 'constructor' }, 'InvalidArgument', 400],
    ['swapped after signing', header('x-amz-content-sha256', 'UNSIGNED-PAYLOAD'), 'SignatureDoesNotMatch', 403],
  ])('%s is refused', async (_about, changes, code, status) => {
    expect(await put({ body: 'body', ...changes })).toMatchObject({ code, status });
  });

  it('left out of a request whose signature does not name it is refused by name', async () => {
    const signedHeaders = (names: string[]): string[] => names.filter((name) => name !== 'x-amz-content-sha256');
    const sent = await put({ signedHeaders, ...header('x-amz-content-sha256', undefined) });
    expect(sent).toMatchObject({ code: 'InvalidRequest', status: 400 });
    expect(sent.text).toContain('x-amz-content-sha256');
  });

  it('holds for a body that was altered on its way, and nothing is kept of it', async () => {
    const path = s3Path('team-data', 'altered');
    const spoiled = await s3('PUT', path, { body: 'body', ...spoil((out) => (out.body = Buffer.from('bodY'))) });
    expect(spoiled).toMatchObject({ code: 'XAmzContentSHA256Mismatch', status: 400 });
    expect((await s3('GET', path)).code).toBe('NoSuchKey');
  });

  it('may be left to the transport', async () => {
    expect((await put({ body: 'any', payload: 'UNSIGNED-PAYLOAD' })).code).toBe('ok');
    expect((await s3('GET', s3Path('team-data', 'put'))).text).toBe('any');
  });
});

describe('a signature in the URL', () => {
  const url = (changes: Partial<S3Sent> = {}) => get({ presign: 60, ...changes });
  const parameter = (name: string, value: string | undefined): Partial<S3Sent> =>
    spoil((out) => {
      const at = new RegExp(`[?&]${name}=[^&]*`);
      out.target = out.target.replace(at, (found) => `${found[0]}${value === undefined ? 'x=1' : `${name}=${value}`}`);
    });

  it('is accepted when right, without any header', async () => {
    expect(await url()).toMatchObject({ status: 200, text: 'content' });
    expect(await url({ keys: aws.issueSession(ROLE, 'url', 900) })).toMatchObject({ code: 'AccessDenied' });
    role.attachedPolicyArns = ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'];
    expect(await url({ keys: aws.issueSession(ROLE, 'url', 900) })).toMatchObject({ text: 'content' });
  });

  it('may be used to put a body that nobody knew when it was signed', async () => {
    expect((await put({ presign: 60, body: 'later' })).code).toBe('ok');
    expect((await s3('GET', s3Path('team-data', 'put'))).text).toBe('later');
  });

  it('ends when it says, and no later', async () => {
    const time = now();
    skew = 59_000;
    expect((await url({ time })).code).toBe('ok');
    skew = 61_000;
    const late = await url({ time });
    expect(late).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(late.text).toContain('Request has expired');
    expect(late.text).toContain('<X-Amz-Expires>60</X-Amz-Expires>');
  });

  it('ends with the session, whatever it says', async () => {
    const keys = aws.issueSession(ROLE, 'short', 900);
    const time = now();
    skew = 901_000;
    expect(await url({ keys, time, presign: 3600 })).toMatchObject({ code: 'ExpiredToken', status: 400 });
  });

  it.each<[string, () => Partial<S3Sent>, string, number]>([
    ['with a longer end than was signed', () => parameter('X-Amz-Expires', '600'), 'SignatureDoesNotMatch', 403],
    [
      'with another key',
      () => spoil((out) => (out.target = out.target.replace('b.txt', 'c.txt'))),
      'SignatureDoesNotMatch',
      403,
    ],
    ['with another method', () => spoil((out) => (out.method = 'PUT')), 'SignatureDoesNotMatch', 403],
    ['with a parameter more', () => spoil((out) => (out.target += '&a=b')), 'SignatureDoesNotMatch', 403],
    ['with another signature', () => parameter('X-Amz-Signature', '0'.repeat(64)), 'SignatureDoesNotMatch', 403],
    ['with another secret', () => ({ keys: { ...aws.operator, secretAccessKey: 'x' } }), 'SignatureDoesNotMatch', 403],
    ['with a key nobody has', () => ({ keys: stranger }), 'InvalidAccessKeyId', 403],
    ['for another region', () => ({ region: 'us-east-1' }), 'AuthorizationQueryParametersError', 400],
    ['for another service', () => ({ service: 'sts' }), 'AuthorizationQueryParametersError', 400],
    ['that lasts more than a week', () => ({ presign: 604_801 }), 'AuthorizationQueryParametersError', 400],
    ['that lasts less than nothing', () => ({ presign: -1 }), 'AuthorizationQueryParametersError', 400],
    ['that lasts an hour in words', () => ({ presign: '1h' }), 'AuthorizationQueryParametersError', 400],
    ['that begins tomorrow', () => ({ time: now() + 86_400_000 }), 'AccessDenied', 403],
    ['without its end', () => parameter('X-Amz-Expires', undefined), 'AuthorizationQueryParametersError', 400],
    ['without its date', () => parameter('X-Amz-Date', undefined), 'AuthorizationQueryParametersError', 400],
    ['with a date that is none', () => parameter('X-Amz-Date', 'today'), 'AuthorizationQueryParametersError', 400],
    [
      'with another algorithm',
      () => parameter('X-Amz-Algorithm', 'AWS4-HMAC-SHA1'),
      'AuthorizationQueryParametersError',
      400,
    ],
    [
      'with a credential that is none',
      () => parameter('X-Amz-Credential', 'AKIA'),
      'AuthorizationQueryParametersError',
      400,
    ],
    ['with a header that it does not cover', () => header('x-amz-meta-a', 'b'), 'AccessDenied', 403],
    [
      'of version 2',
      () => spoil((out) => (out.target = `${PATH}?AWSAccessKeyId=A&Signature=B&Expires=1`)),
      'InvalidRequest',
      400,
    ],
  ])('%s is refused', async (_about, changes, code, status) => {
    expect(await url(changes())).toMatchObject({ code, status });
  });
});
