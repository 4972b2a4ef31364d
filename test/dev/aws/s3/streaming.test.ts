import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAwsChunked } from '../../../../dev/aws/s3/aws-chunked.ts';
import { crc32c, crc64Nvme } from '../../../../dev/aws/s3/checksums.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { type Outgoing, type S3Client, type S3Sent, s3Client, s3Path } from '../../../support/s3.ts';

let aws: AwsStandIn;
let s3: S3Client;

beforeAll(async () => {
  aws = await startAws({ port: 0 });
  aws.createBucket({ name: 'team-data', accountId: '222222222222', region: 'eu-central-1' });
  s3 = s3Client(aws.port, { keys: aws.operator });
});
afterAll(() => aws.close());

const CONTENT = Buffer.from('0123456789abcdef'.repeat(1_200));
const CRC32 = base64(crc32(CONTENT));
const TRAILERS = { 'x-amz-checksum-crc32': CRC32 };
const MODES: readonly [string, Partial<S3Sent>][] = [
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', {}],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { trailers: TRAILERS }],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { trailers: TRAILERS }],
];
const [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] = MODES.map(([payload, more]) => ({ payload, ...more }));

const PATH = s3Path('team-data', 'stream');
const put = (...changes: (Partial<S3Sent> | undefined)[]) =>
  s3('PUT', PATH, Object.assign({ body: CONTENT }, ...changes) as Partial<S3Sent>);
const spoil = (change: (out: Outgoing) => void): Partial<S3Sent> => ({ spoil: change });
const inBody = (from: string, to: string): Partial<S3Sent> =>
  spoil((out) => {
    const at = out.body.indexOf(from);
    expect(at, from).toBeGreaterThan(-1);
    out.body = Buffer.concat([out.body.subarray(0, at), Buffer.from(to), out.body.subarray(at + from.length)]);
  });

function base64(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

describe.each(MODES)('a body sent as %s', (payload, more) => {
  it.each([0, 1, 8_192, 19_200])('is kept as it was before it was cut, %d bytes of it', async (size) => {
    const body = CONTENT.subarray(0, size);
    const trailers = more.trailers === undefined ? {} : { 'x-amz-checksum-crc32': base64(crc32(body)) };
    expect(await s3('PUT', PATH, { payload, body, trailers })).toMatchObject({ code: 'ok' });
    const kept = await s3('GET', PATH);
    expect(kept.body.equals(body)).toBe(true);
    expect(kept.headers['content-encoding']).toBeUndefined();
  });

  it.each<[string, Partial<S3Sent>]>([
    ['ends early', spoil((out) => (out.body = out.body.subarray(0, -9_000)))],
    ['goes on after its end', spoil((out) => (out.body = Buffer.concat([out.body, Buffer.from('more')])))],
    ['has a chunk longer than it says', inBody('abcdef\r\n', 'abcdef!\r\n')],
    ['has a chunk shorter than it says', inBody('abcdef\r\n', 'abcde\r\n')],
    ['is not in chunks at all', spoil((out) => (out.body = CONTENT))],
    ['is empty', spoil((out) => (out.body = Buffer.alloc(0)))],
  ])('is refused when it %s', async (_about, change) => {
    expect(await put({ payload }, more, change)).toMatchObject({ code: 'IncompleteBody', status: 400 });
  });

  it('is refused when a chunk before the last is small', async () => {
    expect(await put({ payload, chunkBytes: 8_191 }, more)).toMatchObject({
      code: 'InvalidChunkSizeError',
      status: 403,
      text: expect.stringContaining('<Chunk>2</Chunk><BadChunkSize>8191</BadChunkSize>') as string,
    });
  });

  it('is refused when it is not as long as was signed', async () => {
    const headers = { 'x-amz-decoded-content-length': '19199' };
    expect(await put({ payload, headers }, more)).toMatchObject({ code: 'IncompleteBody', status: 400 });
  });

  it('is refused without its decoded length, or with another one', async () => {
    const without = (names: string[]): string[] => names.filter((name) => name !== 'x-amz-decoded-content-length');
    const left = spoil((out) => delete out.headers['x-amz-decoded-content-length']);
    expect(await put({ payload, signedHeaders: without }, more, left)).toMatchObject({
      code: 'MissingContentLength',
      status: 411,
    });
    const wrong = spoil((out) => (out.headers['x-amz-decoded-content-length'] = '19199'));
    expect(await put({ payload }, more, wrong)).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 });
  });

  it('is refused with a trailer that was not announced, and nothing is kept', async () => {
    const path = s3Path('team-data', `refused ${payload}`);
    const added = spoil((out) => {
      out.body = Buffer.concat([out.body.subarray(0, -2), Buffer.from('x-amz-meta-a:b\r\n\r\n')]);
    });
    expect((await s3('PUT', path, { payload, body: CONTENT, ...more, ...added })).status).not.toBe(200);
    expect((await s3('GET', path)).code).toBe('NoSuchKey');
  });
});

describe('the signatures of chunks', () => {
  it.each([
    ['a chunk was altered', SIGNED, inBody('abcdef0', 'abcdeF0')],
    ['the last chunk was altered', SIGNED, spoilLast()],
    ['a chunk of a body with a trailer was altered', SIGNED_TRAILER, inBody('abcdef0', 'abcdeF0')],
    ['a trailer was altered', SIGNED_TRAILER, inBody(`crc32:${CRC32}`, `crc32:${base64(1)}`)],
    ["a trailer's signature was altered", SIGNED_TRAILER, inBody('trailer-signature:', 'trailer-signature:0')],
    ['two chunks were swapped', SIGNED, spoil(swapChunks)],
    ['a chunk was left out', SIGNED, spoil(dropChunk)],
    ['they were made with another secret', SIGNED, spoil(forgeChunks)],
  ])('are refused where %s', async (_about, mode, change) => {
    expect(await put(mode, change)).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 });
  });

  it.each([
    [
      'signatures in a stream that has none',
      UNSIGNED_TRAILER,
      inBody('2000\r\n', `2000;chunk-signature=${'0'.repeat(64)}\r\n`),
    ],
    ['a chunk without one in a signed stream', SIGNED, spoil((out) => (out.body = Buffer.from('1\r\na\r\n0\r\n\r\n')))],
    ['a size that is none', SIGNED, inBody('2000;', 'zz;')],
    ['a size over all bounds', UNSIGNED_TRAILER, inBody('2000\r\n', 'ffffffff\r\n')],
    ['a size with a sign', UNSIGNED_TRAILER, inBody('2000\r\n', '-2000\r\n')],
  ])('%s are refused', async (_about, mode, change) => {
    expect(await put(mode, change)).toMatchObject({ code: 'IncompleteBody', status: 400 });
  });

  function spoilLast(): Partial<S3Sent> {
    return spoil((out) => {
      const at = out.body.lastIndexOf('0;chunk-signature=');
      out.body[at - 3] = 0x21;
    });
  }

  /** Both are 8,192 bytes with a header of the same length. */
  function swapChunks(out: Outgoing): void {
    const size = out.body.indexOf('\r\n') + 2 + 8_192 + 2;
    const [first, second] = [out.body.subarray(0, size), out.body.subarray(size, 2 * size)];
    out.body = Buffer.concat([second, first, out.body.subarray(2 * size)]);
  }

  function dropChunk(out: Outgoing): void {
    out.body = out.body.subarray(out.body.indexOf('\r\n') + 2 + 8_192 + 2);
  }

  function forgeChunks(out: Outgoing): void {
    const text = out.body.toString('latin1');
    out.body = Buffer.from(
      text.replace(/chunk-signature=[0-9a-f]{64}/g, `chunk-signature=${'ab'.repeat(32)}`),
      'latin1',
    );
  }
});

describe('trailers', () => {
  it.each<[string, Partial<S3Sent>, string]>([
    ['with a checksum of another body', { trailers: { 'x-amz-checksum-crc32': base64(1) } }, 'BadDigest'],
    ['with a checksum that is none', { trailers: { 'x-amz-checksum-crc32': 'AAAA' } }, 'InvalidRequest'],
    ['with an algorithm nobody knows', { trailers: { 'x-amz-checksum-rot13': 'AAAA' } }, 'InvalidRequest'],
    ['with two checksums', { trailers: { ...TRAILERS, 'x-amz-checksum-sha1': 'AAAA' } }, 'InvalidRequest'],
    ['without the one that was announced', inBody(`x-amz-checksum-crc32:${CRC32}\r\n`, ''), 'MalformedTrailerError'],
    [
      'with another than was announced',
      inBody('x-amz-checksum-crc32:', 'x-amz-checksum-crc3c:'),
      'MalformedTrailerError',
    ],
    [
      'with one twice',
      inBody(`${CRC32}\r\n`, `${CRC32}\r\nx-amz-checksum-crc32:${CRC32}\r\n`),
      'MalformedTrailerError',
    ],
    ['without a name', inBody('x-amz-checksum-crc32:', ':'), 'MalformedTrailerError'],
    ['without an end', spoil((out) => (out.body = out.body.subarray(0, -4))), 'MalformedTrailerError'],
  ])('%s are refused', async (_about, changes, code) => {
    const sent = await put(UNSIGNED_TRAILER, changes);
    expect(sent).toMatchObject({ code, status: 400 });
  });
});

describe('a checksum in a header', () => {
  const digest = (name: string) => createHash(name).update('body').digest('base64');

  it.each([
    ['crc32', base64(crc32('body'))],
    ['crc32c', base64(crc32c(Buffer.from('body')))],
    ['crc64nvme', crc64Nvme(Buffer.from('body')).toString('base64')],
    ['sha1', digest('sha1')],
    ['sha256', digest('sha256')],
  ])('%s is verified, kept, and sent again to whom asks', async (name, value) => {
    const header = `x-amz-checksum-${name}`;
    const sent = await put({ body: 'body', headers: { [header]: value } });
    expect(sent.headers[header]).toBe(value);
    expect((await s3('GET', PATH, { headers: { 'x-amz-checksum-mode': 'ENABLED' } })).headers[header]).toBe(value);
    expect((await s3('GET', PATH)).headers[header]).toBeUndefined();
    const wrong = await put({ body: 'bodY', headers: { [header]: value } });
    expect(wrong).toMatchObject({ code: 'BadDigest', status: 400 });
  });

  it('is missed where its algorithm is named alone', async () => {
    const sent = await put({ body: 'body', headers: { 'x-amz-sdk-checksum-algorithm': 'CRC32' } });
    expect(sent).toMatchObject({ code: 'InvalidRequest', status: 400 });
  });

  it.each([
    ['for a wrong one', digest('md5').replace(/./, (first) => (first === 'A' ? 'B' : 'A')), 'BadDigest'],
    ['for what is none', 'md5', 'InvalidDigest'],
  ])('Content-MD5 is refused %s', async (_about, value, code) => {
    expect(await put({ body: 'body', headers: { 'content-md5': value } })).toMatchObject({ code, status: 400 });
    expect(await put({ body: 'body', headers: { 'content-md5': digest('md5') } })).toMatchObject({ code: 'ok' });
  });

  it('has the values that the specifications give for 123456789', () => {
    const check = Buffer.from('123456789');
    expect(crc32c(check).toString(16)).toBe('e3069283');
    expect(crc64Nvme(check).toString('hex')).toBe('ae8b14860a799888');
  });
});

describe('the decoding of chunks', () => {
  it('never does more than refuse, whatever comes', () => {
    const pieces = fc.constantFrom(
      '0\r\n',
      '\r\n',
      '1\r\na\r\n',
      '2000\r\n',
      'x-amz-a:b\r\n',
      ';',
      '0;chunk-signature=',
      'ff',
      '\r',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 }))),
        fc.boolean(),
        fc.boolean(),
        (parts, a, b) => {
          try {
            parseAwsChunked(Buffer.from(parts.join('')), a, b);
          } catch (error) {
            expect((error as Error).name).toBe('AwsError');
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
