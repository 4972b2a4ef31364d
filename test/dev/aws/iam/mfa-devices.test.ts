import {
  CreateVirtualMFADeviceCommand,
  DeactivateMFADeviceCommand,
  DeleteUserCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  ListMFADevicesCommand,
} from '@aws-sdk/client-iam';
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueAccessKey } from '../../../../dev/aws/iam/access-keys.ts';
import { base32 } from '../../../../dev/aws/iam/base32.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { oneTimeCode } from '../../../../dev/aws/sts/multi-factor.ts';
import { clientFor } from '../clients.ts';
import { refusal } from '../refusal.ts';

const SERIAL = 'arn:aws:iam::999999999999:mfa/phone';

let skew = 0;
let aws: AwsStandIn;
let iam: IAMClient;
beforeEach(async () => {
  skew = 0;
  aws = await startAws({ port: 0, clock: () => Date.now() + skew });
  iam = clientFor(IAMClient, aws, aws.operator);
});
afterEach(() => aws.close());

describe('a second factor', () => {
  it('is made, enabled by two codes in a row, used, and taken away again', async () => {
    const user = aws.state.users.create({ arn: 'arn:aws:iam::999999999999:user/dana' }, Date.now());
    const { VirtualMFADevice } = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'phone' }));
    expect(VirtualMFADevice?.SerialNumber).toBe(SERIAL);
    const secret = aws.state.mfaDevices.bySerialNumber(SERIAL)?.secret ?? Buffer.alloc(0);
    expect(Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()).toBe(base32(secret));

    const codeAt = (seconds: number) => oneTimeCode(secret, Date.now() + skew + seconds * 1000);
    const enable = (AuthenticationCode1: string, AuthenticationCode2: string) =>
      iam.send(
        new EnableMFADeviceCommand({
          UserName: 'dana',
          SerialNumber: SERIAL,
          AuthenticationCode1,
          AuthenticationCode2,
        }),
      );
    expect(await refusal(enable(codeAt(0), codeAt(0)))).toMatchObject({
      code: 'InvalidAuthenticationCode',
      status: 403,
    });
    expect(await refusal(enable(codeAt(0), codeAt(-30)))).toMatchObject({ code: 'InvalidAuthenticationCode' });
    await enable(codeAt(-30), codeAt(0));
    expect((await iam.send(new ListMFADevicesCommand({ UserName: 'dana' }))).MFADevices).toMatchObject([
      { UserName: 'dana', SerialNumber: SERIAL },
    ]);

    const sts = clientFor(STSClient, aws, issueAccessKey(aws.state, user, Date.now()));
    skew = 60_000;
    await sts.send(new GetSessionTokenCommand({ SerialNumber: SERIAL, TokenCode: codeAt(0) }));

    expect(await refusal(iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber: SERIAL })))).toMatchObject({
      code: 'DeleteConflict',
    });
    expect(await refusal(iam.send(new DeleteUserCommand({ UserName: 'dana' })))).toMatchObject({
      code: 'DeleteConflict',
    });
    await iam.send(new DeactivateMFADeviceCommand({ UserName: 'dana', SerialNumber: SERIAL }));
    await iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber: SERIAL }));
    expect((await iam.send(new ListMFADevicesCommand({ UserName: 'dana' }))).MFADevices).toEqual([]);
  });

  it('shows the codes of RFC 6238', () => {
    const secret = Buffer.from('12345678901234567890');
    // Appendix B, the last six of the eight digits.
    const table: [number, string][] = [
      [59, '287082'],
      [1111111109, '081804'],
      [1111111111, '050471'],
      [1234567890, '005924'],
      [2000000000, '279037'],
      [20000000000, '353130'],
    ];
    for (const [seconds, code] of table) expect(oneTimeCode(secret, seconds * 1000)).toBe(code);
  });

  it('has a seed in base32', () => {
    // RFC 4648 section 10, without the padding.
    const table = {
      '': '',
      f: 'MY',
      fo: 'MZXQ',
      foo: 'MZXW6',
      foob: 'MZXW6YQ',
      fooba: 'MZXW6YTB',
      foobar: 'MZXW6YTBOI',
    };
    for (const [given, expected] of Object.entries(table)) expect(base32(Buffer.from(given))).toBe(expected);
  });
});
