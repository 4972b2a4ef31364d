import { writeFileSync } from 'node:fs';
import type { Command } from '../command.ts';
import { EXIT, Failure, reasonOf } from '../failure.ts';
import { ledgerSource } from '../ledger/source.ts';
import { say, writeOut } from '../output.ts';

/** As in `lib/session-id.ts`. */
const SESSION_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export const auditProof: Command = {
  name: 'audit proof',
  summary: 'take the proof that a session’s record is in the sealed audit log',
  usage: 'SESSION-ID --from DIR|s3://…|URL [--phase intent|outcome] [--out FILE]',
  description: [
    'Prints a file that holds the record, the hashes that lead from it to the root, and the signed checkpoint: all that',
    '`daypass audit verify FILE --key KEY` needs, years later and without anybody’s help. The outcome is proven unless',
    'told otherwise. A session that ended a minute ago may not be sealed yet.',
  ],
  options: {
    from: { value: 'PLACE', help: 'the ledger: a folder, s3://bucket/prefix, or an https address' },
    phase: { value: 'PHASE', help: 'which of the session’s records', choices: ['intent', 'outcome'] },
    out: { value: 'FILE', help: 'write it there instead (usual ending: .tlog-proof)' },
  },
  positionals: { names: ['SESSION-ID'], required: 1 },
  async run(input) {
    const [session = ''] = input.positionals;
    if (!SESSION_ID.test(session)) throw new Failure('usage', `“${session}” is not a session id`);
    const from = input.text('from');
    if (from === undefined)
      throw new Failure('usage', '--from is missing', { hint: 'a folder, s3://bucket/prefix, or a URL' });
    const read = await ledgerSource(from);
    const { proveSession } = await import('../ledger.ts');
    const phase = input.text('phase') ?? 'outcome';
    let proofs: Awaited<ReturnType<typeof proveSession>>;
    try {
      proofs = await proveSession(read, session);
    } catch (thrown) {
      if (Failure.is(thrown)) throw thrown;
      throw new Failure('refused', `${from}: ${thrown instanceof Error ? thrown.message : 'unreadable'}`);
    }
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
