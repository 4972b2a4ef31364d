import type { FaultCode } from '../../../lib/fault.ts';
import { KEYS } from '../tokens.ts';

export interface ProviderAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Answer = Partial<Omit<ProviderAnswer, 'body'>> & {
  /** @param url the issuer's */
  readonly body?: (url: string) => string;
};

/** Identity providers whose key set must not be read: what they answer instead. */
export interface HostileProvider {
  /** What it does: "A key set is refused when the identity provider …". */
  readonly name: string;
  readonly code: FaultCode;
  readonly discovery?: Answer;
  readonly keys?: Answer;
}

const discovery = (url: string) => ({ issuer: url, jwks_uri: `${url}/jwks` });
const discoveryOf = (changes: (url: string) => Record<string, unknown>) => (url: string) =>
  JSON.stringify({ ...discovery(url), ...changes(url) });
const keySet = () => JSON.stringify({ keys: [KEYS.rsa.jwk] });

export const HOSTILE_PROVIDERS: readonly HostileProvider[] = [
  { name: 'redirects the key set', keys: { status: 302, headers: { location: '/elsewhere' } }, code: 'jwks_invalid' },
  {
    name: 'redirects the key set for good',
    keys: { status: 308, headers: { location: '/elsewhere' } },
    code: 'jwks_invalid',
  },
  {
    name: 'redirects discovery',
    discovery: { status: 301, headers: { location: '/elsewhere' } },
    code: 'jwks_invalid',
  },
  {
    name: 'answers HTML',
    keys: { headers: { 'content-type': 'text/html' }, body: () => '<html>Sign in</html>' },
    code: 'jwks_invalid',
  },
  { name: 'answers HTML for discovery', discovery: { body: () => '<html></html>' }, code: 'jwks_invalid' },
  { name: 'answers nothing', keys: { body: () => '' }, code: 'jwks_invalid' },
  { name: 'answers an array', keys: { body: () => '[]' }, code: 'jwks_invalid' },
  { name: 'answers a member twice', keys: { body: () => `{"keys":[],${keySet().slice(1)}` }, code: 'jwks_invalid' },
  { name: 'answers keys as an object', keys: { body: () => '{"keys":{}}' }, code: 'jwks_invalid' },
  { name: 'answers 204', keys: { status: 204 }, code: 'jwks_invalid' },
  { name: 'answers 404', keys: { status: 404, body: keySet }, code: 'idp_unavailable' },
  { name: 'answers 500', keys: { status: 500, body: keySet }, code: 'idp_unavailable' },
  { name: 'answers 429', discovery: { status: 429 }, code: 'idp_unavailable' },
  {
    name: 'names another issuer',
    discovery: { body: discoveryOf(() => ({ issuer: 'https://evil.example' })) },
    code: 'jwks_invalid',
  },
  {
    name: 'names its issuer with a slash',
    discovery: { body: discoveryOf((url) => ({ issuer: `${url}/` })) },
    code: 'jwks_invalid',
  },
  { name: 'names no issuer', discovery: { body: discoveryOf(() => ({ issuer: undefined })) }, code: 'jwks_invalid' },
  { name: 'names no key set', discovery: { body: discoveryOf(() => ({ jwks_uri: undefined })) }, code: 'jwks_invalid' },
  {
    name: 'names a key set on plain http elsewhere',
    discovery: { body: discoveryOf(() => ({ jwks_uri: 'http://192.0.2.1/jwks' })) },
    code: 'jwks_invalid',
  },
  {
    name: 'names a key set in a file',
    discovery: { body: discoveryOf(() => ({ jwks_uri: 'file:///etc/passwd' })) },
    code: 'jwks_invalid',
  },
  {
    name: 'names a key set behind credentials',
    discovery: { body: discoveryOf((url) => ({ jwks_uri: url.replace('//', '//a:b@') })) },
    code: 'jwks_invalid',
  },
  {
    name: 'names an array of key sets',
    discovery: { body: discoveryOf((url) => ({ jwks_uri: [`${url}/jwks`] })) },
    code: 'jwks_invalid',
  },
  {
    name: 'answers 151 KB of spaces',
    keys: { body: () => ' '.repeat(151 * 1024) + keySet() },
    code: 'jwks_too_large',
  },
  { name: 'answers discovery of 151 KB', discovery: { body: () => ' '.repeat(151 * 1024) }, code: 'jwks_too_large' },
];

/** What the provider answers to a request for `path` below its `url`; a redirect's target would serve good keys. */
export function answerOf(provider: HostileProvider, url: string, path: string): ProviderAnswer {
  if (path.endsWith('/elsewhere')) return { status: 200, headers: {}, body: keySet() };
  const isKeySet = path.endsWith('/jwks');
  const answer = isKeySet ? provider.keys : provider.discovery;
  const usual = isKeySet ? keySet : discoveryOf(() => ({}));
  return { status: answer?.status ?? 200, headers: answer?.headers ?? {}, body: (answer?.body ?? usual)(url) };
}
