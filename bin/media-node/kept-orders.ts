import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { open, seal } from '@nigehban/config/secrets/sealed-box.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';

const context = 'media node orders';

/**
 * A media node's orders on its own disk, sealed because they hold camera credentials: after a
 * restart with the control plane down it records what it was last told to.
 */
export function createKeptOrders(file: string, key: SecretKey) {
  return {
    /** The kept orders; none when there are none yet. @throws Fault SETTING_INVALID for another key. */
    load(): readonly StreamOrder[] {
      let sealed: Buffer;
      try {
        sealed = readFileSync(file);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
        throw error;
      }
      return JSON.parse(open(key, sealed, context)) as StreamOrder[];
    },
    save(orders: readonly StreamOrder[]): void {
      mkdirSync(dirname(file), { recursive: true });
      // A crash in between leaves the old orders whole.
      writeFileSync(`${file}.new`, seal(key, JSON.stringify(orders), context), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
  };
}
