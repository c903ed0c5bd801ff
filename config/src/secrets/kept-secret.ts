import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@nigehban/domain/faults.ts';

/**
 * A secret of `sizeBytes` random bytes as hex, made at first use and kept in a file that only its
 * owner reads. Two processes that start together agree on one.
 */
export function keptSecret(file: string, sizeBytes: number): string {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${randomBytes(sizeBytes).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new Fault('DISK_FAILED', `Cannot write the secret file ${file}`, { cause: error });
    }
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!new RegExp(`^[0-9a-f]{${sizeBytes * 2}}$`).test(text)) {
    throw new Fault(
      'SETTING_INVALID',
      `The secret file ${file} does not hold ${sizeBytes} bytes as hex`,
    );
  }
  return text;
}
