import { family, payloads } from './case.ts';

/** Who the payload says it is. */
const names = (table: Record<string, unknown>) =>
  payloads(
    'identity_not_representable',
    Object.fromEntries(Object.entries(table).map(([name, email]) => [name, { email }])),
  );

export const identity = family('Identity', [
  ...payloads('identity_not_representable', {
    'no sub': { sub: undefined },
    'an empty sub': { sub: '' },
    'a number as sub': { sub: 1 },
    'a sub of 256 characters': { sub: 's'.repeat(256) },
    'a sub outside ASCII': { sub: 'dév' },
    'a sub with a NUL': { sub: 'dev\0' },
    'a sub with a line break': { sub: 'dev\r\nadmin' },
    'sub null': { sub: null },
    'sub as an array': { sub: ['dev'] },
    'email_verified false': { email_verified: false },
    'email_verified absent': { email_verified: undefined },
    'email_verified as a string': { email_verified: 'true' },
    'email_verified 1': { email_verified: 1 },
  }),
  ...names({
    'two @': 'a@evil@corp.com',
    'a Kelvin sign': '\u212aevin@example.com',
    'a long s': '\u017fam@example.com',
    'a Cyrillic look-alike': 'dеv@example.com',
    'full-width letters': 'ｄev@example.com',
    'a combining accent': 'de\u0301v@example.com',
    'a right-to-left override': 'dev\u202e@example.com',
    'a zero-width joiner': 'de\u200dv@example.com',
    'a NUL': 'dev\0@example.com',
    'a line break': 'dev@example.com\r\nx',
    'a trailing line feed': 'dev@example.com\n',
    'a space': 'dev @example.com',
    '65 characters': 'a'.repeat(65),
    'one character': 'a',
    'an empty name': '',
    'the reserved prefix': 'aws:dev',
    'a slash': 'corp/dev',
    'a wildcard': 'dev*@example.com',
    'a policy variable': '${aws:username}',
    'the prefix of another issuer': 'partner-dev@example.com',
    'the prefix of another issuer and no more': 'partner-',
  }),
  ...payloads(
    'identity_not_representable',
    {
      'an empty name behind a prefix': { email: '' },
      '65 characters with the prefix': { email: 'a'.repeat(60) },
      'a colon behind a prefix': { email: 'aws:dev' },
    },
    { usernamePrefix: 'corp-' },
  ),
  ...payloads('claim_missing', { 'no email': { email: undefined } }),
  ...payloads('claim_type_invalid', {
    'email as an array': { email: ['dev@example.com'] },
    'email as a number': { email: 1 },
    'email null': { email: null },
  }),
  ...payloads('claim_missing', { 'a username path into the prototype': {} }, { username: 'constructor.name' }),
  ...payloads('claim_missing', { 'a username path named __proto__': {} }, { username: '__proto__' }),
  ...payloads('claim_missing', { 'a username path into an array': {} }, { username: 'groups.0' }),
  ...payloads('claim_missing', { 'a username path into a string': {} }, { username: 'email.length' }),
]);

export const groups = family('Groups', [
  ...payloads('claim_type_invalid', {
    'one string': { groups: 'engineering' },
    'a comma-separated string': { groups: 'engineering,sre' },
    numbers: { groups: [1, 2] },
    'a nested array': { groups: [['engineering']] },
    'an object': { groups: { 0: 'engineering' } },
    objects: { groups: [{ name: 'engineering' }] },
    null: { groups: null },
    'a null among them': { groups: ['engineering', null] },
    true: { groups: true },
  }),
  ...payloads('groups_unavailable', {
    'the Entra overage pointer': {
      groups: undefined,
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph.example/users/1/getMemberObjects' } },
    },
    'an overage pointer beside groups': { _claim_names: { groups: 'src1' } },
    'a pointer to some other claim': { _claim_names: { employment: 'src1' } },
    'a pointer of the wrong type': { _claim_names: 'groups' },
    hasgroups: { groups: undefined, hasgroups: true },
    'hasgroups as a string': { groups: undefined, hasgroups: 'true' },
    'groups:src1': { groups: undefined, 'groups:src1': { endpoint: 'https://graph.example' } },
  }),
  ...payloads(
    'claim_type_invalid',
    { 'a string at the dotted path': { realm: { roles: 'sre' } } },
    { groups: 'realm.roles' },
  ),
  ...payloads(
    'hosted_domain_mismatch',
    {
      'a missing hd': {},
      'a wrong hd': { hd: 'evil.example' },
      'hd in another case': { hd: 'Example.com' },
      'hd as an array': { hd: ['example.com'] },
    },
    { hostedDomains: ['example.com'] },
  ),
]);

export const replay = family('Replay', [
  ...payloads('claim_missing', { 'no jti': {} }, { singleUse: true }),
  ...payloads(
    'claim_type_invalid',
    {
      'jti as a number': { jti: 1 },
      'jti empty': { jti: '' },
      'jti null': { jti: null },
      'jti of 256 characters': { jti: 'j'.repeat(256) },
    },
    { singleUse: true },
  ),
]);
