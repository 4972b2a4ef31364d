import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListingRequest, listKeys } from '../../../../dev/aws/s3/listing.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { type S3Client, s3Client, s3Path } from '../../../support/s3.ts';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What the reference says, word by word, without a thought of speed. */
function naive(sorted: readonly string[], { prefix, delimiter, after, limit }: ListingRequest) {
  const names = new Map<string, 'key' | 'prefix'>();
  for (const key of sorted) {
    if (!key.startsWith(prefix)) continue;
    const rest = key.slice(prefix.length);
    const at = delimiter === '' ? -1 : rest.indexOf(delimiter);
    if (at === -1) names.set(key, 'key');
    else names.set(prefix + rest.slice(0, at + delimiter.length), 'prefix');
  }
  const left = [...names].filter(([name]) => after === '' || byBytes(name, after) > 0);
  const page = left.slice(0, limit);
  const of = (kind: string) => page.filter(([, found]) => found === kind).map(([name]) => name);
  const next = limit > 0 && left.length > limit ? page.at(-1)?.[0] : undefined;
  return { keys: of('key'), commonPrefixes: of('prefix'), next };
}

describe('a page of keys', () => {
  const text = (maxLength: number) =>
    fc.string({ unit: fc.constantFrom('a', 'b', '/', '//', 'ä', '😀', '\uffee'), maxLength });
  const request = fc.record({
    prefix: text(3),
    delimiter: text(1),
    after: text(4),
    limit: fc.integer({ min: 0, max: 6 }),
  });

  it('is what the reference says, whatever the keys', () => {
    fc.assert(
      fc.property(fc.uniqueArray(text(6)), request, (keys, asked) => {
        const sorted = keys.filter((key) => key !== '').sort(byBytes);
        expect(listKeys(sorted, asked)).toEqual(naive(sorted, asked));
      }),
      { numRuns: 5_000 },
    );
  });

  it('followed by the next ones, gives every name once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(text(6)), request, (keys, { prefix, delimiter, limit }) => {
        const sorted = keys.filter((key) => key !== '').sort(byBytes);
        const asked = { prefix, delimiter, limit: limit + 1 };
        const names: string[] = [];
        for (let after: string | undefined = ''; after !== undefined; ) {
          const page = listKeys(sorted, { ...asked, after });
          names.push(...page.keys, ...page.commonPrefixes);
          after = page.next;
        }
        const whole = listKeys(sorted, { ...asked, after: '', limit: 1_000_000 });
        expect(names.sort(byBytes)).toEqual([...whole.keys, ...whole.commonPrefixes].sort(byBytes));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('ListObjectsV2', () => {
  let aws: AwsStandIn;
  let s3: S3Client;

  beforeAll(async () => {
    aws = await startAws({ port: 0 });
    const bucket = aws.createBucket({ name: 'team-data', accountId: '222222222222', region: 'eu-central-1' });
    const many = aws.createBucket({ name: 'many-keys', accountId: '222222222222', region: 'eu-central-1' });
    for (const key of ['a', 'b/1', 'b/2', 'b/c/3', 'd e+f', 'z&<>']) aws.putObject(bucket, key, key);
    for (let index = 0; index < 1_001; index++) aws.putObject(many, `key-${String(index).padStart(4, '0')}`, '');
    s3 = s3Client(aws.port, { keys: aws.operator });
  });
  afterAll(() => aws.close());

  const list = (query: Record<string, string>, bucket = 'team-data') =>
    s3('GET', s3Path(bucket), { query: { 'list-type': '2', ...query } });
  const all = (text: string, element: string): string[] =>
    [...text.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'g'))].map(([, value = '']) => value);
  const keys = (text: string): string[] => all(text, 'Key');
  const prefixes = (text: string): string[] => all(text, 'CommonPrefixes').flatMap((inner) => all(inner, 'Prefix'));

  it('has the elements that clients read', async () => {
    const { text, headers } = await list({});
    expect(headers['content-type']).toBe('application/xml');
    expect(text).toMatch(
      /^<\?xml[^>]+>\n<ListBucketResult xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/"><Name>team-data<\/Name><Prefix><\/Prefix><KeyCount>6<\/KeyCount><MaxKeys>1000<\/MaxKeys><IsTruncated>false<\/IsTruncated><Contents><Key>a<\/Key><LastModified>[\d-]+T[\d:]+\.000Z<\/LastModified><ETag>&quot;[0-9a-f]{32}&quot;<\/ETag><Size>1<\/Size><StorageClass>STANDARD<\/StorageClass><\/Contents>/,
    );
    expect(keys(text)).toEqual(['a', 'b/1', 'b/2', 'b/c/3', 'd e+f', 'z&amp;&lt;&gt;']);
    expect(text).not.toContain('<Owner>');
    expect((await list({ 'fetch-owner': 'true' })).text).toMatch(/<Owner><ID>[0-9a-f]{64}<\/ID><\/Owner>/);
  });

  it('rolls keys up to the delimiter, below a prefix too', async () => {
    const top = (await list({ delimiter: '/' })).text;
    expect([keys(top), prefixes(top), all(top, 'KeyCount')]).toEqual([['a', 'd e+f', 'z&amp;&lt;&gt;'], ['b/'], ['4']]);
    const below = (await list({ delimiter: '/', prefix: 'b/' })).text;
    expect([keys(below), prefixes(below), all(below, 'Delimiter')]).toEqual([['b/1', 'b/2'], ['b/c/'], ['/']]);
  });

  it('goes on page by page where the last one ended', async () => {
    const pages: string[][] = [];
    let token: string | undefined;
    do {
      const asked = token === undefined ? {} : { 'continuation-token': token };
      const { text } = await list({ delimiter: '/', 'max-keys': '2', ...asked });
      pages.push([...keys(text), ...prefixes(text)]);
      expect(all(text, 'IsTruncated')).toEqual([String(text.includes('NextContinuationToken'))]);
      if (token !== undefined) expect(all(text, 'ContinuationToken')).toEqual([token]);
      [token] = all(text, 'NextContinuationToken');
    } while (token !== undefined);
    expect(pages).toEqual([
      ['a', 'b/'],
      ['d e+f', 'z&amp;&lt;&gt;'],
    ]);
  });

  it('gives a thousand at most, and none where none are wanted', async () => {
    const { text } = await list({ 'max-keys': '5000' }, 'many-keys');
    expect([keys(text).length, all(text, 'MaxKeys'), all(text, 'IsTruncated')]).toEqual([1_000, ['1000'], ['true']]);
    const [token = ''] = all(text, 'NextContinuationToken');
    expect(keys((await list({ 'continuation-token': token }, 'many-keys')).text)).toEqual(['key-1000']);
    const none = (await list({ 'max-keys': '0' })).text;
    expect([keys(none), all(none, 'KeyCount'), all(none, 'IsTruncated')]).toEqual([[], ['0'], ['false']]);
  });

  it('begins after a key that need not be there, which a token overrules', async () => {
    const { text } = await list({ 'start-after': 'b/1x' });
    expect([keys(text)[0], all(text, 'StartAfter')]).toEqual(['b/2', ['b/1x']]);
    const first = await list({ 'max-keys': '1' });
    const [token = ''] = all(first.text, 'NextContinuationToken');
    expect(keys((await list({ 'start-after': 'z', 'continuation-token': token })).text)[0]).toBe('b/1');
  });

  it('writes names as in a form where that is wanted', async () => {
    const { text } = await list({ 'encoding-type': 'url', delimiter: '/', prefix: 'd ' });
    expect([keys(text), all(text, 'Prefix'), all(text, 'EncodingType')]).toEqual([['d+e%2Bf'], ['d+'], ['url']]);
  });

  it.each([
    ['a number that is none', { 'max-keys': 'ten' }],
    ['a number below nothing', { 'max-keys': '-1' }],
    ['a number over all bounds', { 'max-keys': '2147483648' }],
    ['a token that nobody gave', { 'continuation-token': 'a/b' }],
    ['an empty token', { 'continuation-token': '' }],
    ['an encoding that is none', { 'encoding-type': 'base64' }],
  ])('refuses %s', async (_about, query) => {
    expect(await list(query as unknown as Record<string, string>)).toMatchObject({
      code: 'InvalidArgument',
      status: 400,
    });
  });
});
