import { describe, expect, test } from 'vitest';
import { parseRequester } from '../../lib/iam/requester.ts';

const IAM = 'arn:aws:iam::111122223333';
const STS = 'arn:aws:sts::111122223333';

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
describe('who makes a request', () => {
  test.each<[string, object]>([
    ['anonymous', { kind: 'anonymous' }],
    ['lambda.amazonaws.com', { kind: 'service' }],
    ['ec2.amazonaws.com.cn', { kind: 'service' }],
    ['a'.repeat(64), { kind: 'canonicalUser' }],
    ['accounts.google.com', { kind: 'federated' }],
    ['cognito-identity.amazonaws.com', { kind: 'federated' }],
    [`${IAM}:oidc-provider/idp.example.com/path`, { kind: 'federated' }],
    [`${IAM}:saml-provider/corp`, { kind: 'federated' }],
    ['111122223333', { kind: 'root', text: `${IAM}:root`, accountId: '111122223333' }],
    [`${IAM}:root`, { kind: 'root', accountId: '111122223333' }],
    [`${IAM}:user/dana`, { kind: 'user', resource: 'dana', serviceLinked: false }],
    [`${IAM}:user/a/b/dana`, { kind: 'user', resource: 'a/b/dana' }],
    [`${IAM}:role/a/app`, { kind: 'role', name: 'app', serviceLinked: false }],
    [`${IAM}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`, { kind: 'role', serviceLinked: true }],
    [`${STS}:assumed-role/app/run-1`, { kind: 'roleSession', name: 'app', serviceLinked: false }],
    [`${STS}:federated-user/dana`, { kind: 'federatedUser', name: 'dana' }],
    ['arn:aws-cn:iam::111122223333:user/dana', { kind: 'user', partition: 'aws-cn' }],
  ])('%s', (text, expected) => {
    expect(parseRequester(text)).toMatchObject(expected);
  });

  test.each([
    '',
    '*',
    'Anonymous',
    'dana',
    '11112222333',
    `${IAM}:group/g`,
    `${IAM}:user/`,
    `${IAM}:user/a*`,
    `${IAM}:role/?`,
    `${IAM}:policy/p`,
    `${STS}:assumed-role/app`,
    `${STS}:assumed-role/app/run/1`,
    `${STS}:federated-user/a/b`,
    'arn:aws:iam:eu-central-1:111122223333:user/dana',
    'arn:aws:iam::aws:user/dana',
    'arn:aws:s3:::bucket',
    'A'.repeat(64),
  ])('is nobody: %j', (text) => {
    expect(parseRequester(text)).toBeUndefined();
  });
});
