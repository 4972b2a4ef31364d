import { WINDOW_OPTIONS, windowOf } from '../audit/window.ts';
import { BROKER_OPTIONS, type Command, type Input } from '../command.ts';
import { contextOf } from '../context.ts';
import { parseDuration } from '../duration.ts';
import { Failure } from '../failure.ts';

export const auditReconcile: Command = {
  name: 'audit reconcile',
  summary: 'compare the audit records with CloudTrail, both ways',
  usage: '--cloudtrail DIR [--since TIME] [--until TIME] [--from FILE|DIR] [--json]',
  description: [
    'Every session that was issued must have its AssumeRole event, and every AssumeRole of the broker its record.',
    'DIR holds CloudTrail’s log files, gzip or plain, as the trail’s bucket has them. The records come from the broker',
    '(the last 24 hours unless told otherwise) or, with --from, from JSON Lines. Sessions of which nobody knew whether',
    'credentials were issued are settled. Events that CloudTrail may still deliver are not missed. The broker’s role is',
    'learned from the sessions that match, unless it is named. Exit code 1 on any finding, also on a file that cannot',
    'be read.',
  ],
  options: {
    ...BROKER_OPTIONS,
    cloudtrail: { value: 'DIR', help: 'the folder with CloudTrail’s log files' },
    ...WINDOW_OPTIONS,
    from: { value: 'FILE|DIR', help: 'read records from files instead of the broker' },
    'broker-role': { value: 'ARN', help: 'the broker’s role, ARN or unique id (AROA…); several with commas' },
    delay: { value: 'TIME', help: 'how long CloudTrail may take to deliver (default: 15m)' },
    json: { help: 'print the findings as JSON' },
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const now = Date.now();
    const cloudTrail = input.text('cloudtrail');
    if (cloudTrail === undefined) throw new Failure('usage', 'which log files? --cloudtrail DIR is missing');
    const settings = { cloudTrail, window: windowOf(input, now), delayMs: delayOf(input), brokerRoles: rolesOf(input) };
    const { runReconcile } = await import('../audit/run-reconcile.ts');
    const context = () => contextOf(input);
    return runReconcile({ ...settings, from: input.text('from'), json: input.isSet('json'), context, now });
  },
};

/** Milliseconds. */
function delayOf(input: Input): number {
  const text = input.text('delay') ?? '15m';
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds * 1000;
  throw new Failure('usage', `--delay ${text} is no length of time`, { hint: 'such as 15m or 1h' });
}

function rolesOf(input: Input): string[] | undefined {
  const roles = input.text('broker-role')?.split(',');
  const wrong = roles?.find(
    (role) => !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$|^AROA[A-Z0-9]{12,}$/.test(role),
  );
  if (wrong === undefined) return roles;
  throw new Failure('usage', `--broker-role ${wrong} is neither a role’s ARN nor its unique id`, {
    hint: 'the stack’s output BrokerRoleArn names it',
  });
}
