import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { Beside } from '../../lib/access/review/replay.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Command, Input } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { say } from '../output.ts';
import { readPolicy } from '../policy/policy-file.ts';
import { auditRecordOn } from '../review/audit-record-of.ts';
import { CALLERS_OPTIONS, callersOf, tellUnusable, type Unusable } from '../review/callers.ts';
import { linesOf } from '../review/lines.ts';
import { ReplayTally } from '../review/replay-tally.ts';

export const replayCommand: Command = {
  name: 'replay',
  summary: 'run recorded decisions against a proposed access policy',
  usage: '--audit EXPORT|- NEW [--old FILE] [--callers PLACE] [--json]',
  description: [
    'Reads audit records (one JSON object a line, as `daypass audit --json` prints them) and decides each anew, with the',
    'claims, the circumstances and the time of its record: what would have been refused, newly allowed, shorter, longer',
    'or of another AWS role. Where a record holds no claims, --callers may name people whose claims are known, and --old',
    'the policy of that time, by which the recorded decision tells more. What remains open is said (unknown), never',
    'guessed. Exit code 1 when something that was allowed would be refused, or a line could not be read.',
  ],
  options: {
    audit: { value: 'FILE', help: 'the records; - is standard input' },
    old: { value: 'FILE', help: 'the policy that the decisions were made by' },
    callers: { ...CALLERS_OPTIONS.callers, help: 'claims of people whose records hold none: a folder or a file' },
    json: { help: 'print a JSON object for each decision that would not be the same, then the counts' },
  },
  positionals: { names: ['NEW'], required: 1 },
  async run(input) {
    const file = input.text('audit');
    if (file === undefined) {
      throw new Failure('usage', '--audit is missing', {
        hint: '`daypass audit --json --since 30d > export.jsonl` makes one',
      });
    }
    const policy = await readPolicy(input.positionals[0] ?? '');
    const { indexPolicy, replay } = await import('../access-policy.ts');
    const index = indexPolicy(policy);
    const { unusable, ...beside } = await besideOf(input, policy);
    const tally = new ReplayTally(input.isSet('json'));
    let isOfOld = false;
    for await (const { text, number } of linesOf(file)) {
      const record = auditRecordOn(text);
      if (record === undefined) tally.unreadable(number);
      else {
        isOfOld ||= record.policyDigest === beside.past?.digest;
        tally.add(replay(index, record, beside));
      }
    }
    const isClosed = tally.finish(file === '-' ? 'standard input' : file);
    if (beside.past !== undefined && !isOfOld) say('no record was made by the policy of --old: it told nothing');
    return tellUnusable(unusable) || isClosed ? EXIT.refused : EXIT.ok;
  },
};

/** What is known besides the records. */
async function besideOf(
  input: Input,
  policy: AccessPolicy,
): Promise<Beside & { readonly past?: { readonly digest: string }; readonly unusable: readonly Unusable[] }> {
  const { Past } = await import('../access-policy.ts');
  const old = input.text('old');
  const past = old === undefined ? {} : { past: new Past(await readPolicy(old), policy) };
  const place = input.text('callers');
  if (place === undefined) return { ...past, unusable: [] };
  const { callers, unusable } = await callersOf(place, { before: policy, after: policy }, Date.now());
  const known = new Map<string, JsonObject | undefined>();
  for (const { after: caller, known: some } of callers) {
    // Of an export only some claims are known, and they are in its own records.
    if (caller === undefined || some !== undefined) continue;
    const key = keyOf(caller.issuer, caller.username);
    // Two sets of claims of one person: nobody can say which was theirs.
    known.set(key, known.has(key) ? undefined : caller.claims);
  }
  return { ...past, claimsOf: (issuer, username) => known.get(keyOf(issuer, username)), unusable };
}

function keyOf(issuer: string, username: string): string {
  return JSON.stringify([issuer, username]);
}
