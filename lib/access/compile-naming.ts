import { parseTemplate, type TemplatePart } from '../iam/variables.ts';
import type { Path, Reporter } from './diagnostic.ts';
import type { IssuerSource } from './schema.ts';
import { PLATFORM_FACTS, platformOf } from './workload/platform.ts';

/** As `usernamePrefix` in the schema. */
const PREFIX = /^[A-Za-z0-9_+=,.-]{1,32}$/;
const REPRESENTABLE = /^[A-Za-z0-9_+=,.@-]*$/;
/** Of the 64 characters of a SourceIdentity, what each claim needs at the least. */
const MAX_TEXT_CHARACTERS = 60;

/** What every username of an issuer starts with: of workloads, the text their subjects begin with. */
export function prefixOf({ subject, usernamePrefix }: IssuerSource): string {
  if (subject === undefined) return usernamePrefix ?? '';
  const end = subject.indexOf('${');
  return end < 0 ? subject : subject.slice(0, end);
}

/**
 * Who callers are: people by a claim (`username`), workloads by what their claims make (`subject`), never both. A
 * subject must come apart in one way only, or two workloads could have one name.
 */
export function checkNaming(name: string, source: IssuerSource, path: Path, reporter: Reporter): void {
  const { username, subject, usernamePrefix } = source;
  const platform = platformOf(source);
  const example = PLATFORM_FACTS[platform ?? 'github'].exampleSubject;
  if (username === undefined && subject === undefined) {
    const message = `issuer "${name}" says neither whom its tokens name (\`username\`) nor what (\`subject\`)`;
    const hint = `\`username: email\` for people, \`subject: "${example}"\` for workloads`;
    reporter.keyError('naming_missing', path, message, hint);
    return;
  }
  if (subject === undefined) return;
  const at = [...path, 'subject'];
  if (username !== undefined) {
    reporter.keyError('naming_twice', at, 'an issuer has `username` for people or `subject` for workloads, not both');
  }
  if (usernamePrefix !== undefined) {
    const hint = 'leave `usernamePrefix` out';
    reporter.keyError('subject_with_prefix', [...path, 'usernamePrefix'], 'a subject brings its own prefix', hint);
  }
  for (const member of ['login', 'portal'] as const) {
    if (source[member] === undefined) continue;
    const hint = 'give people an issuer with `username`';
    reporter.keyError('subject_for_people', [...path, member], 'people who sign in are not named by a subject', hint);
  }
  const template = parseTemplate(subject);
  if ('message' in template) reporter.error('template_invalid', at, template.message);
  else checkParts(template.parts, example, at, reporter);
}

function checkParts(parts: readonly TemplatePart[], example: string, at: Path, reporter: Reporter): void {
  const texts = parts.map((part) => ('text' in part ? part.text : undefined));
  const text = texts.join('');
  const [first] = texts;
  if (texts.every((part) => part !== undefined)) {
    const hint = `such as \`${example}\``;
    reporter.error('subject_without_claim', at, 'without a ${claim:…} every workload has the same name', hint);
  } else if (first === undefined || !PREFIX.test(first)) {
    const message = 'a subject begins with 1–32 of A–Z a–z 0–9 _ + = , . - that no other issuer’s names start with';
    reporter.error('subject_without_prefix', at, message, `such as \`${example}\``);
  }
  const wrong = /[^A-Za-z0-9_+=,.@-]/u.exec(text)?.[0];
  if (!REPRESENTABLE.test(text)) {
    const message = `a SourceIdentity cannot hold "${wrong}"; it has A–Z a–z 0–9 _ + = , . @ -`;
    reporter.error('subject_not_representable', at, message);
  }
  if (texts.some((part, index) => index > 0 && part === undefined && texts[index - 1] === undefined)) {
    const message = 'two claims stand together, so that two workloads could have one name';
    reporter.error('subject_ambiguous', at, message, 'put a character between them that the first never holds');
  }
  if (text.length > MAX_TEXT_CHARACTERS) {
    reporter.error('subject_too_long', at, 'a SourceIdentity has 64 characters, and none are left for the claims');
  }
}
