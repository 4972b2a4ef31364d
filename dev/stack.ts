import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { compilePolicy } from '../lib/access/compile.ts';
import { formatDiagnostic } from '../lib/access/diagnostic.ts';
import type { AccessPolicy } from '../lib/access/policy.ts';
import { brokerTrustPolicy } from './aws/residents.ts';
import { givePermissions } from './aws/role-permissions.ts';
import { seedWorldBuckets } from './aws/s3/world-buckets.ts';
import type { AwsStandIn } from './aws/server.ts';
import { startAws } from './aws/server.ts';
import { seedWorld } from './aws/world.ts';
import { buildCode } from './build.ts';
import type { DynamoDbProcess } from './dynamodb-process.ts';
import { startDynamoDbProcess } from './dynamodb-process.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './gateway.ts';
import { DEMO_ACCOUNTS } from './idp/accounts.ts';
import type { IdentityProvider } from './idp/server.ts';
import { CLI_CLIENT_ID, portalClient, startIdp } from './idp/server.ts';
import { type LocalLedger, startLedger } from './ledger/keeper.ts';
import type { LocalStack } from './local-file.ts';
import { DATA_DIRECTORY, removeLocalStack, writeLocalStack } from './local-file.ts';
import { freePorts, portsFromEnvironment } from './ports.ts';
import { ROOT } from './root.ts';
import { readTableDefinition } from './table-definition.ts';

export interface StackOptions {
  /** `free`: any ports, for tests. Default: five from `DAYPASS_PORT`, 4100. */
  readonly ports?: 'free' | undefined;
  /** Where data and `local.json` go. Default `.daypass`. */
  readonly directory?: string;
  /** Keep nothing of keys and tables on disk. Default false. */
  readonly inMemory?: boolean;
  /** An access policy's YAML file. Default `DAYPASS_ACCESS_POLICY`, else `dev/access.yml`. */
  readonly accessPolicy?: string;
  /** Build `dist/` first; false where it is known to be there. Default true. */
  readonly build?: boolean;
  /** Default `eu-central-1`. */
  readonly region?: string;
  /** Further clients of the identity provider, as OpenID Connect client metadata. */
  readonly clients?: readonly object[];
  readonly rateLimitPerMinute?: number;
  readonly signal?: AbortSignal;
  /** Told what is being done, one line at a time. */
  readonly progress?: (line: string) => void;
}

export interface Stack {
  /** As in `.daypass/local.json`. */
  readonly local: LocalStack;
  readonly policy: AccessPolicy;
  readonly idp: IdentityProvider;
  readonly aws: AwsStandIn;
  readonly dynamodb: DynamoDbProcess;
  readonly gateway: Gateway;
  readonly ledger: LocalLedger;
  /** Stops everything and removes `local.json`. */
  stop(): Promise<void>;
}

const DEFAULT_REGION = 'eu-central-1';
const TABLE_NAME = 'daypass-local';

/**
 * Brings up the whole product on loopback: identity provider, AWS stand-in, DynamoDB, and the functions behind the
 * local gateway. When one of them fails, those already up are stopped again.
 *
 * @throws PortTakenError, Error when the access policy has errors or a part does not start
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { signal, progress = () => undefined, region = DEFAULT_REGION } = options;
  const directory = resolve(options.directory ?? DATA_DIRECTORY);
  const kept = (name: string): { directory?: string } => (options.inMemory ? {} : { directory: join(directory, name) });
  const ports = options.ports === 'free' ? await freePorts() : await portsFromEnvironment(process.env);
  await mkdir(directory, { recursive: true, mode: 0o700 });

  const started: { close(): Promise<void> }[] = [];
  // Another stack's file is not ours to remove: this one may have failed because that one is running.
  let announced = false;
  const stop = async (): Promise<void> => {
    if (announced) await removeLocalStack(directory);
    for (const part of started.splice(0).reverse()) await part.close();
  };
  const track = async <Part extends { close(): Promise<void> }>(starting: Promise<Part>): Promise<Part> => {
    const part = await starting;
    started.push(part);
    signal?.throwIfAborted();
    return part;
  };

  try {
    progress('starting the identity provider, AWS and DynamoDB');
    const definition = await readTableDefinition(join(ROOT, 'serverless.yml'), 'SessionsTable');
    const origin = `http://127.0.0.1:${ports.broker}`;
    const clients = [portalClient(origin, 'local'), ...(options.clients ?? [])];
    const idp = await track(startIdp({ port: ports.idp, ...kept('idp'), clients }));
    const cloudTrail = options.inMemory ? {} : { cloudTrailDirectory: join(directory, 'cloudtrail') };
    const aws = await track(startAws({ port: ports.aws, ...cloudTrail }));
    const dynamodb = await track(
      startDynamoDbProcess({ port: ports.dynamodb, ...kept('dynamodb'), tableName: TABLE_NAME, definition }),
    );

    progress('compiling the access policy');
    const policy = await compileFor(accessPolicyFile(options), idp.issuer);
    createMissingRoles(aws, policy);
    seedWorldBuckets(aws.state, region, Date.now());
    const policyFile = join(directory, 'access.json');
    await writeFile(policyFile, `${JSON.stringify(policy)}\n`);
    if (options.build ?? true) {
      progress('building the functions and the command');
      await buildCode();
    }

    progress('starting the gateway');
    const gateway = await track(
      startGateway({
        port: ports.broker,
        lambdaPort: ports.lambda,
        ...(signal === undefined ? {} : { signal }),
        environment: {
          table: TABLE_NAME,
          policyFile,
          region,
          stsUrl: aws.url,
          dynamoDbUrl: dynamodb.url,
          ledgerDirectory: join(directory, 'ledger'),
          credentials: aws.brokerCredentials(),
          ...(options.rateLimitPerMinute === undefined ? {} : { rateLimitPerMinute: options.rateLimitPerMinute }),
        },
      }),
    );
    const ledger = await track(
      startLedger({
        directory,
        anew: options.inMemory ?? false,
        dynamoDbUrl: dynamodb.url,
        tableName: TABLE_NAME,
        onFault: ({ code, detail }) => progress(`the ledger does not grow: ${detail} (${code})`),
      }),
    );
    const local: LocalStack = {
      broker: gateway.url,
      issuer: idp.issuer,
      clientId: CLI_CLIENT_ID,
      aws: aws.url,
      dynamodb: dynamodb.url,
      region,
      users: DEMO_ACCOUNTS.map(({ name }) => name),
      operator: aws.operator,
    };
    await writeLocalStack(local, directory);
    announced = true;
    return { local, policy, idp, aws, dynamodb, gateway, ledger, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function accessPolicyFile(options: StackOptions): string {
  if (options.accessPolicy !== undefined) return resolve(options.accessPolicy);
  const named = process.env['DAYPASS_ACCESS_POLICY'];
  // npm changes to the package's directory; the path was typed in another, which it keeps in INIT_CWD.
  return named ? resolve(process.env['INIT_CWD'] ?? '', named) : join(ROOT, 'dev', 'access.yml');
}

/** The policy, compiled, with the local identity provider's real address in the place of its default one. */
async function compileFor(original: string, issuer: string): Promise<AccessPolicy> {
  const written = await readFile(original, 'utf8');
  const source = written.replaceAll(/http:\/\/127\.0\.0\.1:4101(?!\d)/g, () => issuer);
  const { policy, diagnostics } = compilePolicy(source, relative(process.cwd(), original));
  if (policy === undefined) {
    throw new Error(`the access policy has errors\n${diagnostics.map(formatDiagnostic).join('\n')}`);
  }
  return policy;
}

/**
 * What administrators would have done beforehand: an organization of the accounts, and in them each role of the access
 * policy, with permissions, trusting the broker.
 */
function createMissingRoles(aws: AwsStandIn, policy: AccessPolicy): void {
  for (const role of policy.roles) {
    if (aws.state.roles.byArn(role.arn) !== undefined) continue;
    const created = aws.createRole({
      arn: role.arn,
      trustPolicy: brokerTrustPolicy(role.externalId),
      // IAM takes no less than an hour here; a shorter session is asked for call by call.
      maxSessionDuration: Math.max(3600, role.maxDurationSeconds),
      description: role.description ?? '',
    });
    givePermissions(created);
  }
  seedWorld(
    aws.state,
    policy.roles.map(({ accountId }) => accountId),
    Date.now(),
  );
}
