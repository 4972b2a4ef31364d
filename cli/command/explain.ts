import { isIP } from 'node:net';
import { explanationLines } from '../../lib/access/explain-words.ts';
import type { Explanation } from '../../lib/access/explanation.ts';
import type { JsonObject } from '../../lib/json.ts';
import { durationArgument, roleArgument } from '../arguments.ts';
import { BrokerClient } from '../broker/api.ts';
import { optionHint } from '../broker/problem.ts';
import { BROKER_OPTIONS, type Command, type Input, OPERATOR_OPTIONS, POLICY_OPTIONS } from '../command.ts';
import { type Context, givenToken, type ReadyToken, readyToken, signInContextOf } from '../context.ts';
import { actLines, type WantedAct, wantedActs } from '../explain/acts.ts';
import { explainLocally } from '../explain/local.ts';
import { EXIT, Failure } from '../failure.ts';
import { hint, say, withProgress, writeOut } from '../output.ts';
import { readClaims } from '../policy/claims-file.ts';
import { actionDoubt } from '../policy/known-action.ts';
import { policyOf } from '../policy/policy-file.ts';
import { claimsOf } from '../policy/suppose.ts';
import { readTextOrInput } from '../read-text.ts';
import { currentToken } from '../sign-in/session.ts';
import { printable, printableJson } from '../text.ts';

/** Options that only mean something when the decision is made here. */
const LOCAL_ONLY = ['issuer', 'source-ip'] as const;

export const explain: Command = {
  name: 'explain',
  summary: 'say whether and why a role would be given to you, or to somebody',
  usage: 'ROLE [--as FILE|--token FILE|-] [--policy FILE] [--actions A,B --resource ARN] [--json]',
  description: [
    'Asks the broker what it would answer to the same request for credentials: whether the role is open to you, for how',
    'long and with which tags and session policy, or what is missing. No session is made. With the policy:read',
    'permission it also says by whose rules.',
    '',
    'With --as or --policy the access policy at hand decides, for somebody with these claims, and nobody is asked:',
    'nothing is verified.',
    '',
    'With --actions it reads the role with your own AWS credentials and says what the session could do, by the role’s',
    'policies, its boundary and the session policy. Policies of the organization and of the resource are not read.',
    '',
    'Exit code 0 when the role, and every action, is allowed, 1 when it is not.',
  ],
  options: {
    ...BROKER_OPTIONS,
    token: { value: 'FILE', help: 'ask with the JWT in this file, or on standard input (-)' },
    as: { value: 'FILE', help: 'decide here for a caller with these claims, a JSON object' },
    ...POLICY_OPTIONS,
    issuer: { value: 'NAME', help: 'whose claims they are, where the policy has several issuers and they do not say' },
    duration: { value: 'TIME', help: 'how long, such as 30m or 1h (default: as long as allowed)' },
    reason: { value: 'TEXT', help: 'as if this reason were given' },
    ticket: { value: 'ID', help: 'as if this ticket were named' },
    'source-ip': { value: 'ADDRESS', help: 'decide here as if the request came from there' },
    actions: { value: 'ACTIONS', help: 'also say whether the session could do this: s3:GetObject,s3:PutObject' },
    resource: { value: 'ARN', help: 'to this; may be given several times (default: *)', repeats: true },
    context: { value: 'KEY=VALUE', help: 'with this condition key in the requests; may be repeated', repeats: true },
    ...OPERATOR_OPTIONS,
    json: { help: 'print JSON' },
  },
  positionals: { names: ['ROLE'], required: 1 },
  async run(input) {
    const role = roleArgument(input);
    const wanted = wantedActs(input);
    const explanation = await explanationFor(input, role);
    const acts = wanted.length > 0 ? await judgeActs(input, explanation, wanted) : undefined;
    if (input.isSet('json')) writeOut(`${printableJson({ ...explanation, ...(acts && { acts }) }, 2)}\n`);
    else {
      const lines = [...explanationLines(explanation), ...(acts === undefined ? [] : actLines(acts))];
      writeOut(`${lines.map(printable).join('\n')}\n`);
    }
    const next = optionHint(explanation.missing);
    if (next !== undefined) hint(next);
    const isAllowed = explanation.allowed && (acts ?? []).every(({ verdict }) => verdict === 'allowed');
    return isAllowed ? EXIT.ok : EXIT.refused;
  },
};

/** What the session could do; nothing where there would be none. */
async function judgeActs(input: Input, { session }: Explanation, wanted: readonly WantedAct[]) {
  if (session === undefined) {
    say('there would be no session, so --actions was not looked at');
    return undefined;
  }
  for (const action of new Set(wanted.map((act) => act.action))) {
    const doubt = await actionDoubt(action);
    if (doubt !== undefined) say(doubt);
  }
  const { judgedActs } = await import('../operator/session-acts.ts');
  const access = { readRole: input.text('read-role'), externalId: input.text('read-role-external-id') };
  return withProgress('reading the role', judgedActs(session, wanted, access, Date.now()));
}

async function explanationFor(input: Input, role: string): Promise<Explanation> {
  if (input.isSet('as') && (input.isSet('token') || input.isSet('token-file'))) {
    throw new Failure('usage', '--as and a token are two callers; name one');
  }
  const request = {
    durationSeconds: durationArgument(input),
    reason: input.text('reason'),
    ticket: input.text('ticket'),
  };
  if (input.isSet('as') || input.isSet('policy')) {
    const policy = await policyOf(input);
    const who = { claims: await claimsFor(input), issuer: input.text('issuer') };
    const explanation = await explainLocally(policy, role, who, { ...request, sourceIp: sourceIp(input) });
    say('decided here by the access policy at hand; nothing about the caller was verified');
    return explanation;
  }
  for (const name of LOCAL_ONLY) {
    if (input.isSet(name)) throw new Failure('usage', `--${name} goes with --as or --policy`);
  }
  const context = await contextFor(input);
  return withProgress('waiting for the broker', askBroker(context, role, request));
}

async function askBroker(
  context: Context,
  role: string,
  {
    durationSeconds,
    reason,
    ticket,
  }: Record<'reason' | 'ticket', string | undefined> & {
    readonly durationSeconds: number | undefined;
  },
): Promise<Explanation> {
  return new BrokerClient(context, await currentToken(context)).explain({
    role,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
  });
}

/** The claims of `--as`; else of whichever token would be sent to the broker. */
async function claimsFor(input: Input): Promise<JsonObject> {
  const file = input.text('as');
  if (file !== undefined) return readClaims(file);
  const handed = await handedToken(input);
  return claimsOf(handed?.token ?? (await currentToken(signInContextOf(input))));
}

async function contextFor(input: Input): Promise<Context> {
  return { ...signInContextOf(input), readyToken: await handedToken(input) };
}

async function handedToken(input: Input): Promise<ReadyToken | undefined> {
  const file = input.text('token');
  if (file === undefined) return givenToken(input);
  if (input.isSet('token-file')) throw new Failure('usage', '--token and --token-file are two tokens; name one');
  return readyToken(await readTextOrInput(file), file === '-' ? 'standard input' : `the file ${file}`);
}

function sourceIp(input: Input): string | undefined {
  const address = input.text('source-ip');
  if (address === undefined || isIP(address) !== 0) return address;
  throw new Failure('usage', `--source-ip ${address} is no IP address`);
}
