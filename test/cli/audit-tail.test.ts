import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { newSessionId } from '../../lib/session-id.ts';
import { auditRecord } from '../support/records.ts';
import { logAnswer, serveLog } from './audit/log-server.ts';
import { problem } from './fake-broker.ts';
import { type Running, useCli } from './harness.ts';

const { cli, broker } = await useCli();

const record = (ago: number, more: Partial<AuditRecord> = {}): AuditRecord =>
  auditRecord({ sessionId: newSessionId(Date.now() - ago), ...more });

const FOLLOW = ['audit', 'tail', '-f', '--interval', '1s', '--format', 'jsonl'];
const asked = () => broker.server.count('GET', '/v1/audit');

/** Session ids that a running command has printed. */
function shownBy(running: Running) {
  let text = '';
  running.child.stdout?.on('data', (chunk: string) => (text += chunk));
  const shown = (): string[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as AuditRecord).sessionId);
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      if (running.child.exitCode !== null) throw new Error(`ended with ${running.child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { shown, until };
}

describe('audit tail', () => {
  test('shows the newest records, the newest last', async () => {
    const records = Array.from({ length: 30 }, (_, index) => record(30_000 - index * 1000));
    serveLog(broker, records);
    const { code, stdout, stderr } = await cli.run(['audit', 'tail', '-n', '3', '--format', 'jsonl']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).sessionId),
    ).toEqual(records.slice(-3).map(({ sessionId }) => sessionId));
  });

  test('of an empty log is nothing', async () => {
    serveLog(broker, []);
    expect(await cli.run(['audit', 'tail'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test.each([
    [['-n', '0'], '--lines 0 is not a number from 1 on'],
    [['-n', 'all'], '--lines all is not a number from 1 on'],
    [['--interval', '0s'], '--interval 0s is not between 1s and 1h'],
    [['-x'], 'unknown option -x'],
  ])('%j is a wrong command line', async (options, message) => {
    const { code, stderr } = await cli.run(['audit', 'tail', ...options]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('audit tail -f', () => {
  test('goes on with new records, also outcomes of requests that began before others, each once, and Ctrl-C is exit code 0', async () => {
    const slow = record(20_000);
    const { outcome: _, accessKeyId: __, ...intent } = { ...slow, phase: 'intent' as const };
    const log: AuditRecord[] = [intent, record(10_000)];
    serveLog(broker, log);
    const running = cli.start(FOLLOW);
    const { shown, until } = shownBy(running);
    await running.stderr(/following the audit log; Ctrl-C ends it/);
    await until(() => shown().length === 2);
    const fresh = record(0);
    log.push(fresh, slow);
    await until(() => shown().length === 4);
    const before = asked();
    // Further readings over the same time bring nothing twice.
    await until(() => asked() >= before + 2);
    running.child.kill('SIGINT');
    const { code, signal } = await running.finished;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(shown().slice(2).sort()).toEqual([fresh.sessionId, slow.sessionId].sort());
  });

  test('does not show its own readings, and shows those of others', async () => {
    const log: AuditRecord[] = [];
    broker.answers['/v1/audit'] = (request) => {
      const userAgent = String(request.headers['user-agent']);
      log.push(record(0, { action: 'audit', outcome: 'allowed', userAgent }));
      if (log.length === 2)
        log.push(record(0, { action: 'audit', outcome: 'allowed', userAgent: userAgent.replace(/ tail.*/, '') }));
      return logAnswer(log, request);
    };
    const running = cli.start(FOLLOW);
    const { shown, until } = shownBy(running);
    await until(() => log.length > 4);
    running.child.kill('SIGTERM');
    expect((await running.finished).code).toBe(0);
    expect(shown()).toEqual([log[2]?.sessionId]);
  });

  test('an outcome that comes long after its intent is found by the session, with a filter too', async () => {
    const late = record(600_000, { outcome: 'unresolved' });
    const { outcome: _, accessKeyId: __, ...intent } = { ...late, phase: 'intent' as const };
    const log: AuditRecord[] = [intent, record(590_000)];
    serveLog(broker, log);
    const running = cli.start([...FOLLOW, '--outcome', 'unresolved']);
    const { shown, until } = shownBy(running);
    await until(() => broker.server.seen.some(({ query }) => query.get('session') === late.sessionId));
    expect(shown()).toEqual([]);
    log.push(late);
    await until(() => shown().length === 1);
    running.child.kill('SIGINT');
    await running.finished;
    expect(shown()).toEqual([late.sessionId]);
    // The broker must not leave out intents, or nobody would know which session to look for.
    expect(broker.server.seen.every(({ query }) => !query.has('outcome'))).toBe(true);
  });

  test('goes on over a restart of the broker, says so once, and misses nothing', async () => {
    const log: AuditRecord[] = [record(5_000)];
    serveLog(broker, log);
    const running = cli.start(FOLLOW);
    const { shown, until } = shownBy(running);
    await running.stderr(/following/);
    const before = asked();
    let isDown = true;
    broker.answers['/v1/audit'] = (request) =>
      isDown ? (asked() % 2 ? { cut: true } : problem(503, 'store_unavailable', 'Down')) : logAnswer(log, request);
    const missed = record(0);
    log.push(missed);
    await until(() => asked() >= before + 2);
    isDown = false;
    await until(() => shown().length === 2);
    await running.stderr(/the broker answers again/);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect(code).toBe(0);
    expect(stderr.match(/trying again until it answers/g)).toHaveLength(1);
    expect(shown().at(-1)).toBe(missed.sessionId);
  });

  test.each<[string, number, string, number]>([
    ['a permission that was taken away', 403, 'access_denied', 1],
    ['a sign-in that ended', 401, 'token_expired', 3],
  ])('ends with %s', async (_, status, code, exit) => {
    serveLog(broker, [record(5_000)]);
    const running = cli.start(FOLLOW);
    await running.stderr(/following/);
    broker.answers['/v1/audit'] = () => problem(status, code, 'No');
    expect((await running.finished).code).toBe(exit);
  });

  test('ends with a record that it does not know, instead of going on without it', async () => {
    const log: unknown[] = [record(5_000)];
    serveLog(broker, log as AuditRecord[]);
    const running = cli.start(FOLLOW);
    await running.stderr(/following/);
    log.push({ ...record(0), schema: 3 });
    const { code, stderr } = await running.finished;
    expect(code).toBe(1);
    expect(stderr).toContain('its schema is 3, known is 1');
  });

  test('a broker that cannot be reached at all is exit code 4', async () => {
    broker.answers['/v1/audit'] = () => ({ cut: true });
    expect((await cli.run(FOLLOW)).code).toBe(4);
  });

  test('ends when nobody reads any more', async () => {
    const log = [record(5_000)];
    serveLog(broker, log);
    const running = cli.start(FOLLOW);
    await running.stderr(/following/);
    running.child.stdout?.destroy();
    const before = asked();
    log.push(record(0));
    expect((await running.finished).code).toBe(0);
    expect(asked()).toBeLessThanOrEqual(before + 3);
  });
});
