import { randomBytes } from 'node:crypto';
import { AwsError } from '../error.ts';
import type { User } from './users.ts';

/** A virtual device: it shows one-time codes made from a secret that AWS knows too. */
export interface MfaDevice {
  /** `arn:aws:iam::111122223333:mfa/name`. */
  readonly serialNumber: string;
  readonly accountId: string;
  readonly secret: Buffer;
  /** Whose second factor it is; undefined until it is enabled. */
  user: User | undefined;
  /** Epoch milliseconds. */
  enabledAt: number | undefined;
  /** The time step of the last code that was taken: none is taken twice. */
  lastStep: number;
}

const SECRET_BYTES = 40;

/** The virtual devices of all accounts, by serial number. */
export class MfaDeviceStore {
  readonly #devices = new Map<string, MfaDevice>();

  /** @throws AwsError EntityAlreadyExists */
  create(serialNumber: string, accountId: string): MfaDevice {
    if (this.#devices.has(serialNumber)) {
      throw new AwsError('EntityAlreadyExists', 409, 'MFADevice entity at the same path and name already exists.');
    }
    const secret = randomBytes(SECRET_BYTES);
    const device = { serialNumber, accountId, secret, user: undefined, enabledAt: undefined, lastStep: 0 };
    this.#devices.set(serialNumber, device);
    return device;
  }

  bySerialNumber(serialNumber: string): MfaDevice | undefined {
    return this.#devices.get(serialNumber);
  }

  of(user: User): MfaDevice[] {
    return [...this.#devices.values()].filter((device) => device.user === user);
  }

  delete({ serialNumber }: MfaDevice): void {
    this.#devices.delete(serialNumber);
  }
}
