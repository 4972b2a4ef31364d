import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Operator } from './aws/residents.ts';
import { writePrivateFile } from './private-file.ts';

/** `.daypass/local.json`: where the running stack is. There only while it runs, readable by its owner only. */
export interface LocalStack {
  readonly broker: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly aws: string;
  readonly dynamodb: string;
  readonly region: string;
  /** Names of the demo accounts. */
  readonly users: readonly string[];
  readonly operator: Operator;
}

/** Relative to the working directory. */
export const DATA_DIRECTORY = '.daypass';

function fileIn(directory: string): string {
  return resolve(directory, 'local.json');
}

export async function writeLocalStack(stack: LocalStack, directory = DATA_DIRECTORY): Promise<void> {
  await writePrivateFile(fileIn(directory), `${JSON.stringify(stack, null, 2)}\n`);
}

/** @throws Error that says how to start the stack */
export async function readLocalStack(directory = DATA_DIRECTORY): Promise<LocalStack> {
  try {
    return JSON.parse(await readFile(fileIn(directory), 'utf8')) as LocalStack;
  } catch (error) {
    throw new Error(`no running stack in ${directory}/local.json\nhint: start one with npm start`, { cause: error });
  }
}

export async function removeLocalStack(directory = DATA_DIRECTORY): Promise<void> {
  await rm(fileIn(directory), { force: true });
}
