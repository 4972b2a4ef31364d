import { writeOut } from '../output.ts';
import { printable, printableJson } from '../text.ts';
import { type Finding, STATUSES, type Status } from './finding.ts';

/** Tells findings as they come, and counts them. */
export class Report {
  readonly #json: boolean;
  readonly #findings: Finding[] = [];
  readonly #counts: Record<Status, number> = { ok: 0, warning: 0, failed: 0, skipped: 0 };

  constructor(json: boolean) {
    this.#json = json;
  }

  /** What one check found. */
  tell(findings: readonly Finding[]): void {
    this.#findings.push(...findings);
    for (const { status } of findings) this.#counts[status]++;
    if (this.#json) return;
    for (const finding of shown(findings)) this.#write(finding);
  }

  get hasFailed(): boolean {
    return this.#counts.failed > 0;
  }

  /** The whole, for machines, or how many there were of each. */
  finish(): void {
    if (this.#json) {
      const ok = !this.hasFailed;
      writeOut(`${printableJson({ ok, counts: this.#counts, findings: this.#findings }, 2)}\n`);
      return;
    }
    writeOut(`\n${STATUSES.map((status) => `${this.#counts[status]} ${status}`).join(', ')}\n`);
  }

  #write({ check, subject, status, message, hint, details = [] }: Finding): void {
    const lines = [`${status.padEnd(8)} ${[check, subject].filter(Boolean).join(' ')}: ${message}`];
    for (const detail of details) lines.push(`         ${detail}`);
    if (hint !== undefined && hint !== '') lines.push(`         hint: ${hint}`);
    writeOut(`${lines.map(printable).join('\n')}\n`);
  }
}

/** Several aspects that are well are one line; it is left out where another aspect is not. */
function shown(findings: readonly Finding[]): readonly Finding[] {
  const fine = findings.filter(({ status }) => status === 'ok');
  const rest = findings.filter(({ status }) => status !== 'ok');
  const [first] = fine;
  if (first === undefined || rest.some(({ status }) => status !== 'skipped')) return rest;
  if (fine.length === 1) return findings;
  const message = fine.map((finding) => finding.message).join('; ');
  return [{ check: family(first), subject: first.subject, status: 'ok', message }, ...rest];
}

/** `role` of `role.trust`. */
function family({ check }: Finding): string {
  return check.split('.')[0] ?? check;
}
