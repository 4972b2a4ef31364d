import { judgeProviderUrl } from './http/provider-url.ts';
import { isLoopback } from './loopback.ts';

/** What a function is told by its environment. serverless.yml sets it; nothing else reads `process.env`. */
export interface Config {
  /** The one DynamoDB table. */
  readonly table: string;
  /** The compiled access policy, beside the bundles in the package. */
  readonly policyFile: string;
  readonly region: string;
  /** Instead of AWS's regional STS endpoints, as in the local stack. */
  readonly stsEndpoint: string | undefined;
  /** Instead of AWS's sign-in endpoints for the console, as in the local stack. */
  readonly signInEndpoint: string | undefined;
  /** Requests per caller and minute. */
  readonly rateLimitPerMinute: number;
  /** Minutes that a record may wait for the ledger before nothing more is issued; undefined: for ever. */
  readonly maxSealLagMinutes: number | undefined;
}

/**
 * @throws Error that names the variable: a function with a wrong environment does not start
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const rate = Number(environment['DAYPASS_RATE_LIMIT_PER_MINUTE'] ?? '60');
  if (!Number.isInteger(rate) || rate < 1 || rate > 100_000) {
    throw new Error('DAYPASS_RATE_LIMIT_PER_MINUTE must be a whole number from 1 to 100000');
  }
  return {
    table: required(environment, 'DAYPASS_TABLE'),
    policyFile: policyFileOf(environment),
    region: required(environment, 'AWS_REGION'),
    stsEndpoint: endpointOf(environment, 'AWS_ENDPOINT_URL_STS'),
    signInEndpoint: endpointOf(environment, 'AWS_ENDPOINT_URL_SIGNIN'),
    rateLimitPerMinute: rate,
    maxSealLagMinutes: sealLagOf(environment['DAYPASS_MAX_SEAL_LAG_MINUTES']),
  };
}

/**
 * Less would close the broker in an ordinary minute: the record of a session that was left open is written a quarter of
 * an hour after it began, and taken to be as old as it (`audit/ledger/seal-lag.ts`).
 */
const LEAST_SEAL_LAG = 30;

function sealLagOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const minutes = Number(text);
  if (Number.isInteger(minutes) && minutes >= LEAST_SEAL_LAG && minutes <= 10_080) return minutes;
  throw new Error(`DAYPASS_MAX_SEAL_LAG_MINUTES must be empty or a whole number from ${LEAST_SEAL_LAG} to 10080`);
}

/** @throws Error when it is not set */
export function policyFileOf(environment: Readonly<Record<string, string | undefined>>): string {
  return required(environment, 'DAYPASS_POLICY_FILE');
}

/** Where browsers reach the broker: scheme, host and port, no path. */
export interface OriginConfig {
  readonly origin: string;
}

/**
 * The broker's own address is a setting, never what a request says in its Host header.
 *
 * @throws Error that names the variable: a function with a wrong environment does not start
 */
export function readOriginConfig(environment: Readonly<Record<string, string | undefined>>): OriginConfig {
  return { origin: originOf(environment, 'DAYPASS_ORIGIN') };
}

/** An endpoint is given credentials or gives them: nobody else may read along. */
function endpointOf(environment: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return environment[name] ? originOf(environment, name) : undefined;
}

function originOf(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const origin = required(environment, name);
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  const isProtected = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (url?.origin === origin && isProtected) return origin;
  throw new Error(`${name} must be https://HOST, or http:// on loopback, without a path or a slash at its end`);
}

/** Where the published ledger is read from: a bucket, or in the local stack a folder. */
export type LedgerPlace = { readonly bucket: string } | { readonly directory: string };

/**
 * @throws Error that names the variable: a function with a wrong environment does not start
 */
export function readLedgerPlace(environment: Readonly<Record<string, string | undefined>>): LedgerPlace {
  const directory = environment['DAYPASS_LEDGER_DIRECTORY'];
  return directory ? { directory } : { bucket: required(environment, 'DAYPASS_LEDGER_BUCKET') };
}

/** What the exporting function is told. */
export interface ExportConfig {
  readonly table: string;
  readonly region: string;
  readonly bucket: string;
  /** Before every object's key; empty or ending in `/`. */
  readonly prefix: string;
  readonly format: 'jsonl' | 'ocsf';
}

/**
 * @throws Error that names the variable: a function with a wrong environment does not start
 */
export function readExportConfig(environment: Readonly<Record<string, string | undefined>>): ExportConfig {
  const format = environment['DAYPASS_EXPORT_FORMAT'] || 'jsonl';
  if (format !== 'jsonl' && format !== 'ocsf') throw new Error('DAYPASS_EXPORT_FORMAT must be jsonl or ocsf');
  const prefix = environment['DAYPASS_EXPORT_PREFIX'] ?? '';
  if (prefix !== '' && !/^[\w.=-]+(\/[\w.=-]+)*\/$/.test(prefix)) {
    throw new Error('DAYPASS_EXPORT_PREFIX must be empty or names that each end in /');
  }
  return {
    table: required(environment, 'DAYPASS_TABLE'),
    region: required(environment, 'AWS_REGION'),
    bucket: required(environment, 'DAYPASS_EXPORT_BUCKET'),
    prefix,
    format,
  };
}

function required(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** What the sealing function is told. */
export interface LedgerConfig {
  readonly table: string;
  readonly region: string;
  /** The bucket of the published ledger. */
  readonly bucket: string;
  /** ARN or id of the KMS key that signs checkpoints. */
  readonly keyId: string;
  /** The log's name: the first line of every checkpoint, and part of the key's id. Never changed once used. */
  readonly origin: string;
  /** Witnesses that are asked for cosignatures: verification key and address, as text. */
  readonly witnesses: readonly { readonly key: string; readonly url: string }[];
  /** How many of them must cosign before a checkpoint is published. */
  readonly requiredWitnesses: number;
}

/**
 * @throws Error that names the variable: a function with a wrong environment does not start
 */
export function readLedgerConfig(environment: Readonly<Record<string, string | undefined>>): LedgerConfig {
  return {
    table: required(environment, 'DAYPASS_TABLE'),
    region: required(environment, 'AWS_REGION'),
    bucket: required(environment, 'DAYPASS_LEDGER_BUCKET'),
    keyId: required(environment, 'DAYPASS_LEDGER_KEY_ID'),
    origin: required(environment, 'DAYPASS_LEDGER_ORIGIN'),
    ...readWitnesses(environment['DAYPASS_WITNESSES'] ?? '', environment['DAYPASS_REQUIRED_WITNESSES'] || '0'),
  };
}

/** `KEY URL, KEY URL`: keys and addresses hold neither spaces nor commas. */
function readWitnesses(text: string, number: string): Pick<LedgerConfig, 'witnesses' | 'requiredWitnesses'> {
  const witnesses = text.split(',').flatMap((entry) => {
    const [key, url, ...more] = entry.trim().split(/\s+/);
    if (!key) return [];
    const verdict = url === undefined ? undefined : judgeProviderUrl(url);
    if (url === undefined || more.length > 0 || !verdict?.ok || url.includes('?')) {
      throw new Error('DAYPASS_WITNESSES must be “verification-key https://address”, several with commas between them');
    }
    return [{ key, url: url.replace(/\/$/, '') }];
  });
  const requiredWitnesses = Number(number);
  if (!Number.isInteger(requiredWitnesses) || requiredWitnesses < 0 || requiredWitnesses > witnesses.length) {
    throw new Error(`DAYPASS_REQUIRED_WITNESSES must be a whole number from 0 to ${witnesses.length}`);
  }
  return { witnesses, requiredWitnesses };
}
