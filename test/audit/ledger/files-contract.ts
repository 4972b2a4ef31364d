import { describe, expect, it } from 'vitest';
import type { LedgerFiles } from '../../../lib/audit/ledger/ports.ts';

/** What every `LedgerFiles` must do. */
export function describeLedgerFiles(name: string, make: () => Promise<LedgerFiles>): void {
  const bytes = (text: string) => Buffer.from(text);
  const text = (content: Uint8Array | undefined) => content && Buffer.from(content).toString();

  describe(`${name}, as a ledger's files`, () => {
    it('hold what was written, under names with folders', async () => {
      const files = await make();
      expect(await files.read('tile/0/x001/234')).toBeUndefined();
      expect(await files.write('tile/0/x001/234', bytes('one'))).toBe(true);
      expect(text(await files.read('tile/0/x001/234'))).toBe('one');
    });

    it('never change what was written once', async () => {
      const files = await make();
      await files.write('tile/0/000', bytes('one'));
      expect(await files.write('tile/0/000', bytes('two'))).toBe(false);
      expect(text(await files.read('tile/0/000'))).toBe('one');
    });

    it('let one of many writers of a name win', async () => {
      const files = await make();
      const won = await Promise.all(Array.from({ length: 8 }, (_, index) => files.write('a', bytes(`${index}`))));
      expect(won.filter(Boolean).length).toBe(1);
      expect(text(await files.read('a'))).toBe(String(won.indexOf(true)));
    });

    it('replace a file only in the place of the content that was seen', async () => {
      const files = await make();
      expect(await files.readVersion('checkpoint')).toBeUndefined();
      expect(await files.replace('checkpoint', bytes('one'), undefined)).toBe(true);
      expect(await files.replace('checkpoint', bytes('two'), undefined)).toBe(false);
      const seen = await files.readVersion('checkpoint');
      expect(text(seen?.bytes)).toBe('one');
      expect(await files.replace('checkpoint', bytes('two'), seen?.version)).toBe(true);
      expect(await files.replace('checkpoint', bytes('three'), seen?.version)).toBe(false);
      expect(text(await files.read('checkpoint'))).toBe('two');
    });

    it('let one of many replacements win', async () => {
      const files = await make();
      await files.replace('checkpoint', bytes('start'), undefined);
      const seen = await files.readVersion('checkpoint');
      const won = await Promise.all(
        Array.from({ length: 8 }, (_, index) => files.replace('checkpoint', bytes(`${index}`), seen?.version)),
      );
      expect(won.filter(Boolean).length).toBe(1);
      expect(text(await files.read('checkpoint'))).toBe(String(won.indexOf(true)));
    });
  });
}
