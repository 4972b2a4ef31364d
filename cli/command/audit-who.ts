import { type Evidence, evidenceOfCloudTrail, readEvidence } from '../../lib/audit/evidence.ts';
import type { Json } from '../../lib/json.ts';
import { type Found, findSessions } from '../audit/find-session.ts';
import { sessionJson, shownSession } from '../audit/show-session.ts';
import { BROKER_OPTIONS, type Command } from '../command.ts';
import { contextOf } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';
import { readEntries } from '../json-entries.ts';
import { detail, hint, say, writeOut } from '../output.ts';
import { readTextOrInput } from '../read-text.ts';
import { counted, printableJson } from '../text.ts';

/** Events of one input that are looked up: each is a request or two. */
const MOST_EVENTS = 50;

export const auditWho: Command = {
  name: 'audit who',
  summary: 'find the person behind a line of CloudTrail',
  usage: 'KEY|NAME|ARN|- [--json]',
  description: [
    'Takes what a CloudTrail line shows: an access key id (ASIA…), the ARN of a role session',
    '(arn:aws:sts::…:assumed-role/ROLE/NAME), its principal id (AROA…:NAME), the session name alone, or a session id.',
    'With - it reads CloudTrail events as JSON from standard input: one event, a log file, an answer of lookup-events.',
    'Prints the person, what was asked for and why, and whether the session is still valid. Anybody who may assume a',
    'role can give a session any name, so what the line and the record do not agree on is said, and is exit code 1.',
  ],
  options: { ...BROKER_OPTIONS, json: { help: 'print one JSON object per session' } },
  positionals: { names: ['KEY|NAME|ARN|-'], required: 1 },
  async run(input) {
    const word = input.positionals[0] ?? '';
    const evidence = word === '-' ? await eventsOfInput() : [wordEvidence(word)];
    const context = contextOf(input);
    const found = new Map<string, Found>();
    for (const one of evidence) {
      // An event that says of itself which session it is of is surer than one that was found for another event.
      for (const session of await findSessions(context, one)) {
        const known = found.get(session.record.sessionId);
        if (known === undefined || RANK[session.by] < RANK[known.by]) found.set(session.record.sessionId, session);
      }
    }
    const sessions = [...found.values()];
    if (sessions.length === 0) throw notFound(evidence);
    const now = context.now();
    if (input.isSet('json')) for (const session of sessions) writeOut(`${printableJson(sessionJson(session, now))}\n`);
    else writeOut(sessions.map((session) => shownSession(session, now)).join('\n'));
    if (sessions.length > 1) say(`${sessions.length} sessions match`);
    const doubtful = sessions.filter(({ disagreements }) => disagreements.length > 0);
    for (const session of doubtful) warn(session);
    return doubtful.length > 0 ? EXIT.refused : EXIT.ok;
  },
};

const RANK: Readonly<Record<Found['by'], number>> = { session: 0, accessKeyId: 1, sourceIdentity: 2 };

function wordEvidence(word: string): Evidence {
  const evidence = readEvidence(word);
  if (evidence !== undefined) return evidence;
  throw new Failure('usage', `“${word}” is nothing that CloudTrail shows of a role session`, {
    hint: 'an access key id, arn:aws:sts::…:assumed-role/ROLE/NAME, a session name, a session id, or - for events as JSON',
  });
}

async function eventsOfInput(): Promise<Evidence[]> {
  const entries = readEntries(await readTextOrInput('-'));
  const broken = entries.find((entry) => !('value' in entry));
  if (broken !== undefined && 'message' in broken) {
    throw new Failure('refused', `standard input: ${broken.where} is not JSON`, {
      hint: 'one CloudTrail event, or several, one per line or in an array',
    });
  }
  const values = entries.flatMap((entry): Json[] => ('value' in entry ? [entry.value] : []));
  const evidence = evidenceOfCloudTrail(values).filter(canBeLookedUp);
  if (evidence.length > MOST_EVENTS) {
    throw new Failure('refused', `standard input speaks of more than ${MOST_EVENTS} sessions`, {
      hint: 'choose the events you mean, for example with jq',
    });
  }
  if (evidence.length > 0) return evidence;
  throw new Failure('refused', 'standard input holds no CloudTrail event of a role session', {
    hint: 'an event has userIdentity with accessKeyId or arn; a user, a service or a root login has no Daypass session',
  });
}

function canBeLookedUp({ sessionId, accessKeyId, sourceIdentity }: Evidence): boolean {
  return (sessionId ?? accessKeyId ?? sourceIdentity) !== undefined;
}

/** What it means that there is no record, as far as the evidence itself tells. */
function notFound(evidence: readonly Evidence[]): Failure {
  const lines = new Set(evidence.map(meaning));
  const shown = evidence.length === 1 ? (evidence[0]?.shown ?? '') : `any of ${counted(evidence.length, 'session')}`;
  return new Failure('refused', `no record of ${shown}`, {
    lines: [...lines],
    hint: 'another broker may have issued it: DAYPASS_URL or --url says which one was asked',
  });
}

function meaning({ accessKeyId, sessionName, sessionId }: Evidence): string {
  if (sessionId !== undefined) {
    return 'the name has the form of a Daypass session, but this broker records a session before AWS is asked: it did not issue it, and somebody may have chosen the name';
  }
  if (accessKeyId?.startsWith('AKIA') === true) {
    return 'AKIA… is a long-term key of an IAM user: Daypass never gives one, so look for the user in IAM';
  }
  if (accessKeyId !== undefined) {
    return 'the key was not given by this broker: another way of assuming the role, the console (AWS gives its sessions keys of their own; - takes the whole event), or a role that was assumed with the session’s own credentials (its event has the person as sourceIdentity)';
  }
  return `a session that Daypass gives is named by 26 characters and the person; “${sessionName}” was not given by it`;
}

function warn({ record, evidence, disagreements }: Found): void {
  say(`careful: ${evidence.shown} and the record of ${record.sessionId} do not agree`);
  for (const { what, evidence: said, record: recorded } of disagreements) {
    detail(`${what}: ${said}, and in the record ${recorded}`);
  }
  hint('this may be another session that was given the same name: do not take its person for granted');
}
