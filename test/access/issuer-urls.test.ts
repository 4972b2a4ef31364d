import { expect, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import { createRemoteKeySet } from '../../lib/identity/jwks.ts';

const HOSTS = ['idp.example.com', '127.0.0.1', '127.0.0.2', '127.9.9.9', '[::1]', 'localhost', '10.0.0.1', '128.0.0.1'];
const URLS = ['http', 'https', 'ftp'].flatMap((scheme) =>
  HOSTS.flatMap((host) => ['', ':8443', '/realms/a', ':1/'].map((rest) => `${scheme}://${host}${rest}`)),
);

function issuerAt(url: string) {
  const { policy } = compilePolicy(
    `
version: 1
issuers: { corp: { issuer: "${url}", audience: [a], algorithms: [RS256], username: email } }
accounts: { a: { id: "111122223333", label: A } }
roles: { a/R: { arn: "arn:aws:iam::111122223333:role/R" } }
grants: [{ name: g, roles: [a/R], callers: { groups: [x] } }]
`,
    'access.yml',
  );
  return policy?.issuers[0];
}

test('an issuer that the check of a policy accepts is one that a function starts with', () => {
  const accepted = URLS.flatMap((url) => issuerAt(url) ?? []);
  expect(accepted.length).toBeGreaterThan(20);
  for (const issuer of accepted) expect(() => createRemoteKeySet(issuer, { fetch })).not.toThrow();
  expect(accepted.filter(({ url }) => /^http:\/\/(localhost|10\.|128\.|idp)/.test(url))).toEqual([]);
});
