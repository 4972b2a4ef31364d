import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/**
 * A client of S3 that signs by itself, and shares nothing with the stand-in that verifies. It can sign in every way
 * that S3 knows, and spoil what it signed.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** What is on its way out, signed, for a last change. */
export interface Outgoing {
  method: string;
  target: string;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

export interface S3Sent {
  method: string;
  /** The path as it is sent; see `s3Path`. */
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string | Buffer;
  /** Undefined: nobody signs. */
  keys: S3Keys | undefined;
  region: string;
  service: string;
  /** When it is signed, epoch milliseconds. */
  time: number;
  /** `hash`, or what `x-amz-content-sha256` is to say. */
  payload: string;
  chunkBytes: number;
  /** What follows a streamed body. */
  trailers: Record<string, string>;
  /** Sign a URL that is good for so many seconds, instead of a header. */
  presign: string | number | undefined;
  signedHeaders: ((names: string[]) => string[]) | undefined;
  spoil: (out: Outgoing) => void;
}

export interface S3Response {
  readonly status: number;
  /** The error's code, or `ok`. */
  readonly code: string;
  readonly text: string;
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
}

/** `/bucket/key`, encoded as AWS's clients do: a slash stays. */
export function s3Path(bucket: string, key = ''): string {
  return `/${bucket}${key === '' ? '' : `/${key.split('/').map(uriEncode).join('/')}`}`;
}

export function s3Client(port: number, defaults: Partial<S3Sent>) {
  return async (method: string, path: string, changes: Partial<S3Sent> = {}): Promise<S3Response> => {
    const sent: S3Sent = {
      query: {},
      headers: {},
      body: '',
      keys: undefined,
      region: 'eu-central-1',
      service: 's3',
      time: Date.now(),
      payload: 'hash',
      chunkBytes: 8192,
      trailers: {},
      presign: undefined,
      signedHeaders: undefined,
      spoil: () => undefined,
      ...defaults,
      ...changes,
      method,
      path,
    };
    const out = sent.keys === undefined ? unsigned(sent, port) : signed(sent, sent.keys, `127.0.0.1:${port}`);
    const { body } = out;
    sent.spoil(out);
    // A body of another length than was said would only be waited for.
    if (out.body !== body) out.headers['content-length'] = String(out.body.length);
    return send(port, out);
  };
}

export type S3Client = ReturnType<typeof s3Client>;

function unsigned(sent: S3Sent, port: number): Outgoing {
  const body = Buffer.from(sent.body);
  const headers = { host: `127.0.0.1:${port}`, ...lengthOf(sent.method, body), ...sent.headers };
  return { method: sent.method, target: targetOf(sent.path, Object.entries(sent.query)), headers, body };
}

function signed(sent: S3Sent, keys: S3Keys, host: string): Outgoing {
  const timestamp = `${new Date(sent.time).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const scope = [timestamp.slice(0, 8), sent.region, sent.service, 'aws4_request'];
  const key = scope.reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${keys.secretAccessKey}`),
  );
  const content = Buffer.from(sent.body);
  const isStream = sent.payload.startsWith('STREAMING-');
  const claimed = sent.payload === 'hash' ? sha256(content) : sent.payload;
  const inUrl = sent.presign !== undefined;
  const headers: Record<string, string> = { host, ...sent.headers };
  if (!inUrl) {
    headers['x-amz-date'] = timestamp;
    headers['x-amz-content-sha256'] = claimed;
    if (keys.sessionToken !== undefined) headers['x-amz-security-token'] = keys.sessionToken;
  }
  if (isStream) {
    headers['content-encoding'] = 'aws-chunked';
    headers['x-amz-decoded-content-length'] ??= String(content.length);
    const names = Object.keys(sent.trailers);
    if (names.length > 0) headers['x-amz-trailer'] = names.join(',');
  }
  const sorted = Object.keys(headers).sort();
  const names = sent.signedHeaders?.(sorted) ?? sorted;
  const query = Object.entries(sent.query);
  if (inUrl) {
    query.push(
      ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
      ['X-Amz-Credential', [keys.accessKeyId, ...scope].join('/')],
      ['X-Amz-Date', timestamp],
      ['X-Amz-Expires', String(sent.presign)],
      ['X-Amz-SignedHeaders', names.join(';')],
    );
    if (keys.sessionToken !== undefined) query.push(['X-Amz-Security-Token', keys.sessionToken]);
  }
  const encoded = query.map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`).sort();
  const canonical = [
    sent.method,
    sent.path,
    encoded.join('&'),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    inUrl ? (sent.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD') : claimed,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope.join('/'), sha256(canonical)].join('\n');
  const signature = hmac(key, toSign).toString('hex');
  if (inUrl) query.push(['X-Amz-Signature', signature]);
  else {
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${[keys.accessKeyId, ...scope].join('/')}, ` +
      `SignedHeaders=${names.join(';')}, Signature=${signature}`;
  }
  const chain = { key, signature, prefix: [timestamp, scope.join('/')] };
  const body = isStream ? awsChunked(sent, content, chain) : content;
  return {
    method: sent.method,
    target: targetOf(sent.path, query),
    headers: { ...lengthOf(sent.method, body), ...headers },
    body,
  };
}

interface Chain {
  readonly key: Buffer;
  signature: string;
  readonly prefix: readonly string[];
}

function awsChunked(sent: S3Sent, content: Buffer, chain: Chain): Buffer {
  const isSigned = sent.payload.startsWith('STREAMING-AWS4');
  const next = (name: string, ...parts: string[]): string => {
    const text = [`AWS4-HMAC-SHA256-${name}`, ...chain.prefix, chain.signature, ...parts].join('\n');
    chain.signature = hmac(chain.key, text).toString('hex');
    return chain.signature;
  };
  const pieces: (string | Buffer)[] = [];
  for (let offset = 0; offset <= content.length; offset += sent.chunkBytes) {
    const chunk = content.subarray(offset, offset + sent.chunkBytes);
    if (chunk.length === 0) break;
    pieces.push(header(chunk), chunk, '\r\n');
  }
  pieces.push(header(Buffer.alloc(0)));
  const trailers = Object.entries(sent.trailers);
  for (const [name, value] of trailers) pieces.push(`${name}:${value}\r\n`);
  if (isSigned && sent.payload.endsWith('-TRAILER')) {
    const lines = trailers.map(([name, value]) => `${name}:${value}\n`).join('');
    pieces.push(`x-amz-trailer-signature:${next('TRAILER', sha256(lines))}\r\n`);
  }
  pieces.push('\r\n');
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));

  function header(chunk: Buffer): string {
    const size = chunk.length.toString(16);
    return isSigned ? `${size};chunk-signature=${next('PAYLOAD', sha256(''), sha256(chunk))}\r\n` : `${size}\r\n`;
  }
}

function targetOf(path: string, query: readonly (readonly [string, string])[]): string {
  const text = query.map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`).join('&');
  return text === '' ? path : `${path}?${text}`;
}

function lengthOf(method: string, body: Buffer): Record<string, string> {
  return body.length > 0 || method === 'PUT' ? { 'content-length': String(body.length) } : {};
}

function send(port: number, { method, target, headers, body }: Outgoing): Promise<S3Response> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: target, headers, agent: false };
    const outgoing = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('error', reject)
        .on('end', () => {
          const received = Buffer.concat(chunks);
          const text = received.toString('utf8');
          const code = /<Error><Code>(.*?)<\/Code>/.exec(text)?.[1] ?? 'ok';
          const status = response.statusCode ?? 0;
          resolve({ status, code, text, body: received, headers: response.headers });
        });
    });
    outgoing.on('error', reject).end(body);
  });
}

function uriEncode(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
