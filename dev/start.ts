import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stack } from './stack.ts';
import { startStack } from './stack.ts';

/**
 * `npm start`: the whole product on this machine until Ctrl-C.
 *
 * Exit codes: 0 stopped by SIGINT or SIGTERM, 1 it did not start, or a part of it ended.
 */

const COMMAND = fileURLToPath(new URL('../dist/daypass.cjs', import.meta.url));

async function main(): Promise<number> {
  const interrupted = new AbortController();
  const asked = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        interrupted.abort();
        resolve();
      });
    }
  });
  let stack: Stack;
  try {
    stack = await startStack({ signal: interrupted.signal, progress: (line) => tell(`${line} …`) });
  } catch (error) {
    if (interrupted.signal.aborted) return 0;
    tell(error instanceof Error ? error.message : String(error));
    return 1;
  }
  process.stdout.write(banner(stack));
  try {
    await Promise.race([asked, stack.gateway.ended]);
    tell('stopping …');
    return 0;
  } catch (error) {
    tell(`${error instanceof Error ? error.message : String(error)}\n${stack.gateway.output().trim()}`);
    return 1;
  } finally {
    await stack.stop();
  }
}

function tell(line: string): void {
  process.stderr.write(`daypass: ${line}\n`);
}

function banner({ local, policy, dynamodb, ledger }: Stack): string {
  const command = `node ${relative(process.cwd(), COMMAND)}`;
  const role = policy.roles[0]?.id ?? 'ACCOUNT/ROLE';
  const users = local.users.join(', ');
  return `
Daypass is up. Ctrl-C stops it.

  broker      ${local.broker}
  sign-in     ${local.issuer}   (${users}; no passwords)
  AWS         ${local.aws}
  DynamoDB    ${local.dynamodb}   (process ${dynamodb.pid}: kill it, and no credentials leave)
  ledger      ${relative(process.cwd(), ledger.directory)}   (sealed every few seconds)

In another terminal, sign in and look around:

  export DAYPASS_URL=${local.broker}
  ${command} login
  ${command} roles

Use the stock aws command:

  export AWS_ENDPOINT_URL_STS=${local.aws}
  aws configure set credential_process "node ${COMMAND} credentials ${role}" --profile daypass
  aws sts get-caller-identity --profile daypass --region ${local.region}

Check the audit log with nothing but its files and its key:

  ${command} audit verify --from ${relative(process.cwd(), ledger.directory)} --key ${relative(process.cwd(), ledger.keyFile)}

Or call the API:

  TOKEN=$(npm run --silent dev:token -- ${local.users[0]})
  curl -H "Authorization: Bearer $TOKEN" ${local.broker}/v1/roles

`;
}

process.exitCode = await main();
