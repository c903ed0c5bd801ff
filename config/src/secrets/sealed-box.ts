import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Fault } from '@nigehban/domain/faults.ts';

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D): one version byte, 12-byte random nonce, ciphertext,
 * 16-byte tag. `context` is authenticated and must be given again to open: a sealed text moved to
 * another place does not open there.
 */
export function seal(key: Buffer, plaintext: string, context: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from([version]), nonce, ciphertext, cipher.getAuthTag()]);
}

/** Opens what {@link seal} made. @throws Fault SETTING_INVALID when key or context differ or a byte changed. */
export function open(key: Buffer, sealed: Uint8Array, context: string): string {
  const bytes = Buffer.from(sealed);
  try {
    if (bytes.length < 1 + nonceBytes + tagBytes || bytes[0] !== version) {
      throw new Error('not a sealed text');
    }
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + nonceBytes));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    const body = bytes.subarray(1 + nonceBytes, bytes.length - tagBytes);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Fault(
      'SETTING_INVALID',
      `A sealed secret (${context}) does not open: NIGEHBAN_SECRET_KEY is not the one it was sealed with`,
      { cause },
    );
  }
}
