import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAXIMUM_OBJECT_BYTES } from '../../../../dev/aws/s3/payload.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { type Outgoing, type S3Client, type S3Sent, s3Client, s3Path } from '../../../support/s3.ts';

const NOW = Date.parse('2026-11-25T12:00:00.700Z');
let aws: AwsStandIn;
let s3: S3Client;

beforeEach(async () => {
  aws = await startAws({ port: 0, clock: () => NOW });
  const bucket = aws.createBucket({ name: 'team-data', accountId: '222222222222', region: 'eu-central-1' });
  aws.putObject(bucket, 'a/b.txt', '0123456789');
  s3 = s3Client(aws.port, { keys: aws.operator, time: NOW });
});
afterEach(() => aws.close());

const BUCKET = s3Path('team-data');
const OBJECT = s3Path('team-data', 'a/b.txt');
const MD5 = `"${createHash('md5').update('0123456789').digest('hex')}"`;

describe('every answer', () => {
  it('has the two ids that support asks for, a new pair each time', async () => {
    const [first, second] = [await s3('GET', OBJECT), await s3('GET', s3Path('nobody-has-this'))];
    for (const { headers } of [first, second]) {
      expect(headers['x-amz-request-id']).toMatch(/^[\w-]{16,}$/);
      expect(headers['x-amz-id-2']).toMatch(/^[\w+/=]{64}$/);
    }
    expect(first.headers['x-amz-request-id']).not.toBe(second.headers['x-amz-request-id']);
    expect(second.text).toContain(`<RequestId>${second.headers['x-amz-request-id']}</RequestId>`);
    expect(second.text).toContain(`<HostId>${second.headers['x-amz-id-2']}</HostId>`);
  });

  it('that refuses is XML in the form of S3, and to HEAD has no body', async () => {
    const get = await s3('GET', s3Path('nobody-has-this', 'key'));
    expect(get.headers['content-type']).toBe('application/xml');
    expect(get.text).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Error><Code>NoSuchBucket<\/Code><Message>.+<\/Message><BucketName>nobody-has-this<\/BucketName>/,
    );
    const head = await s3('HEAD', s3Path('nobody-has-this', 'key'));
    expect(head).toMatchObject({ status: 404, text: '' });
    expect(head.headers['content-length']).toBe('0');
  });

  it('escapes what it repeats', async () => {
    const { text } = await s3('GET', s3Path('team-data', '<x>&"\u0001'));
    expect(text).toContain('<Key>&lt;x&gt;&amp;&quot;\uFFFD</Key>');
  });

  it('is in the list of calls with bucket and key, and what came of it', async () => {
    await s3('PUT', OBJECT, { body: 'x' });
    await s3('GET', s3Path('team-data', 'none'));
    await s3('GET', '/');
    await s3('GET', BUCKET, { query: { acl: '' } });
    await s3('GET', '/%', { keys: undefined });
    const members = { time: '2026-11-25T12:00:00.700Z', region: 'eu-central-1', accessKeyId: aws.operator.accessKeyId };
    const requestId = expect.any(String) as string;
    const bucket = 'team-data';
    expect(aws.calls.list()).toEqual([
      { ...members, action: 's3:PutObject', account: '999999999999', outcome: 'ok', requestId, bucket, key: 'a/b.txt' },
      {
        ...members,
        action: 's3:GetObject',
        account: '999999999999',
        outcome: 'NoSuchKey',
        requestId,
        bucket,
        key: 'none',
      },
      { ...members, action: 's3:ListBuckets', account: '999999999999', outcome: 'ok', requestId },
      { ...members, action: 's3', outcome: 'NotImplemented', requestId, bucket },
      { time: members.time, action: 's3', outcome: 'InvalidURI', requestId },
    ]);
  });
});

describe('buckets', () => {
  const create = (name: string, changes: Partial<S3Sent> = {}) => s3('PUT', s3Path(name), changes);
  const configuration = (region: string): string =>
    '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  const here = { body: configuration('eu-central-1') };

  it('are made, found, listed to their account alone, and deleted', async () => {
    expect(await create('new-bucket', here)).toMatchObject({ status: 200, text: '' });
    const head = await s3('HEAD', s3Path('new-bucket'));
    expect(head.headers['x-amz-bucket-region']).toBe('eu-central-1');
    const { text } = await s3('GET', '/');
    expect(text).toContain('<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>');
    expect(text).toContain('<Name>new-bucket</Name><CreationDate>2026-11-25T12:00:00.700Z</CreationDate>');
    expect(text).not.toContain('team-data');
    expect((await s3('DELETE', s3Path('new-bucket'))).status).toBe(204);
    expect((await s3('HEAD', s3Path('new-bucket'))).status).toBe(404);
  });

  it('are listed page by page, by prefix and by region', async () => {
    for (const name of ['one-a', 'one-b', 'two-a']) await create(name, here);
    await create('one-far', { region: 'us-east-1' });
    const names = (text: string) => [...text.matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name]) => name);
    const first = await s3('GET', '/', { query: { 'max-buckets': '2', prefix: 'one-' } });
    expect(names(first.text)).toEqual(['one-a', 'one-b']);
    const [, token = ''] = /<ContinuationToken>(.*?)<\/ContinuationToken>/.exec(first.text) ?? [];
    const rest = await s3('GET', '/', { query: { 'max-buckets': '2', prefix: 'one-', 'continuation-token': token } });
    expect(names(rest.text)).toEqual(['one-far']);
    expect(rest.text).not.toContain('ContinuationToken');
    expect(names((await s3('GET', '/', { query: { 'bucket-region': 'us-east-1' } })).text)).toEqual(['one-far']);
    expect((await s3('GET', '/', { query: { 'max-buckets': '0' } })).code).toBe('InvalidArgument');
    expect((await s3('GET', '/', { query: { 'continuation-token': '!' } })).code).toBe('InvalidArgument');
  });

  it('say where they are; the first of all regions has no name', async () => {
    await create('in-virginia', { region: 'us-east-1' });
    const location = async (name: string) => (await s3('GET', s3Path(name), { query: { location: '' } })).text;
    expect(await location('team-data')).toMatch(
      /<LocationConstraint xmlns="[^"]+">eu-central-1<\/LocationConstraint>$/,
    );
    expect(await location('in-virginia')).toMatch(/<LocationConstraint xmlns="[^"]+"><\/LocationConstraint>$/);
  });

  it.each<[string, string, Partial<S3Sent>, string, number]>([
    ['that another account has', 'team-data', here, 'BucketAlreadyExists', 409],
    ['that the caller has', 'mine-already', here, 'BucketAlreadyOwnedByYou', 409],
    ['in capitals', 'NotLikeThis', here, 'InvalidBucketName', 400],
    ['of two letters', 'ab', here, 'InvalidBucketName', 400],
    ['of 64 letters', 'a'.repeat(64), here, 'InvalidBucketName', 400],
    ['like an address', '192.168.5.4', here, 'InvalidBucketName', 400],
    ['with two dots', 'a..b', here, 'InvalidBucketName', 400],
    ['of a reserved kind', 'xn--bucket', here, 'InvalidBucketName', 400],
    ['without a region, elsewhere than in the first', 'new-one', {}, 'IllegalLocationConstraintException', 400],
    [
      'in another region than it is asked in',
      'new-one',
      { body: configuration('eu-west-1') },
      'IllegalLocationConstraintException',
      400,
    ],
    [
      'in another partition',
      'new-one',
      { region: 'us-east-1', body: configuration('cn-north-1') },
      'IllegalLocationConstraintException',
      400,
    ],
    ['in no region', 'new-one', { body: configuration('mars-north-1') }, 'InvalidLocationConstraint', 400],
    [
      'in the region that is not named',
      'new-one',
      { region: 'us-east-1', body: configuration('us-east-1') },
      'InvalidLocationConstraint',
      400,
    ],
    ['with what is no XML', 'new-one', { body: '{}' }, 'MalformedXML', 400],
    ['with XML of another kind', 'new-one', { body: '<a/>' }, 'MalformedXML', 400],
    [
      'with XML without end',
      'new-one',
      { body: `<CreateBucketConfiguration ${'a '.repeat(20_000)}` },
      'MalformedXML',
      400,
    ],
    [
      'with an access control list',
      'new-one',
      { ...here, headers: { 'x-amz-acl': 'public-read' } },
      'NotImplemented',
      501,
    ],
  ])('%s are not made', async (_about, name, changes, code, status) => {
    await create('mine-already', here);
    expect(await create(name, changes)).toMatchObject({ code, status });
  });

  it('are made elsewhere from the first region only', async () => {
    expect((await create('far-away', { region: 'us-east-1', body: configuration('EU') })).code).toBe('ok');
    expect((await s3('HEAD', s3Path('far-away'), { region: 'eu-west-1' })).status).toBe(200);
  });

  it('are deleted only when they are empty', async () => {
    expect(await s3('DELETE', BUCKET)).toMatchObject({ code: 'BucketNotEmpty', status: 409 });
    await s3('DELETE', OBJECT);
    expect((await s3('DELETE', BUCKET)).status).toBe(204);
  });

  it.each(['GET', 'HEAD', 'DELETE', 'PUT'])('that are not there are not found (%s)', async (method) => {
    const query: Record<string, string> = method === 'GET' ? { 'list-type': '2' } : {};
    const path = method === 'PUT' ? s3Path('nobody-has-this', 'key') : s3Path('nobody-has-this');
    expect((await s3(method, path, { query })).status).toBe(404);
  });

  it('are of the account that a caller expects, or refused', async () => {
    const expecting = (account: string) => s3('GET', OBJECT, { headers: { 'x-amz-expected-bucket-owner': account } });
    expect((await expecting('222222222222')).status).toBe(200);
    expect(await expecting('111111111111')).toMatchObject({ code: 'AccessDenied', status: 403 });
  });
});

describe('objects', () => {
  it('are kept with their type and metadata, and come back as they were', async () => {
    const headers = {
      'content-type': 'text/csv; charset=utf-8',
      'cache-control': 'no-store',
      'content-encoding': 'gzip',
      'x-amz-meta-team': 'payments',
    };
    const put = await s3('PUT', OBJECT, { body: Buffer.from([0, 255, 10, 13]), headers });
    expect(put).toMatchObject({ status: 200, text: '' });
    const got = await s3('GET', OBJECT);
    expect(got.body).toEqual(Buffer.from([0, 255, 10, 13]));
    expect(got.headers).toMatchObject({
      ...headers,
      etag: put.headers.etag,
      'content-length': '4',
      'accept-ranges': 'bytes',
      'last-modified': 'Wed, 25 Nov 2026 12:00:00 GMT',
    });
    const head = await s3('HEAD', OBJECT);
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers).toMatchObject({ ...headers, 'content-length': '4', etag: put.headers.etag });
  });

  it('without a type are binary', async () => {
    expect((await s3('GET', OBJECT)).headers).toMatchObject({ 'content-type': 'binary/octet-stream', etag: MD5 });
  });

  it('that are not there are not found, and deleting them is no mistake', async () => {
    const path = s3Path('team-data', 'none');
    expect(await s3('GET', path)).toMatchObject({ code: 'NoSuchKey', status: 404 });
    expect(await s3('HEAD', path)).toMatchObject({ text: '', status: 404 });
    expect((await s3('DELETE', path)).status).toBe(204);
    expect((await s3('DELETE', OBJECT)).status).toBe(204);
    expect((await s3('GET', OBJECT)).code).toBe('NoSuchKey');
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=7-99', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=4-2', 200, '0123456789', undefined],
    ['bytes=0-1,4-5', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
    ['bytes=-', 200, '0123456789', undefined],
  ])('in part: %s', async (range, status, text, contentRange) => {
    const got = await s3('GET', OBJECT, { headers: { range } });
    expect(got).toMatchObject({ status, text });
    expect(got.headers['content-range']).toBe(contentRange);
    const head = await s3('HEAD', OBJECT, { headers: { range } });
    expect(head).toMatchObject({ status, text: '' });
    expect(head.headers['content-length']).toBe(String(text.length));
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('not beyond their end: %s', async (range) => {
    const got = await s3('GET', OBJECT, { headers: { range } });
    expect(got).toMatchObject({ code: 'InvalidRange', status: 416 });
    expect(got.headers['content-range']).toBe('bytes */10');
  });

  it.each<[string, Record<string, string>, number]>([
    ['its tag', { 'if-match': MD5 }, 200],
    ['another tag', { 'if-match': '"other"' }, 412],
    ['no tag but its own', { 'if-none-match': MD5 }, 304],
    ['any tag but another', { 'if-none-match': '"other"' }, 200],
    ['any change', { 'if-modified-since': 'Wed, 25 Nov 2026 12:00:00 GMT' }, 304],
    ['any change before', { 'if-modified-since': 'Wed, 25 Nov 2026 11:59:59 GMT' }, 200],
    ['no change', { 'if-unmodified-since': 'Wed, 25 Nov 2026 12:00:00 GMT' }, 200],
    ['no change before', { 'if-unmodified-since': 'Wed, 25 Nov 2026 11:59:59 GMT' }, 412],
    ['its tag, and no change before', { 'if-match': MD5, 'if-unmodified-since': 'Wed, 25 Nov 2026 11:59:59 GMT' }, 200],
    ['a date that is none', { 'if-modified-since': 'yesterday' }, 200],
  ])('if they have %s', async (_about, headers, status) => {
    const got = await s3('GET', OBJECT, { headers });
    expect(got.status).toBe(status);
    if (status === 304) expect(got).toMatchObject({ text: '', headers: { etag: MD5 } });
    if (status === 412) expect(got.code).toBe('PreconditionFailed');
  });

  it('are put only where there is none, or while they are the one that was seen', async () => {
    const fresh = s3Path('team-data', 'fresh');
    expect((await s3('PUT', fresh, { body: 'a', headers: { 'if-none-match': '*' } })).code).toBe('ok');
    expect(await s3('PUT', fresh, { body: 'b', headers: { 'if-none-match': '*' } })).toMatchObject({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect((await s3('PUT', fresh, { headers: { 'if-none-match': '"x"' } })).code).toBe('NotImplemented');
    expect((await s3('PUT', OBJECT, { body: 'c', headers: { 'if-match': '"other"' } })).code).toBe(
      'PreconditionFailed',
    );
    expect((await s3('PUT', OBJECT, { body: 'c', headers: { 'if-match': MD5 } })).code).toBe('ok');
    expect((await s3('PUT', s3Path('team-data', 'no'), { headers: { 'if-match': MD5 } })).code).toBe('NoSuchKey');
    expect((await s3('GET', fresh)).text).toBe('a');
  });

  it.each<[string, Partial<S3Sent>, string, number]>([
    ['without a length', { spoil: unmeasured }, 'MissingContentLength', 411],
    ['with metadata over 2 KB', { headers: { 'x-amz-meta-a': 'x'.repeat(2_048) } }, 'MetadataTooLarge', 400],
    ['to be encrypted', { headers: { 'x-amz-server-side-encryption': 'aws:kms' } }, 'NotImplemented', 501],
    ['with tags', { headers: { 'x-amz-tagging': 'a=b' } }, 'NotImplemented', 501],
    ['as a copy', { headers: { 'x-amz-copy-source': '/team-data/a/b.txt' } }, 'NotImplemented', 501],
    ['into cold storage', { headers: { 'x-amz-storage-class': 'GLACIER' } }, 'NotImplemented', 501],
  ])('are not put %s', async (_about, changes, code, status) => {
    expect(await s3('PUT', OBJECT, changes)).toMatchObject({ code, status });
  });

  function unmeasured(out: Outgoing): void {
    delete out.headers['content-length'];
    out.headers['transfer-encoding'] = 'chunked';
  }

  it('are not put when they are over the limit, in whatever way they come', async () => {
    const payload = 'UNSIGNED-PAYLOAD';
    const most = await s3('PUT', OBJECT, { body: Buffer.alloc(MAXIMUM_OBJECT_BYTES), payload });
    expect(most.code).toBe('ok');
    for (const over of [1, 2_000_000]) {
      const sent = await s3('PUT', OBJECT, { body: Buffer.alloc(MAXIMUM_OBJECT_BYTES + over), payload });
      expect(sent).toMatchObject({ code: 'EntityTooLarge', status: 400 });
    }
    const chunks = { payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', chunkBytes: 1_048_576 };
    const sent = await s3('PUT', OBJECT, { body: Buffer.alloc(MAXIMUM_OBJECT_BYTES + 1), ...chunks });
    expect(sent).toMatchObject({ code: 'EntityTooLarge', status: 400 });
  });

  it('have keys of up to 1,024 bytes', async () => {
    expect((await s3('PUT', s3Path('team-data', 'ä'.repeat(512)))).code).toBe('ok');
    expect(await s3('PUT', s3Path('team-data', `${'ä'.repeat(512)}a`))).toMatchObject({
      code: 'KeyTooLongError',
      status: 400,
    });
  });

  it.each([
    'space and more',
    'plus+plus',
    'per%cent%2F%',
    'ünïcödé/日本/😀',
    '..',
    '../../etc/passwd',
    './a/./b',
    'a//b///c',
    '/leading',
    'trailing/',
    'quotes\'"()*!~',
    'query?a=b&c#d;e=f',
    '__proto__',
    'back\\slash',
    'line\nbreak',
    'nul\u0000',
  ])('are kept by any key as it is: %j', async (key) => {
    const path = s3Path('team-data', key);
    expect((await s3('PUT', path, { body: key })).code).toBe('ok');
    expect((await s3('GET', path)).text).toBe(key);
    expect(aws.state.buckets.find('team-data', 'aws')?.find(key)?.content.toString()).toBe(key);
    const list = await s3('GET', BUCKET, { query: { 'list-type': '2', prefix: key, 'encoding-type': 'url' } });
    const [, listed = ''] = /<Contents><Key>(.*?)<\/Key>/.exec(list.text) ?? [];
    expect(decodeURIComponent(listed.replaceAll('+', ' '))).toBe(key);
    expect((await s3('DELETE', path)).status).toBe(204);
    expect((await s3('GET', path)).code).toBe('NoSuchKey');
  });
});

describe('bucket policies', () => {
  const policy = (statement: object, version = '2012-10-17'): string =>
    JSON.stringify({ Version: version, Statement: [statement] });
  const right = {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111111111111:root' },
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::team-data/*',
  };
  const put = (body: string) => s3('PUT', BUCKET, { query: { policy: '' }, body });

  it('are kept as they are written, and given back, and removed', async () => {
    const text = `${policy(right)} `;
    expect(await s3('GET', BUCKET, { query: { policy: '' } })).toMatchObject({
      code: 'NoSuchBucketPolicy',
      status: 404,
    });
    expect(await put(text)).toMatchObject({ status: 204, text: '' });
    const got = await s3('GET', BUCKET, { query: { policy: '' } });
    expect(got).toMatchObject({ status: 200, text });
    expect((await s3('DELETE', BUCKET, { query: { policy: '' } })).status).toBe(204);
    expect((await s3('GET', BUCKET, { query: { policy: '' } })).code).toBe('NoSuchBucketPolicy');
  });

  it.each([
    ['that are no JSON', '<policy/>'],
    ['that are nothing', ''],
    ['of another version', policy(right, '2026-01-01')],
    ['without a principal', policy({ ...right, Principal: undefined })],
    ['without a resource', policy({ ...right, Resource: undefined })],
    ['about another bucket', policy({ ...right, Resource: 'arn:aws:s3:::other/*' })],
    ['about a bucket whose name only begins so', policy({ ...right, Resource: 'arn:aws:s3:::team-data-2/*' })],
    ['about another service', policy({ ...right, Action: 'sqs:SendMessage' })],
    ['with a condition operator that is none', policy({ ...right, Condition: { StringIs: { 'aws:username': 'x' } } })],
    ['over 20 KB', policy({ ...right, Sid: 'x'.repeat(20_480) })],
    ['nested deeper than anybody reads', '['.repeat(10_000)],
  ])('%s are refused, and the one before stays', async (_about, text) => {
    await put(policy(right));
    expect(await put(text)).toMatchObject({ code: 'MalformedPolicy', status: 400 });
    expect((await s3('GET', BUCKET, { query: { policy: '' } })).text).toBe(policy(right));
  });

  it('that name somebody who is not there are refused', async () => {
    const trust = { Effect: 'Allow', Principal: { AWS: '111111111111' }, Action: 'sts:AssumeRole' };
    aws.createRole({ arn: 'arn:aws:iam::111111111111:role/There', trustPolicy: policy(trust) });
    const naming = (role: string) => policy({ ...right, Principal: { AWS: `arn:aws:iam::111111111111:role/${role}` } });
    expect((await put(naming('There'))).status).toBe(204);
    expect(await put(naming('Gone'))).toMatchObject({ code: 'MalformedPolicy', status: 400 });
  });
});

describe('what is not here', () => {
  it.each<[string, string, string, Record<string, string>]>([
    ['the older list', 'GET', BUCKET, {}],
    ['a list of a version that is none', 'GET', BUCKET, { 'list-type': '3' }],
    ['access control lists', 'GET', BUCKET, { acl: '' }],
    ['versions', 'GET', OBJECT, { versionId: 'null' }],
    ['tags', 'PUT', OBJECT, { tagging: '' }],
    ['uploads in parts', 'POST', OBJECT, { uploads: '' }],
    ['deleting many', 'POST', BUCKET, { delete: '' }],
    ['two operations at once', 'GET', BUCKET, { policy: '', location: '' }],
    ['headers made to order', 'GET', OBJECT, { 'response-content-type': 'text/html' }],
    ['forms', 'POST', '/', {}],
    ['other methods', 'PATCH', OBJECT, {}],
  ])('is said to be not implemented: %s', async (_about, method, path, query) => {
    expect(await s3(method, path, { query })).toMatchObject({ code: 'NotImplemented', status: 501 });
  });

  it.each([
    ['a path that is not well-formed', '/team-data/%zz', 'InvalidURI'],
    ['a path that is not UTF-8', '/team-data/%ff', 'InvalidURI'],
    ['a whole URL', 'http://127.0.0.1/team-data', 'InvalidURI'],
    ['an asterisk', '*', 'InvalidURI'],
    ['an empty bucket name', '//key', 'InvalidBucketName'],
    ['a query that is not well-formed', '/team-data?a=%zz', 'InvalidURI'],
    ['a parameter twice', '/team-data?prefix=a&prefix=b', 'InvalidArgument'],
  ])('and %s is refused', async (_about, target, code) => {
    const spoil: S3Sent['spoil'] = (out) => {
      out.target = target;
    };
    expect(await s3('GET', '/', { spoil })).toMatchObject({ code, status: 400 });
  });

  it('while a query of parameters that S3 does not know is passed over', async () => {
    expect((await s3('GET', OBJECT, { query: { 'x-id': 'GetObject' } })).status).toBe(200);
  });
});

describe('injected faults', () => {
  const inject = (fault: object): Promise<Response> =>
    fetch(`${aws.url}/_faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });

  it('are answered in the form of S3, with its status', async () => {
    await inject({ action: 's3:GetObject', kind: 'error', code: 'SlowDown' });
    await s3('HEAD', OBJECT);
    expect(await s3('GET', OBJECT)).toMatchObject({ code: 'SlowDown', status: 503 });
    expect((await s3('GET', OBJECT)).code).toBe('ok');
  });

  it('cut the connection, before or after the object was put', async () => {
    await inject({ action: 's3:PutObject', kind: 'drop' });
    await expect(s3('PUT', OBJECT, { body: 'lost' })).rejects.toThrow();
    expect((await s3('GET', OBJECT)).text).toBe('0123456789');
    await inject({ action: 's3:PutObject', kind: 'drop', after: true });
    await expect(s3('PUT', OBJECT, { body: 'kept' })).rejects.toThrow();
    expect((await s3('GET', OBJECT)).text).toBe('kept');
    expect(aws.calls.list().map(({ outcome }) => outcome)).toEqual(['dropped', 'ok', 'dropped', 'ok']);
  });

  it('spoil an answer', async () => {
    await inject({ action: '*', kind: 'malformed', body: '<half' });
    expect(await s3('GET', BUCKET, { query: { 'list-type': '2' } })).toMatchObject({ status: 200, text: '<half' });
  });
});
