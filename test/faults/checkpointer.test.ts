import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AwsStandIn, BROKER_ACCOUNT, startAws } from '../../dev/aws/server.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { readAudit } from '../../lib/audit/query.ts';
import { verificationKey } from '../../lib/audit/tree/note.ts';
import { verifyLedger } from '../../lib/audit/verify/verify-ledger.ts';
import { composeKeeper } from '../../lib/compose.ts';
import { recordAt, START } from '../audit/ledger/grown.ts';
import { type TestTable, testTable } from '../support/table.ts';

/**
 * What is promised when table, bucket or signing key fail the ledger's keeper, a row for each dependency and way to
 * fail: it stops or goes on, signs nothing that is not so, and the next run finishes what was begun. The keeper is
 * composed as it is deployed; the faults are injected where the AWS SDK hands its requests over. A keeper that dies is
 * tested in test/audit/ledger/seal.test.ts, as are records, files and checkpoints that somebody changed.
 */

const ORIGIN = 'example.com/daypass';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY = verificationKey(ORIGIN, 'ECDSA-P256', publicKey);

let aws: AwsStandIn;
beforeAll(async () => {
  aws = await startAws({ port: 0 });
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: aws.operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.operator.secretAccessKey,
    AWS_ENDPOINT_URL_S3: aws.url,
  });
  // The SDK's pauses between attempts are a random part of seconds; none is as good.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await aws.close();
});

/** One request that the SDK sent. */
interface Call {
  readonly service: 'dynamodb' | 's3' | 'kms';
  /** `PutItem`, `Sign`, `PUT` … */
  readonly action: string;
  /** Path of an object, body of anything else. */
  readonly about: string;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** Answers, or throws as a transport would. @param usual does what was asked */
type Fault = (usual: () => Promise<Answer>, attempt: number) => Promise<Answer>;

const down: Fault = () => {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
};
const slow: Fault = () => new Promise(() => undefined);
const persisted: Fault = async (usual, attempt) => {
  await usual();
  return down(usual, attempt);
};
const torn: Fault = async (usual) => {
  const answer = await usual();
  const content = await buffer(answer.body);
  return { ...answer, body: Readable.from(cutOff(content)) };
};
const throttled =
  (name: string, status = 400): Fault =>
  async () =>
    status === 503
      ? said(status, `<Error><Code>${name}</Code><Message>slow down</Message></Error>`)
      : said(status, JSON.stringify({ __type: name, message: 'slow down' }));
const onlyOnce =
  (fault: Fault): Fault =>
  (usual, attempt) =>
    attempt === 1 ? fault(usual, attempt) : usual();

async function* cutOff(content: Buffer): AsyncGenerator<Buffer> {
  yield content.subarray(0, content.length / 2);
  throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

function said(statusCode: number, text: string): Answer {
  return { statusCode, headers: {}, body: Readable.from([Buffer.from(text)]) };
}

/** DynamoDB reads so many of the items that a batch asks for, and leaves the rest, as it does when it is busy. */
const partial =
  (read: number): Fault =>
  async (usual) => {
    const { Responses } = JSON.parse(String(await buffer((await usual()).body)));
    const [[table, items]] = Object.entries(Responses) as [[string, Record<string, unknown>[]]];
    const Keys = items.slice(read).map(({ pk, sk }) => ({ pk, sk }));
    return said(
      200,
      JSON.stringify({ Responses: { [table]: items.slice(0, read) }, UnprocessedKeys: { [table]: { Keys } } }),
    );
  };

const strange: Fault = async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return said(200, JSON.stringify({ Signature: sign('sha256', Buffer.from('other'), other).toString('base64') }));
};

const is =
  (service: Call['service'], action: string, about = '') =>
  (call: Call) =>
    call.service === service && call.action === action && call.about.includes(about);
const head = is('dynamodb', 'GetItem', 'ledger#head');
const index = is('dynamodb', 'Query');
const records = is('dynamodb', 'BatchGetItem');
const commit = is('dynamodb', 'PutItem', 'ledger#head');
const mark = is('dynamodb', 'UpdateItem');
const readFile = is('s3', 'GET', 'tile');
const writeFile = is('s3', 'PUT', 'tile');
const readCheckpoint = is('s3', 'GET', 'checkpoint');
const writeCheckpoint = is('s3', 'PUT', 'checkpoint');
const signing = is('kms', 'Sign');
const publicKeyOf = is('kms', 'GetPublicKey');

/** It goes on as if nothing had been; or it stops with this code, and is told of. */
type Promised = 'goes on' | 'ledger_unavailable' | 'ledger_inconsistent' | 'internal_error';

const ROWS: readonly (readonly [string, (call: Call) => boolean, Fault, Promised])[] = [
  ['head: down → stops', head, down, 'internal_error'],
  ['head: slow → stops, at the deadline', head, slow, 'internal_error'],
  ['index: throttled → stops, after bounded attempts', index, throttled('ThrottlingException'), 'internal_error'],
  ['index: throttled once → tried again', index, onlyOnce(throttled('ThrottlingException')), 'goes on'],
  ['records: answered in part → asked for the rest', records, onlyOnce(partial(1)), 'goes on'],
  ['records: not answered, batch for batch → stops', records, partial(0), 'internal_error'],
  ['commit: down → stops', commit, down, 'internal_error'],
  ['commit: persisted but failed → stops', commit, persisted, 'internal_error'],
  ['commit: persisted, tried again → goes on', commit, onlyOnce(persisted), 'goes on'],
  ['marking: down → stops', mark, down, 'internal_error'],
  ['marking: persisted, tried again → goes on', mark, onlyOnce(persisted), 'goes on'],

  ['files: cannot be read → stops', readFile, down, 'ledger_unavailable'],
  ['files: torn while they are read → stops', readFile, torn, 'ledger_unavailable'],
  ['files: cannot be written → stops', writeFile, down, 'ledger_unavailable'],
  ['files: slow → stops, at the deadline', writeFile, slow, 'ledger_unavailable'],
  ['files: throttled → stops, after bounded attempts', writeFile, throttled('SlowDown', 503), 'ledger_unavailable'],
  ['files: throttled once → tried again', writeFile, onlyOnce(throttled('SlowDown', 503)), 'goes on'],
  ['files: persisted but failed → stops', writeFile, persisted, 'ledger_unavailable'],
  ['files: persisted, tried again → the same bytes are there', writeFile, onlyOnce(persisted), 'goes on'],
  ['checkpoint: cannot be read → stops', readCheckpoint, down, 'ledger_unavailable'],
  ['checkpoint: cannot be written → stops', writeCheckpoint, down, 'ledger_unavailable'],
  ['checkpoint: persisted but failed → stops', writeCheckpoint, persisted, 'ledger_unavailable'],
  ['checkpoint: persisted, tried again → it is there', writeCheckpoint, onlyOnce(persisted), 'goes on'],

  ['key: unknown, as KMS is down → stops', publicKeyOf, down, 'ledger_unavailable'],
  ['key: down → stops', signing, down, 'ledger_unavailable'],
  ['key: slow → stops, at the deadline', signing, slow, 'ledger_unavailable'],
  ['key: throttled → stops, after bounded attempts', signing, throttled('ThrottlingException'), 'ledger_unavailable'],
  ['key: throttled once → tried again', signing, onlyOnce(throttled('ThrottlingException')), 'goes on'],
  ['key: a signature that does not verify → stops, nothing is published', signing, strange, 'ledger_inconsistent'],
];

describe.concurrent('The ledger’s keeper', () => {
  test.each(ROWS)('%s', async (_, which, fault, promised) => {
    const { append, keep, restart, published, verify, inject, close } = await makeLedger();
    try {
      await append(6);
      expect(await keep()).toEqual([undefined, []]);
      const before = await published();
      await append(4);
      const injected = inject(which, fault);
      // Who does not know the key yet has to ask for it.
      restart();
      const [code, told] = await keep();
      expect(injected()).toBeGreaterThan(0);
      expect([code ?? 'goes on', told]).toEqual([promised, code === undefined ? [] : [code]]);
      const meanwhile = await published();
      inject(() => false, down);
      restart();
      expect(await keep()).toEqual([undefined, []]);
      const { findings, size, stored } = await verify([before, meanwhile]);
      expect(findings).toEqual([]);
      expect([size, stored >= 10]).toEqual([stored, true]);
    } finally {
      await close();
    }
  });
});

async function makeLedger() {
  const store: TestTable = await testTable();
  const bucket = `ledger-${randomUUID()}`;
  const objects = aws.createBucket({ name: bucket, accountId: BROKER_ACCOUNT, region: 'eu-central-1' });
  let isInjected = (_: Call): boolean => false;
  let fault: Fault = down;
  let attempts = 0;
  let now = START + 3_600_000;
  const lines: string[] = [];

  async function handle(request: SdkRequest, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) {
    const call = callOf(request);
    const usual = () => (call.service === 'kms' ? keyService(call, request) : forward(request, store.url));
    const answer = async () => {
      if (!isInjected(call)) return usual();
      attempts += 1;
      return fault(usual, attempts);
    };
    const aborted = new Promise<never>((_, reject) => {
      abortSignal?.addEventListener('abort', () => reject(Object.assign(new Error('x'), { name: 'AbortError' })));
    });
    return { response: await Promise.race([answer(), aborted]) };
  }

  const compose = () =>
    composeKeeper(
      {
        AWS_REGION: 'eu-central-1',
        DAYPASS_TABLE: 'daypass-test',
        DAYPASS_LEDGER_BUCKET: bucket,
        DAYPASS_LEDGER_KEY_ID: 'key',
        DAYPASS_LEDGER_ORIGIN: ORIGIN,
      },
      {
        fetch,
        requestHandler: { handle, updateHttpClientConfig: () => undefined, httpHandlerConfigs: () => ({}) } as never,
        write: (line) => void lines.push(line),
        clock: () => now,
      },
    );
  let keeper = compose();

  return {
    /** So many records, made now. */
    async append(count: number) {
      const log = auditLog(store.table);
      for (let at = 0; at < count; at += 1) await log.append(recordAt(now - START + at));
    },
    /** Two runs, a minute apart, unless the first fails; its code, and the codes of its alarms. */
    async keep(): Promise<[string | undefined, string[]]> {
      lines.length = 0;
      let code: string | undefined;
      for (let run = 0; run < 2 && code === undefined; run += 1) {
        now += 60_000;
        await keeper.keep(40_000).catch((error: { code?: string }) => {
          code = error.code ?? 'no fault';
        });
      }
      const told = lines.map((line) => JSON.parse(line)).filter(({ SealError }) => SealError === 1);
      return [code, told.map((line) => line.code)];
    },
    restart() {
      keeper = compose();
    },
    async published() {
      return objects.find('checkpoint')?.content.toString() ?? '';
    },
    inject(which: typeof isInjected, how: Fault) {
      isInjected = which;
      fault = how;
      attempts = 0;
      return () => attempts;
    },
    async verify(seen: readonly string[]) {
      const findings: unknown[] = [];
      const read = async (path: string) => objects.find(path)?.content;
      const { records: size } = await verifyLedger({ read, key: KEY, seen, report: (one) => findings.push(one) });
      const filter = { since: START - 1, until: now + 1, order: 'oldest', limit: 500 } as const;
      const { records: stored } = await readAudit(store.table, filter);
      return { findings, size, stored: stored.length };
    },
    close: () => store.close(),
  };
}

interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

function callOf({ method, path, headers, body }: SdkRequest): Call {
  const [service, action] = (headers['x-amz-target'] ?? '').split('.');
  if (action === undefined) return { service: 's3', action: method, about: path };
  return { service: service === 'TrentService' ? 'kms' : 'dynamodb', action, about: textOf(body) };
}

function textOf(body: SdkRequest['body']): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}

/** KMS with the one key. */
async function keyService({ action }: Call, { body }: SdkRequest): Promise<Answer> {
  if (action === 'GetPublicKey') {
    const PublicKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    return said(200, JSON.stringify({ KeySpec: 'ECC_NIST_P256', PublicKey }));
  }
  const message = Buffer.from(JSON.parse(textOf(body)).Message, 'base64');
  return said(200, JSON.stringify({ Signature: sign('sha256', message, privateKey).toString('base64') }));
}

/** To the stand-in's S3, and to the local DynamoDB. */
async function forward(asked: SdkRequest, dynamoDb: string): Promise<Answer> {
  const { method, protocol, hostname, port, path, query, headers, body } = asked;
  const isS3 = headers['x-amz-target'] === undefined;
  const address = isS3 ? `${protocol}//${hostname}:${port}${path}?${new URLSearchParams(query)}` : dynamoDb;
  const request = httpRequest(address, { method, headers });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { statusCode: response.statusCode ?? 0, headers: response.headers, body: response };
}
