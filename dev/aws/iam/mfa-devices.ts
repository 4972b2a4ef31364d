import type { ActionCall, Handler } from '../actions.ts';
import { requireAccess } from '../authorize.ts';
import { AwsError } from '../error.ts';
import type { Parameters, Xml } from '../query-protocol.ts';
import { xmlDate } from '../query-protocol.ts';
import type { MfaDevice } from '../store/mfa-devices.ts';
import { takeCode } from '../sts/multi-factor.ts';
import { base32 } from './base32.ts';
import { deleteConflict, limitExceeded, nameOf, noSuchEntity, pathOf } from './constraints.ts';
import { requireEntity, USER } from './entity-kinds.ts';
import { ownUser } from './own-user.ts';
import { page } from './paging.ts';

/** Virtual second factors of users. */
export const MFA_DEVICE_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['CreateVirtualMFADevice', createDevice],
  ['EnableMFADevice', enableDevice],
  ['ListMFADevices', listDevices],
  ['DeactivateMFADevice', deactivateDevice],
  ['DeleteVirtualMFADevice', deleteDevice],
];

const MAXIMUM_DEVICES = 8;

/** The picture for a telephone's camera (`QRCodePNG`) is left out; the seed is what it holds. */
function createDevice({ parameters, principal, state, now }: ActionCall): Xml {
  const name = nameOf(parameters, 'VirtualMFADeviceName', 226);
  const serialNumber = `arn:${principal.partition}:iam::${principal.accountId}:mfa${pathOf(parameters)}${name}`;
  requireAccess(state, principal, { action: 'iam:CreateVirtualMFADevice', resource: serialNumber }, now);
  const { secret } = state.mfaDevices.create(serialNumber, principal.accountId);
  // The seed is base32, and on the wire of a blob base64 comes around it.
  const seed = Buffer.from(base32(secret)).toString('base64');
  return { VirtualMFADevice: { SerialNumber: serialNumber, Base32StringSeed: seed } };
}

function enableDevice(call: ActionCall): undefined {
  const user = requireEntity(call, USER, 'iam:EnableMFADevice');
  const { parameters, state, now } = call;
  const device = deviceOf(call);
  if (device.user !== undefined) throw new AwsError('EntityAlreadyExists', 409, 'MFA Device is already in use.');
  if (state.mfaDevices.of(user).length === MAXIMUM_DEVICES) throw limitExceeded('MFADevicesPerUser', MAXIMUM_DEVICES);
  const codes = [parameters.get('AuthenticationCode1') ?? '', parameters.get('AuthenticationCode2') ?? ''];
  // Two codes in a row, the second of the later time step: `takeCode` takes none that is not after the last.
  if (!codes.every((code) => takeCode(device, code, now))) {
    device.lastStep = 0;
    throw new AwsError('InvalidAuthenticationCode', 403, 'Authentication code for device is not valid.');
  }
  device.user = user;
  device.enabledAt = now;
}

function listDevices(call: ActionCall): Xml {
  const user = ownUser(call, 'iam:ListMFADevices');
  const { items, ...rest } = page(call.state.mfaDevices.of(user), call.parameters);
  const listed = items.map(({ serialNumber, enabledAt = 0 }) => ({
    UserName: user.name,
    SerialNumber: serialNumber,
    EnableDate: xmlDate(enabledAt),
  }));
  return { MFADevices: listed, ...rest };
}

function deactivateDevice(call: ActionCall): undefined {
  const user = ownUser(call, 'iam:DeactivateMFADevice');
  const device = deviceOf(call);
  if (device.user !== user) throw missing(serialNumberOf(call.parameters));
  device.user = undefined;
  device.enabledAt = undefined;
}

function deleteDevice(call: ActionCall): undefined {
  const { parameters, principal, state, now } = call;
  const resource = serialNumberOf(parameters);
  requireAccess(state, principal, { action: 'iam:DeleteVirtualMFADevice', resource }, now);
  const device = deviceOf(call);
  if (device.user !== undefined) throw deleteConflict('deactivate the MFA device');
  state.mfaDevices.delete(device);
}

function deviceOf({ parameters, principal, state }: ActionCall): MfaDevice {
  const serialNumber = serialNumberOf(parameters);
  const device = state.mfaDevices.bySerialNumber(serialNumber);
  if (device === undefined || (device.accountId !== principal.accountId && !principal.administrator)) {
    throw missing(serialNumber);
  }
  return device;
}

function serialNumberOf(parameters: Parameters): string {
  return parameters.get('SerialNumber') ?? '';
}

function missing(serialNumber: string): Error {
  return noSuchEntity(`MFA Device with serial number ${serialNumber} does not exist.`);
}
