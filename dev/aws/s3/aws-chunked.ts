import { S3Error } from './error.ts';

/**
 * The encoding `aws-chunked`, in which a body is sent whose hash or checksum is not known when it begins. Sizes are
 * hexadecimal; the last chunk is empty; `;chunk-signature=` is there in signed streams only:
 *
 *     2000;chunk-signature=<64 digits>\r\n
 *     <8,192 bytes>\r\n
 *     0;chunk-signature=<64 digits>\r\n
 *     x-amz-checksum-crc32c:sOO8/Q==\r\n             in streams with a trailer
 *     x-amz-trailer-signature:<64 digits>\r\n        in signed ones
 *     \r\n
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export interface ChunkedBody {
  /** The empty one at the end included. */
  readonly chunks: readonly Chunk[];
  /** By name in lower case, in their order. */
  readonly trailers: ReadonlyMap<string, string>;
}

export interface Chunk {
  readonly content: Buffer;
  readonly signature: string | undefined;
}

const LINE_END = '\r\n';
const CHUNK_HEADER = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/;
const LONGEST_LINE = 1_024;
const MAXIMUM_TRAILERS = 16;
/** The least that a chunk holds that is not the last. */
const SMALLEST_CHUNK = 8_192;

/** @throws S3Error IncompleteBody, InvalidChunkSizeError, MalformedTrailerError */
export function parseAwsChunked(body: Buffer, signed: boolean, withTrailer: boolean): ChunkedBody {
  const reader = new LineReader(body);
  const chunks: Chunk[] = [];
  for (;;) {
    const [, digits, signature] = CHUNK_HEADER.exec(reader.line() ?? '') ?? [];
    if (digits === undefined || (signature !== undefined) !== signed) throw new S3Error('IncompleteBody');
    const content = reader.bytes(Number.parseInt(digits, 16));
    const previous = chunks.at(-1)?.content.length ?? SMALLEST_CHUNK;
    chunks.push({ content, signature });
    if (content.length === 0) break;
    if (previous < SMALLEST_CHUNK) {
      throw new S3Error('InvalidChunkSizeError', undefined, { Chunk: chunks.length, BadChunkSize: previous });
    }
    if (reader.line() !== '') throw new S3Error('IncompleteBody');
  }
  const trailers = readTrailers(reader, withTrailer);
  if (!reader.atEnd) throw new S3Error('IncompleteBody');
  return { chunks, trailers };
}

function readTrailers(reader: LineReader, withTrailer: boolean): ReadonlyMap<string, string> {
  const trailers = new Map<string, string>();
  for (;;) {
    const line = reader.line();
    if (line === '') return trailers;
    const [, name, value] = /^([A-Za-z0-9-]+):(.*)$/s.exec(line ?? '') ?? [];
    const key = name?.toLowerCase();
    if (!withTrailer || key === undefined || value === undefined || trailers.has(key)) {
      throw new S3Error(withTrailer || line === undefined ? 'MalformedTrailerError' : 'IncompleteBody');
    }
    trailers.set(key, value.trim());
    if (trailers.size > MAXIMUM_TRAILERS) throw new S3Error('MalformedTrailerError');
  }
}

class LineReader {
  readonly #body: Buffer;
  #offset = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get atEnd(): boolean {
    return this.#offset === this.#body.length;
  }

  /** Up to the next line end, which is passed over; undefined when there is none near. */
  line(): string | undefined {
    const near = this.#body.subarray(this.#offset, this.#offset + LONGEST_LINE);
    const end = near.indexOf(LINE_END);
    if (end === -1) return undefined;
    this.#offset += end + LINE_END.length;
    return near.toString('latin1', 0, end);
  }

  bytes(size: number): Buffer {
    const bytes = this.#body.subarray(this.#offset, this.#offset + size);
    if (bytes.length < size) throw new S3Error('IncompleteBody');
    this.#offset += size;
    return bytes;
  }
}
