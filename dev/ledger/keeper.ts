import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { keepLedger } from '../../lib/audit/ledger/keep.ts';
import { keySigner } from '../../lib/audit/ledger/key-signer.ts';
import { policyChanges } from '../../lib/audit/ledger/policy-changes.ts';
import { tableHead } from '../../lib/audit/ledger/table-head.ts';
import { tableRecords } from '../../lib/audit/ledger/table-records.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { formatVerificationKey } from '../../lib/audit/tree/note.ts';
import type { Fault } from '../../lib/fault.ts';
import { Table } from '../../lib/store/dynamodb.ts';
import { writePrivateFile } from '../private-file.ts';
import { directoryFiles } from './directory-files.ts';

export interface LocalLedgerOptions {
  /** Holds the folder `ledger`, and beside it `ledger.key` (the signing key, 0600) and `ledger.vkey`. */
  readonly directory: string;
  /** Begin anew: the table is new too. */
  readonly anew: boolean;
  readonly dynamoDbUrl: string;
  readonly tableName: string;
  /** Told when the ledger does not grow, once for each reason. */
  readonly onFault: (fault: Fault) => void;
}

export interface LocalLedger {
  /** What `daypass audit verify --from` takes. */
  readonly directory: string;
  /** The file of the verification key, for `--key`. */
  readonly keyFile: string;
  /** Seals what waits now. */
  keep(): Promise<void>;
  close(): Promise<void>;
}

export const LOCAL_ORIGIN = 'daypass-local';

const EVERY_MS = 3000;
const SETTLE_MS = 1000;
const GRACE_MS = 60_000;

/** The ledger's keeper of the local stack: the same sealer and reconciler, a folder for the bucket, a file for the key. */
export async function startLedger(options: LocalLedgerOptions): Promise<LocalLedger> {
  const directory = join(options.directory, 'ledger');
  const keyFile = join(options.directory, 'ledger.vkey');
  if (options.anew) await rm(directory, { recursive: true, force: true });
  const signer = keySigner(LOCAL_ORIGIN, await signingKey(join(options.directory, 'ledger.key')));
  await writePrivateFile(keyFile, `${formatVerificationKey(signer.key)}\n`);
  const client = new DynamoDBClient({
    endpoint: options.dynamoDbUrl,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const table = new Table(client, options.tableName);
  const told = new Set<string>();
  const clock = Date.now;
  const parts = {
    sealer: {
      records: tableRecords(table),
      heads: tableHead(table),
      files: directoryFiles(directory),
      signer,
      origin: LOCAL_ORIGIN,
      clock,
      settleMs: SETTLE_MS,
      batch: 500,
      noticePolicies: policyChanges({ table, auditLog: auditLog(table), observe: () => undefined, clock }),
    },
    reconciler: { table, auditLog: auditLog(table), observe: () => undefined, clock, graceMs: GRACE_MS },
    sealed: () => told.clear(),
    unsealed: (fault: Fault) => {
      if (!told.has(fault.code)) options.onFault(fault);
      told.add(fault.code);
    },
    clock,
  };

  const stop = new AbortController();
  const keep = async (): Promise<void> => {
    // Told by `unsealed`; the next run tries again.
    await keepLedger(parts, clock() + EVERY_MS).catch(() => undefined);
  };
  const running = (async () => {
    while (!stop.signal.aborted) {
      await keep();
      await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    directory,
    keyFile,
    keep,
    async close() {
      stop.abort();
      await running;
      client.destroy();
    },
  };
}

/** The signing key, kept so that the ledger of one start is continued by the next. */
async function signingKey(file: string): Promise<KeyObject> {
  try {
    return createPrivateKey(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`${file} does not hold the ledger's signing key`, { cause: error });
    }
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  await writePrivateFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  return privateKey;
}
