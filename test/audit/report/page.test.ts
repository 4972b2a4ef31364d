import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccessPolicy } from '../../../lib/access/policy.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { ReportBuilder } from '../../../lib/audit/report/aggregate.ts';
import { auditReportPage } from '../../../lib/audit/report/html/page.ts';
import { DARK, LIGHT, type Palette } from '../../../lib/audit/report/html/palette.ts';
import { newSessionId } from '../../../lib/session-id.ts';
import { auditRecord } from '../../support/records.ts';
import { companyRecords } from './company.ts';

const NOON = Date.UTC(2026, 10, 20, 12);

function pageOf(records: Iterable<AuditRecord>, policy?: AccessPolicy): string {
  const builder = new ReportBuilder({
    since: NOON - 40 * 86_400_000,
    until: NOON + 86_400_000,
    baseline: NOON - 90 * 86_400_000,
  });
  for (const record of records) builder.add(record);
  return auditReportPage(builder.finish(NOON, policy));
}

/** Tags of a page with their attributes, read without trusting the templates: every `<` of text must have been escaped. */
function tagsOf(page: string): { name: string; attributes: string }[] {
  const body = page.replace(/<style>[\s\S]*?<\/style>/, '<style></style>');
  return [...body.matchAll(/<(!?\/?[^\s>/]*)((?:"[^"]*"|[^>"])*)>/g)].map(([, name = '', attributes = '']) => ({
    name,
    attributes,
  }));
}

const HTML = new Set(
  '!doctype html head meta title style body main h1 h2 p ul li b span section a div svg desc g rect line text details summary table caption thead tbody tr th td bdi wbr code br footer'.split(
    ' ',
  ),
);

const ATTRIBUTES =
  /^(lang|charset|http-equiv|content|name|class|id|href|aria-labelledby|aria-hidden|role|viewBox|width|height|x|y|x1|x2|y1|y2|text-anchor|scope|html)$/;

function isSafe(page: string): void {
  for (const { name, attributes } of tagsOf(page)) {
    expect(HTML.has(name.replace('/', '')), `<${name}${attributes}>`).toBe(true);
    for (const [, attribute = ''] of attributes.matchAll(/([^\s=/"]+)(?:="[^"]*")?/g)) {
      expect(attribute, attributes).toMatch(ATTRIBUTES);
    }
  }
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style></svg><b>x',
  '<!--',
  ']]>',
  '&lt;script&gt;',
  'javascript:alert(1)',
  '`${alert(1)}`',
];

describe('Nothing that a record holds can become markup', () => {
  const FIELDS = [
    'caller.username',
    'caller.issuer',
    'caller.subject',
    'role',
    'account',
    'accountId',
    'grant',
    'reason',
    'ticket',
    'denial',
    'code',
    'policyDigest',
    'durationLimitedBy',
    'roleArn',
    'roleSessionName',
    'userAgent',
    'sourceIp',
    'detail',
    'permission',
  ];

  function withField(field: string, value: string, more: Partial<AuditRecord>): AuditRecord {
    const record = auditRecord({ sessionId: newSessionId(NOON), durationSeconds: 900, ...more });
    const member = field.replace('caller.', '');
    if (!field.startsWith('caller.')) return { ...record, [member]: value };
    return { ...record, caller: { issuer: 'corp', subject: 's', username: 'u', ...record.caller, [member]: value } };
  }

  test.each(FIELDS)('%s', (field) => {
    for (const value of HOSTILE) {
      const denied = { outcome: 'denied', denial: 'no_grant', code: 'access_denied' } as const;
      const page = pageOf([withField(field, value, {}), withField(field, value, denied)]);
      isSafe(page);
      expect(page).not.toContain(value === 'javascript:alert(1)' ? 'href="javascript' : value);
    }
  });

  test('nor that a policy holds', () => {
    const policy = {
      digest: HOSTILE[0],
      roles: HOSTILE.map((id) => ({ id })),
      grants: HOSTILE.map((name) => ({ name, effect: 'allow', roles: HOSTILE, permissions: HOSTILE })),
    } as unknown as AccessPolicy;
    isSafe(pageOf([auditRecord({ sessionId: newSessionId(NOON), grant: '<u>gone</u>' })], policy));
  });

  test('control characters and bidirectional overrides are shown, not obeyed; names of other scripts are left alone', () => {
    const names = ['\u001b[2J', 'a\u202egpj.exe', 'zero\u200bwidth', 'line\u2028break', '\ud800', 'مهندس', '小林'];
    const page = pageOf(names.map((username) => withField('caller.username', username, {})));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800]/);
    for (const shown of ['\\u{1b}[2J', 'a\\u{202e}gpj.exe', 'zero\\u{200b}width', '\\u{d800}', 'مهندس', '小林']) {
      expect(page).toContain(`<bdi>${shown}</bdi>`);
    }
  });
});

describe('The page', () => {
  const records = [...companyRecords({ since: NOON - 80 * 86_400_000, days: 80, sessions: 600 })];
  const page = pageOf(records);

  test('is made of known tags, each closed', () => {
    isSafe(page);
    const open: string[] = [];
    for (const { name } of tagsOf(page)) {
      if (['!doctype', 'meta', 'wbr', 'br', 'rect', 'line'].includes(name)) continue;
      if (name.startsWith('/')) expect(open.pop()).toBe(name.slice(1));
      else open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('needs nothing else: no script, no address, no handler', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<object|url\(|@import|src=|https?:\/\//i);
    expect([...page.matchAll(/href="([^"]*)"/g)].every(([, target]) => target?.startsWith('#'))).toBe(true);
  });

  test('forbids everything but its own style sheet, even to itself', () => {
    const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    // A style attribute would not be covered by the hash.
    expect(page).not.toMatch(/\sstyle="/);
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'));
  });

  test('every link leads somewhere, and no id is there twice', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
    for (const [, targets = ''] of page.matchAll(/aria-labelledby="([^"]*)"/g)) {
      for (const target of targets.split(' ')) expect(ids).toContain(target);
    }
  });

  test('the chart says in words what it shows, and its figures are in a table', () => {
    expect(page).toMatch(/<svg [^>]*role="img" aria-labelledby="days-title days-description">/);
    expect(page).toMatch(/<title id="days-title">Sessions and refusals by day<\/title>/);
    expect(page).toMatch(/<desc id="days-description">Most sessions: \d+ on 2026-\d\d-\d\d\./);
    expect(page).toContain('<caption>Days with sessions or refusals</caption>');
    // Bars within tables repeat the number beside them.
    expect(
      [...page.matchAll(/<svg (?!.*role="img")[^>]*>/g)].every(([tag]) => tag.includes('aria-hidden="true"')),
    ).toBe(true);
  });

  test('every table has a caption, and every row and column its heading', () => {
    const tables = page.split('<table').slice(1);
    expect(tables.length).toBeGreaterThanOrEqual(8);
    for (const table of tables) {
      expect(table).toContain('<caption>');
      expect(table).toContain('scope="col"');
      expect(table).toContain('scope="row"');
    }
  });

  test('of an empty log and of one record is a page as well', () => {
    for (const few of [[], [auditRecord({ sessionId: newSessionId(NOON), durationSeconds: 900 })]]) isSafe(pageOf(few));
    expect(pageOf([])).toContain('No session was issued.');
  });

  test('does not grow without bound with the log', () => {
    const many = Array.from({ length: 3_000 }, (_, index) =>
      auditRecord({
        sessionId: newSessionId(NOON - index),
        caller: { issuer: 'corp', subject: 's', username: `p${index}` },
        role: `r/${index}`,
      }),
    );
    expect(pageOf(many).length).toBeLessThan(200_000);
    expect(pageOf(many)).toContain('2,975 more');
  });
});

describe.each<[string, Palette]>([
  ['light', LIGHT],
  ['dark', DARK],
])('The %s colours', (_, palette) => {
  test('carry text at 4.5 to 1 at least (WCAG 2.2, 1.4.3)', () => {
    const { page, card, text, quiet, issued, refused, heat } = palette;
    for (const background of [page, card]) {
      for (const colour of [text, quiet, issued, refused])
        expect(contrast(colour, background), `${colour} on ${background}`).toBeGreaterThanOrEqual(4.5);
    }
    for (const [background, colour] of heat)
      expect(contrast(colour, background), `${colour} on ${background}`).toBeGreaterThanOrEqual(4.5);
  });
});

/** @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
