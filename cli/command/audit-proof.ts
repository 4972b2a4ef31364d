import { writeFileSync } from 'node:fs';
import { BrokerClient } from '../broker/api.ts';
import { BROKER_OPTIONS, type Command, type Input } from '../command.ts';
import { contextOf } from '../context.ts';
import { EXIT, Failure, reasonOf } from '../failure.ts';
import { ledgerSource } from '../ledger/source.ts';
import { say, withProgress, writeOut } from '../output.ts';
import { currentToken } from '../sign-in/session.ts';

/** As in `lib/session-id.ts`. */
const SESSION_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export const auditProof: Command = {
  name: 'audit proof',
  summary: 'take the proof that a session’s record is in the sealed audit log',
  usage: 'SESSION-ID [--from DIR|s3://…|URL] [--phase intent|outcome] [--out FILE]',
  description: [
    'Prints a file that holds the record, the hashes that lead from it to the root, and the signed checkpoint: all that',
    '`daypass audit verify FILE --key KEY` needs, years later and without anybody’s help. The outcome is proven unless',
    'told otherwise. A session that ended a minute ago may not be sealed yet.',
    '',
    'The broker is asked, for a session of yours or, with the audit:read permission, of anybody; with --from nobody is:',
    'the ledger itself is read.',
  ],
  options: {
    ...BROKER_OPTIONS,
    from: { value: 'PLACE', help: 'the ledger itself: a folder, s3://bucket/prefix, or an https address' },
    phase: { value: 'PHASE', help: 'which of the session’s records', choices: ['intent', 'outcome'] },
    out: { value: 'FILE', help: 'write it there instead (usual ending: .tlog-proof)' },
  },
  positionals: { names: ['SESSION-ID'], required: 1 },
  async run(input) {
    const [session = ''] = input.positionals;
    if (!SESSION_ID.test(session)) throw new Failure('usage', `“${session}” is not a session id`);
    const from = input.text('from');
    const phase = input.text('phase') ?? 'outcome';
    const proofs = from === undefined ? await askedOf(input, session) : await readFrom(from, session);
    const proof = proofs.find((candidate) => candidate.phase === phase);
    if (proof === undefined) {
      throw new Failure('refused', `no ${phase} of session ${session} is in the sealed log`, {
        hint: 'records are sealed within a minute or two; `daypass audit --session ID` shows what is recorded',
      });
    }
    const out = input.text('out');
    if (out === undefined) writeOut(proof.file);
    else {
      try {
        writeFileSync(out, proof.file);
      } catch (thrown) {
        throw new Failure('local', `${out} cannot be written (${reasonOf(thrown)})`);
      }
      say(`${out}: record ${proof.leaf}`);
    }
    return EXIT.ok;
  },
};

interface Proof {
  readonly phase: string;
  readonly leaf: number;
  readonly file: string;
}

async function askedOf(input: Input, session: string): Promise<readonly Proof[]> {
  const context = contextOf(input);
  const broker = new BrokerClient(context, await currentToken(context));
  return (await withProgress('waiting for the broker', broker.proof(session))).proofs;
}

async function readFrom(from: string, session: string): Promise<readonly Proof[]> {
  const read = await ledgerSource(from);
  const { proveSession } = await import('../ledger.ts');
  try {
    return await proveSession(read, session);
  } catch (thrown) {
    if (Failure.is(thrown)) throw thrown;
    throw new Failure('refused', `${from}: ${thrown instanceof Error ? thrown.message : 'unreadable'}`);
  }
}
