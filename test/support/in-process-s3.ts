import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/** A bucket behind the SDK's own request handler: PutObject and multipart uploads, as S3 answers them. */
export interface InProcessS3 {
  /** Key → bytes. */
  readonly objects: Map<string, Buffer>;
  /** Uploads that were begun and neither completed nor aborted. */
  readonly uploads: Map<string, Map<number, Buffer>>;
  /** `PUT /key?partNumber=1` … without ids, in order. */
  readonly calls: string[];
  /** The largest body that was sent, bytes. */
  largest: number;
  /** Answers with a status instead of the usual; undefined leaves the call to the usual. */
  intercept: (call: string) => number | undefined;
  /** For an `S3Client`. */
  readonly requestHandler: never;
}

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly body?: unknown;
}

export function inProcessS3(): InProcessS3 {
  const s3: InProcessS3 = {
    objects: new Map(),
    uploads: new Map(),
    calls: [],
    largest: 0,
    intercept: () => undefined,
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      handle,
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    } as never,
  };

  async function handle({ method, path, query = {}, body }: HttpRequest) {
    const sent = body === undefined ? Buffer.alloc(0) : Buffer.from(body as Uint8Array);
    const key = decodeURIComponent(path.slice(1));
    const call = `${method} ${key}${'uploads' in query ? '?uploads' : ''}${query['partNumber'] ? `?part=${query['partNumber']}` : ''}${query['uploadId'] && !query['partNumber'] ? '?upload' : ''}`;
    s3.calls.push(call);
    const refused = s3.intercept(call);
    if (refused !== undefined) return answer(refused, '<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
    const uploadId = String(query['uploadId'] ?? '');
    const parts = s3.uploads.get(uploadId);
    if (method === 'POST' && 'uploads' in query) {
      const id = `upload-${s3.calls.length}`;
      s3.uploads.set(id, new Map());
      return answer(200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    if (uploadId !== '' && parts === undefined) return answer(404, '<Error><Code>NoSuchUpload</Code></Error>');
    if (method === 'PUT') s3.largest = Math.max(s3.largest, sent.length);
    if (method === 'PUT' && parts) {
      parts.set(Number(query['partNumber']), sent);
      return answer(200, '', { etag: etagOf(sent) });
    }
    if (method === 'PUT') {
      s3.objects.set(key, sent);
      return answer(200, '', { etag: etagOf(sent) });
    }
    s3.uploads.delete(uploadId);
    if (method === 'DELETE' && parts) return answer(204, '');
    const named = [...sent.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, part]) => Number(part));
    s3.objects.set(key, Buffer.concat(named.map((part) => parts?.get(part) ?? Buffer.alloc(0))));
    return answer(200, `<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>`);
  }

  return s3;
}

function answer(statusCode: number, body: string, headers: Record<string, string> = {}) {
  return {
    response: {
      statusCode,
      headers: { 'content-type': 'application/xml', ...headers },
      body: Readable.from([Buffer.from(body)]),
    },
  };
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}
