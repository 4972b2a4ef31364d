import { Readable } from 'node:stream';

/** One request that the AWS SDK sent, signed, as it would have left. */
export interface AwsCall {
  readonly service: 'sts' | 'dynamodb';
  /** `AssumeRole`, `PutItem` … */
  readonly action: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AwsAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface InProcessAws {
  /** What the SDK sent, in order, attempts included. */
  readonly calls: AwsCall[];
  /** What the table holds, by `pk` and `sk`. */
  readonly items: Map<string, DynamoDbItem>;
  /** Answers, or throws as a transport would, instead of the usual; undefined leaves the call to the usual. */
  intercept: (call: AwsCall) => AwsAnswer | Promise<AwsAnswer> | undefined;
  /** For `Outside.requestHandler`. */
  readonly requestHandler: never;
}

export type DynamoDbItem = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

interface HttpRequest {
  readonly hostname: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface InProcessAwsOptions {
  /** Epoch milliseconds, by which STS says when a session expires. */
  readonly clock: () => number;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** A DynamoDB on the real wire, instead of the table in memory. */
  readonly dynamoDbUrl?: string;
}

/**
 * AWS without a network, behind the SDK's own request handler: everything the SDK does is real, down to the
 * bytes it sends. A table in memory that keeps its conditions, and an STS that grants whatever is asked.
 */
export function inProcessAws(options: InProcessAwsOptions): InProcessAws {
  const aws: InProcessAws = {
    calls: [],
    items: new Map(),
    intercept: () => undefined,
    requestHandler: { metadata: { handlerProtocol: 'http/1.1' }, handle, ...UNCONFIGURED } as never,
  };

  async function handle(request: HttpRequest, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) {
    const call = readCall(request);
    aws.calls.push(call);
    const answered = (async () => (await aws.intercept(call)) ?? usual(call))();
    const { status, type, body } = await Promise.race([answered, abortOf(abortSignal)]);
    return {
      response: {
        statusCode: status,
        headers: { 'content-type': type, 'x-amzn-requestid': `request-${aws.calls.length}` },
        body: Readable.from([Buffer.from(body)]),
      },
    };
  }

  async function usual(call: AwsCall): Promise<AwsAnswer> {
    if (call.service === 'sts') return assumedRole(call, options);
    return options.dynamoDbUrl ? forward(call, options.dynamoDbUrl) : dynamoDb(call, aws.items);
  }

  return aws;
}

/** What the SDK's own handler does with a signal; a call that ends before it leaves nothing behind. */
function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
    signal?.addEventListener('abort', abort, { once: true });
  });
}

const UNCONFIGURED = { updateHttpClientConfig: () => undefined, httpHandlerConfigs: () => ({}) };

function readCall({ hostname, headers, body }: HttpRequest): AwsCall {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array);
  if (hostname.startsWith('sts.')) {
    return { service: 'sts', action: new URLSearchParams(text).get('Action') ?? '', headers, body: text };
  }
  if (!hostname.includes('dynamodb.')) throw new Error(`nothing is expected to be asked of ${hostname}`);
  return { service: 'dynamodb', action: headers['x-amz-target']?.split('.')[1] ?? '', headers, body: text };
}

/** What STS answers, some of it as a test wants it. */
export function assumedRole(
  call: AwsCall,
  options: Pick<InProcessAwsOptions, 'clock' | 'secretAccessKey' | 'sessionToken'> & {
    readonly session?: string;
    readonly lifetimeSeconds?: number;
    readonly accessKeyId?: string;
  },
): AwsAnswer {
  const form = new URLSearchParams(call.body);
  const [, , , , account, role = ''] = (form.get('RoleArn') ?? '').split(':');
  const session = options.session ?? form.get('RoleSessionName');
  const lifetime = options.lifetimeSeconds ?? Number(form.get('DurationSeconds'));
  const xml = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
    <AssumedRoleUser>
      <AssumedRoleId>AROAEXAMPLEEXAMPLE12:${session}</AssumedRoleId>
      <Arn>arn:aws:sts::${account}:assumed-role/${role.split('/').at(-1)}/${session}</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>${options.accessKeyId ?? 'ASIAEXAMPLEEXAMPLE12'}</AccessKeyId>
      <SecretAccessKey>${options.secretAccessKey ?? 's'.repeat(40)}</SecretAccessKey>
      <SessionToken>${options.sessionToken ?? 't'.repeat(400)}</SessionToken>
      <Expiration>${new Date(options.clock() + lifetime * 1000).toISOString()}</Expiration>
    </Credentials>
  </AssumeRoleResult><ResponseMetadata><RequestId>sts-request</RequestId></ResponseMetadata></AssumeRoleResponse>`;
  return { status: 200, type: 'text/xml', body: xml };
}

/** A refusal as STS writes it. */
export function stsError(code: string, message: string, status = 400): AwsAnswer {
  return {
    status,
    type: 'text/xml',
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>sts-request</RequestId></ErrorResponse>`,
  };
}

const AMZ_JSON = 'application/x-amz-json-1.0';

/** A refusal as DynamoDB writes it. */
export function dynamoDbError(name: string, message: string, status = 400): AwsAnswer {
  const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message });
  return { status, type: AMZ_JSON, body };
}

interface Operation {
  readonly Item?: DynamoDbItem;
  readonly Key?: DynamoDbItem;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeValues?: DynamoDbItem;
}

/** As much of DynamoDB as one request of the broker needs, each operation one step. */
function dynamoDb(call: AwsCall, items: Map<string, DynamoDbItem>): AwsAnswer {
  const operation = JSON.parse(call.body) as Operation;
  const key = JSON.stringify([(operation.Item ?? operation.Key)?.['pk'], (operation.Item ?? operation.Key)?.['sk']]);
  const found = items.get(key);
  const conditionFailed = () => dynamoDbError('ConditionalCheckFailedException', 'The conditional request failed');
  switch (call.action) {
    case 'PutItem':
      if (operation.ConditionExpression !== 'attribute_not_exists(pk)') return unexpected(call);
      if (found) return conditionFailed();
      items.set(key, operation.Item ?? {});
      return ok({});
    case 'GetItem':
      return ok(found ? { Item: found } : {});
    case 'UpdateItem': {
      if (operation.ConditionExpression !== 'attribute_not_exists(used) OR used <= :room') return unexpected(call);
      const value = (name: string) => Number(operation.ExpressionAttributeValues?.[name]?.N);
      const used = Number(found?.['used']?.N ?? 0);
      if (found && used > value(':room')) return conditionFailed();
      items.set(key, { ...operation.Key, used: { N: String(used + value(':amount')) } });
      return ok({});
    }
    default:
      return unexpected(call);
  }
}

function ok(body: object): AwsAnswer {
  return { status: 200, type: AMZ_JSON, body: JSON.stringify(body) };
}

function unexpected(call: AwsCall): AwsAnswer {
  return dynamoDbError('ValidationException', `${call.action} is not expected here`);
}

async function forward(call: AwsCall, url: string): Promise<AwsAnswer> {
  const { host: _, 'content-length': __, ...headers } = call.headers;
  const response = await fetch(url, { method: 'POST', headers, body: call.body });
  return { status: response.status, type: AMZ_JSON, body: await response.text() };
}
