import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { ExportManifest } from '@nigehban/domain/footage-export.ts';
import { fingerprintOf } from '../chain/manifest-signature.ts';

/**
 * An export's manifest with the node's Ed25519 signature (RFC 8032) of its JSON text without the
 * signature, in the order of its members as they stand: writing it out anew keeps it valid.
 */
export function sealManifest(
  manifest: Omit<ExportManifest, 'signedBy' | 'signature'>,
  signingKey: KeyObject,
): ExportManifest {
  const signedBy = fingerprintOf(createPublicKey(signingKey));
  const signed = { ...manifest, signedBy };
  const signature = sign(null, Buffer.from(JSON.stringify(signed)), signingKey).toString('base64');
  return { ...signed, signature };
}

/** Whether one of the keys signed this manifest as it is. */
export function isSealedBy(keys: readonly KeyObject[], manifest: ExportManifest): boolean {
  const { signature, ...signed } = manifest;
  if (signature === undefined) return false;
  const bytes = Buffer.from(JSON.stringify(signed));
  return keys.some((key) => verify(null, bytes, key, Buffer.from(signature, 'base64')));
}
