import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Fault } from '@nigehban/domain/faults.ts';
import { allKeys, currentKey, keyIdBytes, keyIdOf, type SecretKey } from './key-ring.ts';

/** Version 1 had no key id: it is opened by trying, and never made any more. */
const [formerVersion, version] = [1, 2] as const;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D) under the current key: one version byte, 4-byte key id,
 * 12-byte random nonce, ciphertext, 16-byte tag. `context` is authenticated and must be given again
 * to open: a sealed text moved to another place does not open there.
 */
export function seal(key: SecretKey, plaintext: string, context: string): Buffer {
  const current = currentKey(key);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', current, nonce);
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return Buffer.concat([
    Buffer.from([version]),
    keyIdOf(current),
    nonce,
    ciphertext,
    cipher.getAuthTag(),
  ]);
}

/**
 * Opens what {@link seal} made, with whichever key of the ring it was sealed. @throws Fault
 * SETTING_INVALID when key or context differ or a byte changed.
 */
export function open(key: SecretKey, sealed: Uint8Array, context: string): string {
  const bytes = Buffer.from(sealed);
  let cause: unknown = new Error('not a sealed text, or sealed with a key that is not given');
  for (const { candidate, head } of candidates(key, bytes)) {
    try {
      return decrypt(candidate, bytes.subarray(head), context);
    } catch (error) {
      cause = error;
    }
  }
  throw new Fault(
    'SETTING_INVALID',
    `A sealed secret (${context}) does not open: neither NIGEHBAN_SECRET_KEY nor one of NIGEHBAN_SECRET_KEYS_OLD is the key it was sealed with`,
    { cause },
  );
}

/** True when the text is sealed with the current key, by a version that tells. */
export function isSealedWithCurrent(key: SecretKey, sealed: Uint8Array): boolean {
  const bytes = Buffer.from(sealed);
  const id = bytes.subarray(1, 1 + keyIdBytes);
  return bytes[0] === version && id.equals(keyIdOf(currentKey(key)));
}

function candidates(key: SecretKey, bytes: Buffer): { candidate: Buffer; head: number }[] {
  if (bytes[0] === formerVersion) {
    return allKeys(key).map((candidate) => ({ candidate, head: 1 }));
  }
  if (bytes[0] !== version) return [];
  const id = bytes.subarray(1, 1 + keyIdBytes);
  return allKeys(key)
    .filter((candidate) => keyIdOf(candidate).equals(id))
    .map((candidate) => ({ candidate, head: 1 + keyIdBytes }));
}

/** `body`: nonce, ciphertext, tag. */
function decrypt(key: Buffer, body: Buffer, context: string): string {
  if (body.length < nonceBytes + tagBytes) throw new Error('too short for a sealed text');
  const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, nonceBytes));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(body.subarray(body.length - tagBytes));
  const ciphertext = body.subarray(nonceBytes, body.length - tagBytes);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
}
