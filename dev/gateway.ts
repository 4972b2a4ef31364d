import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endOf, stopChild } from './child.ts';
import { ROOT } from './root.ts';

/** What `lib/config.ts` and the AWS SDK read. */
export interface GatewayEnvironment {
  readonly table: string;
  /** Compiled access policy. */
  readonly policyFile: string;
  readonly region: string;
  readonly stsUrl: string;
  readonly dynamoDbUrl: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
  /** Folder of the published ledger. */
  readonly ledgerDirectory: string;
  /** Requests per caller and minute; the deployment's default where absent. */
  readonly rateLimitPerMinute?: number;
}

export interface GatewayOptions {
  readonly port: number;
  readonly lambdaPort: number;
  readonly environment: GatewayEnvironment;
  /** Pass the gateway's and the functions' output on to stderr. Default: only when `DAYPASS_VERBOSE` is set. */
  readonly verbose?: boolean;
  readonly signal?: AbortSignal;
}

export interface Gateway {
  readonly url: string;
  /** Settles when the process has ended; rejects when nobody had asked it to. */
  readonly ended: Promise<void>;
  /** The last lines it wrote, for whoever has to explain why it failed. */
  output(): string;
  close(): Promise<void>;
}

const GUARD = fileURLToPath(new URL('child-guard.ts', import.meta.url));
const START_TIMEOUT_MILLISECONDS = 60_000;
const KEPT_OUTPUT_CHARACTERS = 8000;

/**
 * Starts the local API Gateway: `osls offline`, which takes routes and handlers from serverless.yml, in a process of
 * its own. Resolves once it answers.
 *
 * @throws Error with the process's last output when it does not come up within a minute
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { port, lambdaPort, signal } = options;
  const url = `http://127.0.0.1:${port}`;
  const verbose = options.verbose ?? Boolean(process.env['DAYPASS_VERBOSE']);
  const osls = createRequire(import.meta.url).resolve('osls/bin/serverless.js');
  const child = spawn(
    process.execPath,
    [
      '--import',
      GUARD,
      osls,
      'offline',
      '--httpPort',
      String(port),
      '--lambdaPort',
      String(lambdaPort),
      '--host',
      '127.0.0.1',
      '--noPrependStageInUrl',
      '--useInProcess',
      '--noSponsor',
      '--stage',
      'local',
      '--region',
      options.environment.region,
    ],
    {
      cwd: ROOT,
      env: childEnvironment(options.environment, url),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C goes to the whole process group; in its own the gateway ends when it is told to, not before.
      detached: true,
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
      if (verbose) process.stderr.write(text);
    });
  }
  let stopping = false;
  const ended = endOf(child, 'the local gateway', () => stopping);
  // Whoever is interested awaits it; for the others it must not become an unhandled rejection.
  ended.catch(() => undefined);
  const close = async (): Promise<void> => {
    stopping = true;
    await stopChild(child);
  };
  try {
    await Promise.race([
      untilReady(url, signal),
      ended.then(() => {
        throw new Error('it ended at once');
      }),
    ]);
  } catch (error) {
    await close();
    signal?.throwIfAborted();
    throw new Error(`the local gateway did not start:\n${output.trim()}`, { cause: error });
  }
  return { url, ended, output: () => output, close };
}

function childEnvironment({ credentials, ...environment }: GatewayEnvironment, url: string): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SYSTEMROOT'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    ...inherited,
    // Nothing of the developer's own AWS set-up may reach the functions.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: environment.region,
    AWS_DEFAULT_REGION: environment.region,
    AWS_ENDPOINT_URL_STS: environment.stsUrl,
    AWS_ENDPOINT_URL_SIGNIN: environment.stsUrl,
    AWS_ENDPOINT_URL_DYNAMODB: environment.dynamoDbUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    DAYPASS_TABLE: environment.table,
    DAYPASS_POLICY_FILE: environment.policyFile,
    DAYPASS_ORIGIN: url,
    DAYPASS_LEDGER_DIRECTORY: environment.ledgerDirectory,
    ...(environment.rateLimitPerMinute === undefined
      ? {}
      : { DAYPASS_RATE_LIMIT_PER_MINUTE: String(environment.rateLimitPerMinute) }),
    SLS_TELEMETRY_DISABLED: '1',
    SLS_NOTIFICATIONS_MODE: 'off',
  };
}

/** Any answer will do: what the broker says is for others to judge. */
async function untilReady(url: string, signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MILLISECONDS;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    try {
      const response = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(10_000) });
      await response.body?.cancel();
      return;
    } catch {
      await sleep(100);
    }
  }
  throw new Error(`no answer within ${START_TIMEOUT_MILLISECONDS / 1000} s`);
}
