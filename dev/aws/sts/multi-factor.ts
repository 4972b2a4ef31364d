import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AwsState } from '../actions.ts';
import { actorOf } from '../authorization/principal-policies.ts';
import type { Principal } from '../credentials.ts';
import { AwsError, validationError } from '../error.ts';
import type { Parameters } from '../query-protocol.ts';
import type { MfaDevice } from '../store/mfa-devices.ts';

/** `SerialNumber` and `TokenCode` of a call. */
export interface SecondFactor {
  readonly serialNumber: string;
  readonly tokenCode: string;
}

const SERIAL_NUMBER = /^[\w+=/:,.@-]{9,256}$/;
const TOKEN_CODE = /^\d{6}$/;

/** @throws AwsError ValidationError */
export function readSecondFactor(parameters: Parameters): SecondFactor | undefined {
  const serialNumber = parameters.get('SerialNumber');
  const tokenCode = parameters.get('TokenCode');
  if (serialNumber === undefined && tokenCode === undefined) return undefined;
  const problems: string[] = [];
  if (serialNumber === undefined || !SERIAL_NUMBER.test(serialNumber)) {
    problems.push(
      `Value '${serialNumber ?? 'null'}' at 'serialNumber' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=/:,.@-]*`,
    );
  }
  if (tokenCode === undefined || !TOKEN_CODE.test(tokenCode)) {
    problems.push(
      "Value at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]*",
    );
  }
  if (serialNumber === undefined || tokenCode === undefined || problems.length > 0) throw validationError(problems);
  return { serialNumber, tokenCode };
}

/**
 * The caller, with the second factor that it shows in this call. A code is taken once.
 *
 * @param now epoch milliseconds
 * @throws AwsError AccessDenied when it is not one of the user's own devices, or not its code
 */
export function shownSecondFactor(
  state: AwsState,
  principal: Principal,
  factor: SecondFactor | undefined,
  now: number,
): Principal {
  if (factor === undefined) return principal;
  const user = actorOf(state, principal) === undefined ? undefined : state.users.byArn(principal.arn);
  const device = state.mfaDevices.bySerialNumber(factor.serialNumber);
  if (user === undefined || device?.user !== user || !takeCode(device, factor.tokenCode, now)) {
    const message = 'MultiFactorAuthentication failed with invalid MFA one time pass code.';
    throw new AwsError('AccessDenied', 403, message);
  }
  // The keys about it are of temporary credentials; for this one call they are as if the user had some.
  return { ...principal, mfaAt: now, issuedAt: principal.issuedAt ?? now };
}

const STEP_MILLISECONDS = 30_000;

/** Whether it is the device's code of about now: one step back and one ahead, for clocks that differ. */
export function takeCode(device: MfaDevice, code: string, now: number): boolean {
  const current = Math.floor(now / STEP_MILLISECONDS);
  const step = [current - 1, current, current + 1].find(
    (candidate) =>
      candidate > device.lastStep && isSame(oneTimeCode(device.secret, candidate * STEP_MILLISECONDS), code),
  );
  if (step === undefined) return false;
  device.lastStep = step;
  return true;
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * The six digits that a device shows at a time (epoch milliseconds): RFC 6238 with SHA-1 and steps of 30 seconds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6238
 */
export function oneTimeCode(secret: Buffer, at: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MILLISECONDS)));
  const digest = createHmac('sha1', secret).update(counter).digest();
  // RFC 4226 section 5.3: the last four bits say where to read 31 bits.
  const offset = digest.readUInt8(digest.length - 1) & 0xf;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, '0');
}
