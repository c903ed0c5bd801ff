import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptSigningKey } from './signing-key.ts';

test('the key is made once, for its owner alone; a file that is no key is named, not repeated', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nigehban-key-'));
  try {
    const file = join(folder, 'secrets', 'node-signing-key');
    const made = keptSigningKey(file);
    expect(keptSigningKey(file).equals(made)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, 'hunter2');
    expect(() => keptSigningKey(file)).toThrow(/node-signing-key does not hold an Ed25519 key/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
