import { createInterface } from 'node:readline';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  fromContainerMetadata,
  fromHttp,
  fromIni,
  fromInstanceMetadata,
  fromLoginCredentials,
  fromNodeProviderChain,
  fromProcess,
  fromSSO,
  fromTokenFile,
} from '@aws-sdk/credential-providers';

/**
 * A program that uses the AWS SDK for JavaScript as it comes: `node caller.ts PROVIDER`. It asks AWS who it is, once at
 * the start and once more for each line of standard input, and prints each answer as a line of JSON. `environment` is
 * for what the environment holds.
 */
const providers = {
  fromContainerMetadata,
  fromHttp,
  fromIni,
  fromInstanceMetadata,
  fromLoginCredentials,
  fromNodeProviderChain,
  fromProcess,
  fromSSO,
  fromTokenFile,
};

const name = process.argv[2] as keyof typeof providers | 'environment';
const endpoint = process.env['STAND_IN'] ?? '';
const sts = new STSClient({ endpoint, ...(name !== 'environment' && { credentials: providers[name]() }) });

async function ask(): Promise<void> {
  try {
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
    const { accessKeyId, expiration } = await sts.config.credentials();
    process.stdout.write(`${JSON.stringify({ arn: Arn, accessKeyId, expiration })}\n`);
  } catch (error) {
    const { name: code, message, Code, Message } = error as Error & { Code?: string; Message?: string };
    process.stdout.write(`${JSON.stringify({ error: Code ?? code, message: Message ?? message })}\n`);
    process.exitCode = 1;
  }
}

await ask();
for await (const _ of createInterface({ input: process.stdin })) await ask();
