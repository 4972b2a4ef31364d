import { existsSync, statSync } from 'node:fs';
import type { Finding } from '../../lib/audit/verify/finding.ts';
import type { Command, Input } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { KEY_OPTIONS, keyOf, quorumOf } from '../ledger/key.ts';
import { ledgerSource } from '../ledger/source.ts';
import { progressBar, say, writeOut } from '../output.ts';
import { readText } from '../read-text.ts';
import { counted, printable, printableJson } from '../text.ts';

/** Findings that are shown one by one; a log that was changed everywhere would show nothing but them. */
const SHOWN = 50;

export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'check the sealed audit log, or one proof, with nothing but its files and its key',
  usage: '--from DIR|s3://…|URL --key KEY [--seen FILE] | PROOF --key KEY',
  description: [
    'Reads the whole ledger (checkpoint, tiles, entries) and checks signature, every record, every hash, the order of',
    'records and that every session has its end. Says which record and which file is not as it was sealed. A folder',
    'needs no network. PROOF is a file of `daypass audit proof`. Exit code 1 when anything is not as it must be.',
    '--seen FILE is a checkpoint that you kept: the log must be its continuation. Keep the one that you see now.',
    '--witness KEY: somebody who cosigns checkpoints (C2SP tlog-witness) must have cosigned this one.',
  ],
  options: {
    from: { value: 'PLACE', help: 'the ledger: a folder, s3://bucket/prefix, or an https address' },
    ...KEY_OPTIONS,
    witness: { value: 'KEY', help: 'verification key of a witness, or a file of it; may be repeated', repeats: true },
    quorum: { value: 'N', help: 'how many of the witnesses must have cosigned (default: all)' },
    seen: { value: 'FILE', help: 'a checkpoint that was seen before' },
    origin: { value: 'NAME', help: 'the log’s name (default: that of the key)' },
    json: { help: 'print findings and result as JSON lines' },
  },
  positionals: { names: ['PROOF'], required: 0 },
  async run(input) {
    const key = await keyOf(input);
    const [proof] = input.positionals;
    return proof === undefined ? verifyAll(input, key) : verifyOne(input, proof, key);
  },
};

type Key = Awaited<ReturnType<typeof keyOf>>;

async function verifyAll(input: Input, key: Key): Promise<number> {
  const from = input.text('from');
  if (from === undefined)
    throw new Failure('usage', '--from is missing', { hint: 'a folder, s3://bucket/prefix, or a URL' });
  const seen = input.text('seen');
  const read = await ledgerSource(from);
  const quorum = await quorumOf(input);
  const { verifyLedger } = await import('../ledger.ts');
  const json = input.isSet('json');
  let shown = 0;
  const bar = progressBar('verifying');
  const { checkpoint, records, findings } = await verifyLedger({
    read,
    key,
    quorum,
    ...(input.text('origin') !== undefined && { origin: input.text('origin') as string }),
    seen: seen === undefined ? [] : [readText(seen)],
    progress: bar.show,
    report: (finding) => {
      shown += 1;
      if (json) writeOut(`${printableJson(finding)}\n`);
      else if (shown <= SHOWN) {
        bar.clear();
        writeOut(`${line(finding)}\n`);
      }
    },
  });
  bar.clear();
  if (!json && findings > SHOWN) say(`… and ${findings - SHOWN} more; --json shows them all`);
  const root = checkpoint && Buffer.from(checkpoint.root).toString('base64');
  if (json)
    writeOut(`${printableJson({ verified: findings === 0, records, findings, size: checkpoint?.size, root })}\n`);
  if (findings > 0) {
    say(`NOT verified: ${counted(findings, 'finding')} in ${from}`);
    return EXIT.refused;
  }
  say(`verified: ${counted(records, 'record')}, signed by ${key.name}, root ${root}`);
  return EXIT.ok;
}

async function verifyOne(input: Input, file: string, key: Key): Promise<number> {
  if (existsSync(file) && statSync(file).isDirectory()) {
    throw new Failure('usage', `${file} is a folder`, { hint: `--from ${file} verifies a whole ledger` });
  }
  const { verifyProof } = await import('../ledger.ts');
  const verdict = verifyProof(readText(file), key, input.text('origin') ?? key.name, await quorumOf(input));
  if (!verdict.valid) {
    writeOut(`${line(verdict.finding)}\n`);
    say(`NOT verified: ${file}`);
    return EXIT.refused;
  }
  writeOut(`${printableJson(JSON.parse(Buffer.from(verdict.record).toString('utf8')))}\n`);
  const { index, checkpoint } = verdict;
  say(`verified: record ${index} of ${checkpoint.size} of the log ${checkpoint.origin}`);
  return EXIT.ok;
}

/** One finding: where, what, and its stable code. */
function line({ code, file, leaf, sessionId, message }: Finding): string {
  const where = [file, leaf === undefined ? undefined : `record ${leaf}`, sessionId].filter(
    (part) => part !== undefined,
  );
  return printable(`${where.length === 0 ? 'ledger' : where.join(', ')}: ${message} [${code}]`);
}
