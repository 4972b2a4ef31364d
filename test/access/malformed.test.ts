import { describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import { HEAD } from './policies.ts';

interface Case {
  readonly source: string;
  readonly at: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const CALLERS = 'callers: { groups: [a] }';

/** A mistake in a grant: lines are counted from the grant's own first line. */
function inGrant(lines: string, at: string, code: string, message: string, hint?: string): Case {
  const [line = 0, column = 0] = at.split(':').map(Number);
  return {
    source: `${HEAD}${lines}\n`,
    at: `${line + 15}:${column}`,
    code,
    message,
    ...(hint !== undefined && { hint }),
  };
}

function instead(from: string, to: string, at: string, code: string, message: string, hint?: string): Case {
  expect(HEAD).toContain(from);
  const source = `${HEAD.replace(from, to)}  - { name: g, roles: [prod/ReadOnly], ${CALLERS} }\n`;
  return { source, at, code, message, ...(hint !== undefined && { hint }) };
}

/** One grant with a member more. */
function member(written: string, at: string, code: string, message: string, hint?: string): Case {
  return inGrant(`  - name: g\n    roles: [prod/ReadOnly]\n    ${CALLERS}\n    ${written}`, at, code, message, hint);
}

const bigPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 's3:*',
      Resource: Array.from({ length: 60 }, (_, i) => `arn:aws:s3:::a-very-long-bucket-name-${i}`),
    },
  ],
});
const READ = 'arn:aws:iam::aws:policy/ReadOnlyAccess';

const CASES: Record<string, Case> = {
  // The text
  'an empty file': { source: '', at: '1:1', code: 'file_empty', message: 'empty' },
  'a comment only': { source: '# nothing\n', at: '1:1', code: 'file_empty', message: 'empty' },
  'not YAML': { source: 'version: 1\nissuers: {corp: [\n', at: '3:1', code: 'yaml_syntax', message: 'not valid YAML' },
  'a tab for indentation': {
    source: 'version: 1\nissuers:\n\tcorp: {}\n',
    at: '3:1',
    code: 'yaml_syntax',
    message: 'not valid YAML',
  },
  'the same key twice': { source: `version: 1\nversion: 1\n`, at: '2:1', code: 'yaml_duplicate_key', message: 'twice' },
  'the same grant member twice': inGrant('  - name: g\n    name: h\n', '2:5', 'yaml_duplicate_key', 'twice'),
  'an alias': { source: 'version: 1\ngrants: &g []\nroles: *g\n', at: '2:12', code: 'yaml_anchor', message: 'anchors' },
  'an alias bomb': {
    source: `a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]\n`,
    at: '1:7',
    code: 'yaml_anchor',
    message: 'anchors',
  },
  'a tag': { source: 'version: !!int "1"\n', at: '1:16', code: 'yaml_tag', message: 'tag' },
  'an unknown tag': { source: 'version: !secret x\n', at: '1:10', code: 'yaml_syntax', message: 'tag' },
  'two documents': {
    source: 'version: 1\n---\nversion: 1\n',
    at: '2:1',
    code: 'yaml_several_documents',
    message: 'one YAML document',
  },
  'a number as a key': {
    source: 'version: 1\naccounts: { 1: {} }\n',
    at: '2:13',
    code: 'yaml_key_not_text',
    message: 'must be a text',
    hint: '"1"',
  },
  'a list as a key': { source: '? [a]\n: 1\n', at: '1:3', code: 'yaml_key_not_text', message: 'must be a text' },
  'the key __proto__': {
    source: 'version: 1\n__proto__: {}\n',
    at: '2:1',
    code: 'yaml_key_forbidden',
    message: 'not allowed',
  },
  'nesting without end': { source: '['.repeat(50_000), at: '1:1', code: 'yaml_too_deep', message: 'too deeply' },
  'a list for a policy': {
    source: '- version: 1\n',
    at: '1:1',
    code: 'value_invalid',
    message: 'expected a mapping, not a list',
  },
  'a text for a policy': {
    source: 'hello\n',
    at: '1:1',
    code: 'value_invalid',
    message: 'expected a mapping, not a text',
  },

  // The shape
  'another version': instead('version: 1', 'version: 2', '1:10', 'value_invalid', 'expected 1'),
  'no version': {
    source: `${HEAD.replace('version: 1\n', '')}  []\n`,
    at: '1:1',
    code: 'key_missing',
    message: '"version" is missing',
  },
  'grants that are not there': {
    source: HEAD,
    at: '15:1',
    code: 'value_invalid',
    message: 'expected a list, not nothing',
  },
  'an unknown top-level key': instead(
    'version: 1',
    'version: 1\ngrant: []',
    '2:1',
    'key_unknown',
    'unknown key "grant"',
    'grants',
  ),
  'a misspelt issuer member': instead(
    '    username: email',
    '    username: email\n    jwksURL: x',
    '8:5',
    'key_unknown',
    'unknown key "jwksURL"',
    'jwksUri',
  ),
  'an issuer without algorithms': instead(
    '    algorithms: [RS256]\n',
    '',
    '4:5',
    'key_missing',
    '"algorithms" is missing',
  ),
  'a symmetric algorithm': instead('[RS256]', '[HS256]', '6:18', 'value_invalid', 'expected RS256 or', 'RS256'),
  'the algorithm none': instead('[RS256]', '[none]', '6:18', 'value_invalid', 'expected RS256 or'),
  'no algorithm': instead('[RS256]', '[]', '6:17', 'value_invalid', 'at least one'),
  'an empty audience': instead('[daypass]', '[]', '5:15', 'value_invalid', 'at least one'),
  'an audience that is an empty text': instead('[daypass]', '[""]', '5:16', 'value_invalid', 'must not be empty'),
  'an audience that is a number': instead(
    '[daypass]',
    '7',
    '5:15',
    'value_invalid',
    'expected a value or a list of values, not a number',
  ),
  'an account id without quotes': instead(
    '"111111111111"',
    '111111111111',
    '9:14',
    'value_invalid',
    'expected a text, not a number',
    'quotes',
  ),
  'an account id that is too short': instead(
    '"111111111111"',
    '"11111111111"',
    '9:14',
    'value_invalid',
    'twelve digits',
  ),
  'an account name in capitals': instead('  dev: {', '  Dev: {', '9:3', 'name_invalid', 'a name is'),
  'a role without an account': instead('  dev/Developer:', '  Developer:', '12:3', 'name_invalid', 'account/Name'),
  'a role name with a wildcard': instead('  dev/Developer:', '  "dev/*":', '12:3', 'name_invalid', 'account/Name'),
  'a duration in days': instead(
    'maxDuration: 2h',
    'maxDuration: 2d',
    '12:82',
    'value_invalid',
    'a duration is written',
  ),
  'a negative duration': member('duration: -900', '4:15', 'value_invalid', 'more than nothing'),
  'a duration that is a list': member(
    'duration: [1h]',
    '4:15',
    'value_invalid',
    'expected a duration such as 30m, not a list',
  ),
  'a grant without a name': inGrant(
    `  - roles: [prod/ReadOnly]\n    ${CALLERS}`,
    '1:5',
    'key_missing',
    '"name" is missing',
  ),
  'a grant name with spaces': inGrant(
    `  - name: my grant\n    roles: [prod/ReadOnly]\n    ${CALLERS}`,
    '1:11',
    'value_invalid',
    'a grant name',
  ),
  'an unknown grant member': member('conditions: {}', '4:5', 'key_unknown', 'unknown key "conditions"', 'condition'),
  'an unknown effect': member('effect: Deny', '4:13', 'value_invalid', 'expected allow or deny', 'deny'),
  'an unknown permission': inGrant(
    `  - name: g\n    permissions: [audit:write]\n    ${CALLERS}`,
    '2:19',
    'value_invalid',
    'audit:read',
  ),
  'an unknown requirement': member(
    'require: { reasons: true }',
    '4:16',
    'key_unknown',
    'unknown key "reasons"',
    'reason',
  ),
  'a requirement that is a text': member(
    'require: { reason: "yes" }',
    '4:24',
    'value_invalid',
    'expected true or false, not a text',
  ),
  'a caller pattern that is empty': inGrant(
    '  - name: g\n    roles: [prod/ReadOnly]\n    callers: { groups: [""] }',
    '3:25',
    'value_invalid',
    'must not be empty',
  ),
  'a caller claim without patterns': inGrant(
    '  - name: g\n    roles: [prod/ReadOnly]\n    callers: { groups: [] }',
    '3:24',
    'value_invalid',
    'at least one',
  ),
  'callers that are a list': inGrant(
    '  - name: g\n    roles: [prod/ReadOnly]\n    callers: [sre]',
    '3:14',
    'value_invalid',
    'everyone, or a mapping of claims',
  ),
  'callers that are another word': inGrant(
    '  - name: g\n    roles: [prod/ReadOnly]\n    callers: all',
    '3:14',
    'value_invalid',
    'everyone, or a mapping of claims',
  ),
  'a condition without values': member(
    'condition: { StringEquals: { claim:a: [] } }',
    '4:43',
    'value_invalid',
    'at least one',
  ),

  // Issuers
  'no issuer': {
    source: `${HEAD.replace(/issuers:\n(.*\n){5}/, 'issuers: {}\n')}  - { name: g, roles: [prod/ReadOnly], ${CALLERS} }\n`,
    at: '2:10',
    code: 'issuers_empty',
    message: 'at least one issuer',
  },
  'an http issuer': instead(
    'https://idp.example.com',
    'http://idp.example.com',
    '4:13',
    'url_not_https',
    'plain http is for loopback only',
  ),
  'an http issuer that looks like loopback': instead(
    'https://idp.example.com',
    'http://127.0.0.1.example.com',
    '4:13',
    'url_not_https',
    'loopback only',
  ),
  'an http issuer on localhost': instead(
    'https://idp.example.com',
    'http://localhost:8080',
    '4:13',
    'url_not_https',
    'loopback only',
    '127.0.0.1',
  ),
  'an issuer that is no URL': instead('https://idp.example.com', 'idp.example.com', '4:13', 'url_invalid', 'https://'),
  'an issuer with a query': instead(
    'https://idp.example.com',
    'https://idp.example.com/?a=b',
    '4:13',
    'url_invalid',
    'query',
  ),
  'an issuer with a fragment': instead(
    'https://idp.example.com',
    '"https://idp.example.com/#a"',
    '4:13',
    'url_invalid',
    'fragment',
  ),
  'an issuer with a password': instead(
    'https://idp.example.com',
    'https://u:p@idp.example.com',
    '4:13',
    'url_invalid',
    'user name or password',
  ),
  'an issuer with capitals': instead(
    'https://idp.example.com',
    'https://IDP.example.com',
    '4:13',
    'url_not_canonical',
    'usual spelling',
    'https://idp.example.com',
  ),
  'an issuer with the default port': instead(
    'https://idp.example.com',
    'https://idp.example.com:443',
    '4:13',
    'url_not_canonical',
    'usual spelling',
  ),
  'an issuer with a tenant placeholder': instead(
    'https://idp.example.com',
    '"https://login.example.com/{tenantid}/v2.0"',
    '4:13',
    'url_not_canonical',
    'usual spelling',
  ),
  'two issuers of one URL': instead(
    'accounts:',
    '  twin:\n    issuer: https://idp.example.com\n    audience: x\n    algorithms: [ES256]\n    username: sub\n    usernamePrefix: twin-\naccounts:',
    '9:13',
    'issuer_duplicate',
    '"corp" has the same URL',
  ),
  'two issuers without a username prefix': instead(
    'accounts:',
    '  ci: { issuer: "https://ci.example.com", audience: x, algorithms: [ES256], username: sub }\naccounts:',
    '8:3',
    'usernames_overlap',
    'issuers "corp" and "ci" can give two people the same username',
    'usernamePrefix',
  ),
  ...Object.fromEntries(
    ['""', 'gh@', '"gh:"', '"gh "', '"gh-\\n"', 'g\u{fc}', 'x'.repeat(33)].map((prefix) => [
      `the username prefix ${prefix}`,
      instead(
        '    username: email',
        `    username: email\n    usernamePrefix: ${prefix}`,
        '8:21',
        'value_invalid',
        'a username prefix is 1–32 of',
      ),
    ]),
  ),
  'a clock skew of an hour': instead(
    '    username: email',
    '    username: email\n    clockSkew: 1h',
    '8:16',
    'clock_skew_too_large',
    '5 minutes',
  ),
  'a token that lives a month': instead(
    '    username: email',
    '    username: email\n    maxTokenLifetime: 720h',
    '8:23',
    'token_lifetime_too_long',
    '7 days',
  ),

  // Catalogue
  'two accounts with one id': instead(
    '"111111111111" }',
    '"222222222222" }',
    '10:15',
    'account_duplicate',
    '"dev" has the same id',
  ),
  'a role of an unknown account': instead(
    '  dev/Developer:',
    '  deb/Developer:',
    '12:3',
    'account_unknown',
    'unknown account "deb"',
    'dev',
  ),
  'an ARN that is none': instead(
    'arn:aws:iam::111111111111:role/Developer',
    'Developer',
    '12:25',
    'arn_invalid',
    'not the ARN of an IAM role',
  ),
  'the ARN of a user': instead(
    '111111111111:role/Developer',
    '111111111111:user/Developer',
    '12:25',
    'arn_invalid',
    'not the ARN of an IAM role',
  ),
  'an ARN with a wildcard': instead(
    '111111111111:role/Developer',
    '111111111111:role/*',
    '12:25',
    'arn_invalid',
    'not the ARN of an IAM role',
  ),
  'an ARN of another account': instead(
    '111111111111:role/Developer',
    '333333333333:role/Developer',
    '12:25',
    'account_mismatch',
    'account 333333333333',
  ),
  'an ARN of another partition': instead(
    'arn:aws:iam::111111111111',
    'arn:aws-cn:iam::111111111111',
    '12:25',
    'partition_mismatch',
    'partition aws-cn',
  ),
  'one ARN under two names': instead(
    'role/Admin"',
    'role/READONLY"',
    '14:22',
    'role_duplicate',
    '"prod/ReadOnly" has the same ARN',
  ),
  'a role of 13 hours': instead(
    'maxDuration: 2h',
    'maxDuration: 13h',
    '12:82',
    'duration_out_of_range',
    'at most 12 hours',
  ),
  'a role of 5 minutes': instead(
    'maxDuration: 2h',
    'maxDuration: 5m',
    '12:82',
    'duration_out_of_range',
    'at least 15 minutes',
  ),
  'an external id with spaces': instead(
    'externalId: daypass-prod',
    'externalId: "a b"',
    '14:74',
    'external_id_invalid',
    '2–1224',
  ),
  'a region that is none': instead('maxDuration: 2h', 'region: europe', '12:77', 'region_unknown', 'no AWS region'),
  'a region of another partition': instead(
    'maxDuration: 2h',
    'region: cn-north-1',
    '12:77',
    'partition_mismatch',
    'aws-cn',
  ),

  // Grants
  'two grants of one name': inGrant(
    `  - { name: g, roles: [prod/ReadOnly], ${CALLERS} }\n  - { name: g, roles: [prod/Admin], ${CALLERS} }`,
    '2:13',
    'grant_duplicate',
    'another grant is named "g"',
  ),
  'an unknown role': inGrant(
    `  - name: g\n    roles: [prod/ReadOnly, prod/Readonly]\n    ${CALLERS}`,
    '2:28',
    'role_unknown',
    'unknown role "prod/Readonly"',
    'prod/ReadOnly',
  ),
  'a role pattern that matches none': inGrant(
    `  - name: g\n    roles: test/*\n    ${CALLERS}`,
    '2:12',
    'role_unknown',
    'no role matches "test/*"',
  ),
  'a deny on a role that is not there': inGrant(
    `  - name: g\n    effect: deny\n    roles: [prod/Root]\n    ${CALLERS}`,
    '3:13',
    'role_unknown',
    'unknown role "prod/Root"',
  ),
  'a grant of nothing': inGrant(`  - name: g\n    ${CALLERS}`, '1:5', 'grant_empty', 'neither roles nor permissions'),
  'a grant for nobody in particular': inGrant(
    '  - name: g\n    roles: [prod/ReadOnly]',
    '1:5',
    'callers_missing',
    'does not say whom it is for',
    'everyone',
  ),
  'a grant with empty callers': inGrant(
    '  - name: g\n    roles: [prod/ReadOnly]\n    callers: {}',
    '3:14',
    'callers_empty',
    'would match everyone',
    'everyone',
  ),
  'an unknown issuer': member('issuers: [corpp]', '4:15', 'issuer_unknown', 'unknown issuer "corpp"', 'corp'),
  'a session of 5 minutes': member('duration: 5m', '4:15', 'duration_out_of_range', 'at least 15 minutes'),
  'a session of 13 hours': member('duration: 13h', '4:15', 'duration_out_of_range', 'at most 12 hours'),
  'a deny with a duration': inGrant(
    `  - name: g\n    effect: deny\n    roles: [prod/Admin]\n    ${CALLERS}\n    duration: 1h`,
    '5:5',
    'term_meaningless',
    'gives no session',
  ),
  'a deny with a session': inGrant(
    `  - name: g\n    effect: deny\n    roles: [prod/Admin]\n    ${CALLERS}\n    session: {}`,
    '5:5',
    'term_meaningless',
    'gives no session',
  ),
  'a permission that requires a reason': inGrant(
    `  - name: g\n    permissions: [audit:read]\n    ${CALLERS}\n    require: { reason: true }`,
    '4:5',
    'term_meaningless',
    'a permission does not have',
  ),

  // Conditions
  'an unknown operator': member(
    'condition: { StringEqual: { claim:a: b } }',
    '4:18',
    'condition_operator_unknown',
    'unknown condition operator "StringEqual"',
    'StringEquals',
  ),
  'an unknown set operator': member(
    'condition: { "ForAnyValue:StringMatch": { claim:a: b } }',
    '4:18',
    'condition_operator_unknown',
    'unknown condition operator',
  ),
  'Null with IfExists': member(
    'condition: { NullIfExists: { claim:a: true } }',
    '4:18',
    'condition_operator_unknown',
    'Null takes neither',
  ),
  'an operator without keys': member('condition: { StringEquals: {} }', '4:18', 'condition_empty', 'names no key'),
  'an unknown key': member(
    'condition: { IpAddress: { aws:SourceIP4: 10.0.0.0/8 } }',
    '4:31',
    'condition_key_unknown',
    'unknown condition key "aws:SourceIP4"',
    'aws:SourceIp',
  ),
  'a claim without its prefix': member(
    'condition: { StringEquals: { team: x } }',
    '4:34',
    'condition_key_unknown',
    'unknown condition key "team"',
    'claim:team',
  ),
  'a claim without a name': member(
    'condition: { StringEquals: { "claim:": x } }',
    '4:34',
    'condition_key_unknown',
    'unknown condition key',
  ),
  'a key in two spellings': member(
    'condition: { IpAddress: { aws:SourceIp: 10.0.0.0/8, AWS:sourceip: 10.0.0.0/8 } }',
    '4:57',
    'condition_key_duplicate',
    'the same key',
  ),
  'a CIDR range that is none': member(
    'condition: { IpAddress: { aws:SourceIp: [10.0.0.0/8, 10.0.0.0/33] } }',
    '4:58',
    'condition_value_invalid',
    'needs an IP address or CIDR range, not "10.0.0.0/33"',
  ),
  'a number that is none': member(
    'condition: { NumericLessThan: { session:authAgeSeconds: 15m } }',
    '4:61',
    'condition_value_invalid',
    'needs a number, not "15m"',
  ),
  'a date that is none': member(
    'condition: { DateLessThan: { aws:CurrentTime: 2026-02-30 } }',
    '4:51',
    'condition_value_invalid',
    'needs a date',
  ),
  'a date without a zone': member(
    'condition: { DateLessThan: { aws:CurrentTime: "2026-01-01T10:00:00" } }',
    '4:51',
    'condition_value_invalid',
    'needs a date',
  ),
  'a boolean that is none': member(
    'condition: { Bool: { claim:email_verified: 1 } }',
    '4:48',
    'condition_value_invalid',
    'needs "true" or "false", not "1"',
  ),
  'a claim template in a condition': member(
    'condition: { StringEquals: { claim:a: "${claim:b}" } }',
    '4:43',
    'template_not_allowed',
    'a condition is not filled in',
  ),
  'a claim template in callers': inGrant(
    '  - name: g\n    roles: [prod/ReadOnly]\n    callers: { groups: ["${claim:team}"] }',
    '3:25',
    'template_not_allowed',
    'callers are not filled in',
  ),
  'a claim template in a role': inGrant(
    `  - name: g\n    roles: ["prod/\${claim:team}"]\n    ${CALLERS}`,
    '2:13',
    'template_not_allowed',
    'a role is not filled in',
  ),

  // Sessions
  'a reserved tag of AWS': member(
    'session: { tags: { "aws:team": x } }',
    '4:24',
    'tag_key_invalid',
    '"aws:" are reserved',
  ),
  'a reserved tag of the broker': member(
    'session: { tags: { "Daypass:session-id": x } }',
    '4:24',
    'tag_key_invalid',
    '"daypass:" are reserved',
  ),
  'a tag key in two spellings': member(
    'session: { tags: { team: a, Team: b } }',
    '4:33',
    'tag_key_duplicate',
    'the same key as "team"',
  ),
  'a tag value that STS refuses': member(
    'session: { tags: { team: "a*" } }',
    '4:30',
    'tag_value_invalid',
    'only letters',
  ),
  'a tag value that is a number': member(
    'session: { tags: { team: 7 } }',
    '4:30',
    'value_invalid',
    'expected a text, not a number',
  ),
  'a tag with another variable': member(
    'session: { tags: { team: "${aws:username}" } }',
    '4:30',
    'template_invalid',
    'only ${claim:name}',
  ),
  'a template without an end': member(
    'session: { tags: { team: "${claim:team" } }',
    '4:30',
    'template_invalid',
    'not closed',
  ),
  'a template without a claim': member(
    'session: { tags: { team: "${claim:}" } }',
    '4:30',
    'template_invalid',
    'no claim name',
  ),
  'a misspelt template': member(
    'session: { tags: { team: "${claims:team}" } }',
    '4:30',
    'template_invalid',
    'written ${claim:name}',
  ),
  'a template in a tag key': member(
    'session: { tags: { "${claim:team}": x } }',
    '4:24',
    'template_not_allowed',
    'a tag key is not filled in',
  ),
  'a transitive tag that is not set': member(
    'session: { transitiveTagKeys: [team] }',
    '4:36',
    'transitive_tag_unknown',
    '"team" is not one',
  ),
  'a policy ARN that is none': member(
    'session: { policyArns: [ReadOnlyAccess] }',
    '4:29',
    'arn_invalid',
    'not the ARN of an IAM policy',
  ),
  'a policy ARN of another account': member(
    'session: { policyArns: ["arn:aws:iam::111111111111:policy/P"] }',
    '4:29',
    'account_mismatch',
    'account 111111111111',
  ),
  'a policy ARN of another partition': member(
    'session: { policyArns: ["arn:aws-cn:iam::aws:policy/P"] }',
    '4:29',
    'partition_mismatch',
    'partition aws-cn',
  ),
  'a policy named twice': member(
    `session: { policyArns: ["${READ}", "${READ}"] }`,
    '4:71',
    'policy_arn_duplicate',
    'twice',
  ),
  'eleven policies': member(
    `session: { policyArns: [${Array.from({ length: 11 }, (_, i) => `"arn:aws:iam::aws:policy/P${i}"`).join(', ')}] }`,
    '4:28',
    'policy_arns_too_many',
    'at most 10',
  ),
  'a session policy that is too large': member(
    `session: { policy: ${bigPolicy} }`,
    '4:24',
    'session_policy_too_large',
    'at most 2048 characters',
  ),
  'a session policy of an old version': member(
    'session: { policy: { Version: 2008-10-17, Statement: [] } }',
    '4:35',
    'value_invalid',
    'expected 2012-10-17',
  ),
  'a session policy that allows nothing and everything': member(
    'session: { policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:*", NotAction: "iam:*", Resource: "*" } } }',
    '4:93',
    'element_conflict',
    'Action or NotAction, not both',
  ),
  'a statement without a resource': member(
    'session: { policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:*" } } }',
    '4:60',
    'element_missing',
    'neither Resource nor NotResource',
  ),
  'a statement with a principal': member(
    'session: { policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: "*", Action: "s3:*", Resource: "*" }] } }',
    '4:78',
    'key_unknown',
    'unknown key "Principal"',
  ),
  'an action from a claim': member(
    'session: { policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "${claim:action}", Resource: "*" } } }',
    '4:85',
    'template_not_allowed',
    'resources and condition values only',
  ),
  'a whole resource from a claim': member(
    'session: { policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:*", Resource: "${claim:bucket}" } } }',
    '4:103',
    'resource_invalid',
    'neither "*" nor an ARN',
  ),
  'a condition key from a claim': member(
    'session: { policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:*", Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/${claim:t}": x } } } } }',
    '4:137',
    'template_not_allowed',
    'a key is not filled in',
  ),
  'a wrong operator in a session policy': member(
    'session: { policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:*", Resource: "*", Condition: { StringEqual: { a: x } } } } }',
    '4:121',
    'condition_operator_unknown',
    'unknown condition operator',
  ),
};

describe('malformed access policies', () => {
  it('are at least sixty', () => expect(Object.keys(CASES).length).toBeGreaterThanOrEqual(60));

  test.each(Object.entries(CASES))('%s', (_name, { source, at, code, message, hint }) => {
    const { policy, diagnostics } = compilePolicy(source, 'access.yml');
    expect(policy).toBeUndefined();
    const [first] = diagnostics.filter(({ severity }) => severity === 'error');
    expect(first).toMatchObject({ file: 'access.yml', code });
    expect(`${first?.line}:${first?.column}`).toBe(at);
    expect(first?.message).toContain(message);
    if (hint !== undefined) expect(first?.hint).toContain(hint);
  });

  it('are refused above 10 MB before they are read', () => {
    const { policy, diagnostics } = compilePolicy(`# ${'x'.repeat(10 * 1024 * 1024)}`, 'access.yml');
    expect(policy).toBeUndefined();
    expect(diagnostics[0]?.code).toBe('file_too_large');
  });

  it('have all their mistakes named at once, in file order', () => {
    const { diagnostics } = compilePolicy(
      `${HEAD}  - name: g\n    roles: [prod/X]\n    issuers: [y]\n    ${CALLERS}\n    duration: 1m\n`,
      'p.yml',
    );
    expect(diagnostics.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '17 role_unknown',
      '18 issuer_unknown',
      '20 duration_out_of_range',
    ]);
  });
});
