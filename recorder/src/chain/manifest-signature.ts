import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@nigehban/domain/faults.ts';
import { type FootageRoots, nodesFolderName } from '../footage-layout.ts';
import { namesIn, ofEachRoot, readTextIfThere } from './chain-files.ts';
import type { ManifestSigner } from './node-manifest.ts';

/** Beside a node's manifests: the public keys it signed with, newest last, as PEM (SPKI). */
export const publicKeyFileName = 'public-key.pem';

/** Signs manifests with a node's Ed25519 key (RFC 8032): 64 bytes over the file as it is. */
export function ed25519Signer(privateKey: KeyObject): ManifestSigner {
  return async (bytes) => sign(null, bytes, privateKey);
}

/** Whether one of the keys made this signature. */
export function isSignedBy(keys: readonly KeyObject[], bytes: Buffer, signature: Buffer): boolean {
  return keys.some((key) => verify(null, bytes, key, signature));
}

/** The key's name for people: SHA-256 of its DER form (SPKI), base64 without padding. */
export function fingerprintOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`;
}

/** A node's public key as it tells it. */
export interface NodePublicKey {
  /** SPKI, PEM. */
  readonly pem: string;
  readonly fingerprint: string;
}

export function describePublicKey(publicKey: KeyObject): NodePublicKey {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { pem, fingerprint: fingerprintOf(publicKey) };
}

/** All public keys of a PEM text, in order. @throws Fault REQUEST_INVALID for anything but Ed25519. */
export function parsePublicKeys(pem: string, source: string): KeyObject[] {
  const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  try {
    const keys = blocks.map((block) => createPublicKey(block));
    if (keys.length > 0 && keys.every((key) => key.asymmetricKeyType === 'ed25519')) return keys;
  } catch (cause) {
    throw new Fault('REQUEST_INVALID', `${source} holds no readable public key`, { cause });
  }
  throw new Fault('REQUEST_INVALID', `${source} must hold Ed25519 public keys as PEM`);
}

/** The keys that a node left beside its manifests; none when it left none. */
export async function readPublicKeys(roots: FootageRoots, nodeId: string): Promise<KeyObject[]> {
  const keys = await ofEachRoot(roots, async (root) => {
    const path = join(root, nodesFolderName, nodeId, publicKeyFileName);
    const text = await readTextIfThere(path);
    return text === undefined ? [] : parsePublicKeys(text, path);
  });
  // Each volume has them; a key that one of them lacks is that node's all the same.
  return keys.flat().filter((key, index, all) => all.findIndex((one) => one.equals(key)) === index);
}

/** The keys of all nodes that left some below these roots. */
export async function readAllPublicKeys(roots: FootageRoots): Promise<KeyObject[]> {
  const nodeIds = await namesIn(roots, nodesFolderName);
  return (await Promise.all(nodeIds.map((nodeId) => readPublicKeys(roots, nodeId)))).flat();
}

/** Leaves the key beside the node's manifests, after those it signed with before. */
export async function publishPublicKey(
  root: string,
  nodeId: string,
  publicKey: KeyObject,
): Promise<void> {
  const known = await readPublicKeys(root, nodeId);
  if (known.some((key) => key.equals(publicKey))) return;
  const folder = join(root, nodesFolderName, nodeId);
  await mkdir(folder, { recursive: true });
  const pem = [...known, publicKey].map((key) => key.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(folder, publicKeyFileName), pem.join(''));
}
