import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundleCli } from '../dev/bundle-cli.ts';
import type { ClientConfiguration, CredentialsAnswer } from '../lib/http/contract.ts';
import { VERSION } from '../lib/version.ts';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { identityProvider } from './identity-provider.ts';

const PAIRS = 41;

/**
 * `daypass credential-process` with its answer in the cache, the whole process, ÷ `node -e 0`: what every start
 * of `aws`, Terraform or an SDK waits for.
 */
export async function cachedCommand(directory: string): Promise<Figure[]> {
  await bundleCli(directory);
  const broker = await startBroker();
  const home = path.join(directory, 'home');
  mkdirSync(home, { mode: 0o700 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    DAYPASS_HOME: path.join(home, 'daypass'),
    DAYPASS_URL: broker.url,
    DAYPASS_TOKEN: identityProvider().token('dev'),
  };
  const command = [path.join(directory, 'daypass.cjs'), 'credential-process', 'prod/ReadOnly'];
  try {
    // Fills the cache; from here on the broker is not asked.
    await promisify(execFile)(process.execPath, command, { env });
  } finally {
    broker.close();
  }
  const time = (args: readonly string[], expected: string) => () => {
    const start = process.hrtime.bigint();
    const { status, stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    const taken = Number(process.hrtime.bigint() - start);
    if (status !== 0 || !stdout.includes(expected)) throw new Error(`${args.join(' ')} did not answer`);
    return taken;
  };
  const ratio = await pairedRatio(PAIRS, time(command, '"AccessKeyId"'), time(['-e', '0'], ''));
  return [figure('cached credential-process ÷ node -e 0', ratio, '×', 1.3)];
}

/** A broker of two answers: how it is used, and one session. */
async function startBroker(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.method === 'GET' ? DESCRIPTION : session()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const DESCRIPTION: ClientConfiguration = {
  version: VERSION,
  issuers: [],
  endpoints: {
    credentials: '/v1/credentials',
    console: '/v1/console',
    roles: '/v1/roles',
    whoami: '/v1/whoami',
    explain: '/v1/explain',
    audit: '/v1/audit',
    proof: '/v1/audit/proof',
  },
};

function session(): CredentialsAnswer {
  return {
    Version: 1,
    AccessKeyId: 'ASIAEXAMPLEEXAMPLE12',
    SecretAccessKey: 's'.repeat(40),
    SessionToken: 't'.repeat(400),
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    AccountId: '111122223333',
    SessionId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
    SourceIdentity: 'dev@example.com',
    DurationSeconds: 3600,
    Notices: [],
  };
}
