import type { CustomFetch } from 'openid-client';
import { Fault } from '../fault.ts';

/** Bytes of one answer of an identity provider, after content decoding. */
const MAX_ANSWER_BYTES = 150 * 1024;

/** `fetch` that follows no redirect and reads no more of an answer than an identity provider has to say. */
export function boundedFetch(fetch: typeof globalThis.fetch): CustomFetch {
  return async (url, options) => {
    const { signal, body, ...rest } = options;
    const response = await fetch(url, {
      ...rest,
      redirect: 'manual',
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
    if (response.body === null) return response;
    const chunks: Uint8Array[] = [];
    let length = 0;
    // Leaving the loop early cancels the stream.
    for await (const chunk of response.body) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) {
        throw new Fault('jwks_too_large', `the identity provider answered with more than ${MAX_ANSWER_BYTES} bytes`);
      }
      chunks.push(chunk);
    }
    const { status, statusText, headers } = response;
    return new Response(Buffer.concat(chunks), { status, statusText, headers });
  };
}
