import { createHash } from 'node:crypto';

/**
 * The keys that seal secrets: what is sealed now is sealed with `current`; `old` ones only open what
 * was sealed before the key changed.
 */
export interface KeyRing {
  readonly current: Buffer;
  readonly old: readonly Buffer[];
}

/** One key, or a key with its predecessors. */
export type SecretKey = Buffer | KeyRing;

export const keyIdBytes = 4;

/** Names a key without telling it: the first bytes of a hash of its own. */
export function keyIdOf(key: Buffer): Buffer {
  return createHash('sha256')
    .update('nigehban key id ')
    .update(key)
    .digest()
    .subarray(0, keyIdBytes);
}

export function currentKey(key: SecretKey): Buffer {
  return Buffer.isBuffer(key) ? key : key.current;
}

export function allKeys(key: SecretKey): readonly Buffer[] {
  return Buffer.isBuffer(key) ? [key] : [key.current, ...key.old];
}
