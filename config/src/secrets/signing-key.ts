import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@nigehban/domain/faults.ts';

/**
 * An Ed25519 private key, made at first use and kept as PEM (PKCS #8) in a file that only its owner
 * reads. Two processes that start together agree on one. @throws Fault DISK_FAILED, SETTING_INVALID
 */
export function keptSigningKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
    return privateKey;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new Fault('DISK_FAILED', `Cannot write the secret file ${file}`, { cause: error });
    }
  }
  try {
    const kept = createPrivateKey(readFileSync(file));
    if (kept.asymmetricKeyType === 'ed25519') return kept;
  } catch {
    // The cause may repeat a part of the file.
  }
  throw new Fault('SETTING_INVALID', `The secret file ${file} does not hold an Ed25519 key`);
}
