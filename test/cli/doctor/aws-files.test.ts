import { describe, expect, it } from 'vitest';
import { processWords, profilesIn } from '../../../cli/doctor/aws-files.ts';

const shown = (content: string, kind: 'config' | 'credentials') =>
  profilesIn(content, kind).map(({ profile, settings }) => [profile, Object.fromEntries(settings)]);

describe('profiles', () => {
  it('are read as AWS clients read them', () => {
    const content = [
      '; a comment',
      '[default]',
      'region = eu-west-1',
      '[ profile "with space" ]',
      '  nested = no',
      's3 =',
      '  addressing_style = path',
      'Credential_Process = /opt/daypass credentials prod/A # no comment for credential_process',
      '[sso-session corp]',
      'sso_region = eu-west-1',
      '[profile b]\r',
      'region=eu-central-1\r',
    ].join('\n');
    expect(shown(content, 'config')).toEqual([
      ['default', { region: 'eu-west-1' }],
      [
        'with space',
        { s3: '', credential_process: '/opt/daypass credentials prod/A # no comment for credential_process' },
      ],
      ['b', { region: 'eu-central-1' }],
    ]);
  });

  it('of the credentials file have no prefix', () => {
    expect(shown('[a]\naws_access_key_id = AKIA\n[profile b]\n', 'credentials')).toEqual([
      ['a', { aws_access_key_id: 'AKIA' }],
      ['profile b', {}],
    ]);
  });
});

it('words of a credential_process line may be in double quotes', () => {
  expect(processWords('"/opt/my tools/node" /opt/daypass.cjs credentials prod/A')).toEqual([
    '/opt/my tools/node',
    '/opt/daypass.cjs',
    'credentials',
    'prod/A',
  ]);
});
