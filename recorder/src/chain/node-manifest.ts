import { createHash, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { hourFolder, isDayFolder, nodesFolderName } from '../footage-layout.ts';
import type { ChainHead } from './camera-chain.ts';
import { names } from './chain-files.ts';
import { firstPreviousHash } from './chain-line.ts';
import { isSignedBy, readPublicKeys } from './manifest-signature.ts';

/** A node's statement, once an hour, of where the chains that it writes stand. */
export interface NodeManifest {
  readonly nodeId: string;
  /** When it was made, microseconds since the Unix epoch. */
  readonly atUs: number;
  /** Camera id → head of its chain. */
  readonly heads: Readonly<Record<string, ChainHead>>;
  /** SHA-256 of the node's previous manifest file; zeros for the first. */
  readonly previousHash: string;
}

/** Signs the bytes of a manifest; its result is kept beside the file as `.sig`. */
export type ManifestSigner = (bytes: Buffer) => Promise<Buffer>;

/**
 * Writes the manifest of an hour to `nodes/<node>/<YYYY-MM-DD>/<HH>.json`, which names the file
 * before it by hash. An hour that has one already keeps it.
 */
export async function writeNodeManifest(
  root: string,
  nodeId: string,
  heads: ReadonlyMap<CameraId, ChainHead>,
  atUs: number,
  sign?: ManifestSigner,
): Promise<string | undefined> {
  const folder = join(root, nodesFolderName, nodeId);
  const path = join(folder, `${hourFolder(atUs)}.json`);
  const existing = await listManifests(folder);
  const newest = existing.at(-1);
  if (newest !== undefined && join(folder, newest) >= path) return undefined;
  const previousHash =
    newest === undefined ? firstPreviousHash : hashBytes(await readFile(join(folder, newest)));
  const manifest: NodeManifest = {
    nodeId,
    atUs,
    heads: Object.fromEntries([...heads].sort(([a], [b]) => a - b)),
    previousHash,
  };
  const bytes = Buffer.from(`${JSON.stringify(manifest)}\n`);
  await mkdir(dirname(path), { recursive: true });
  if (sign !== undefined) await writeDurably(`${path}.sig`, await sign(bytes));
  await writeDurably(path, bytes);
  return path;
}

export interface KnownHeads {
  readonly heads: ReadonlyMap<
    CameraId,
    readonly { readonly manifest: string; readonly sequence: number; readonly hash: string }[]
  >;
  /** Manifests that are unreadable or do not follow the one before. */
  readonly broken: readonly string[];
  /** Manifests whose signature is none of the node's key. */
  readonly forged: readonly string[];
  /** Manifests without signature of a node that has a key and did not sign a former one later on. */
  readonly unsigned: readonly string[];
  /** The keys that the signatures were checked with. */
  readonly keys: ReadonlyMap<string, readonly KeyObject[]>;
}

/**
 * All heads that the manifests below a root name, checked as a chain per node and by their
 * signatures: with `trusted` if given, else with the keys that the nodes left in the folder.
 */
export async function readHeads(root: string, trusted?: readonly KeyObject[]): Promise<KnownHeads> {
  const heads = new Map<CameraId, { manifest: string; sequence: number; hash: string }[]>();
  const broken: string[] = [];
  const forged: string[] = [];
  const unsigned: string[] = [];
  const keysOf = new Map<string, readonly KeyObject[]>();
  for (const nodeId of (await names(join(root, nodesFolderName))).sort()) {
    const folder = join(root, nodesFolderName, nodeId);
    const keys = trusted ?? (await readPublicKeys(root, nodeId));
    if (keys.length > 0) keysOf.set(nodeId, keys);
    let previousHash = firstPreviousHash;
    let bare: string[] = [];
    let signed = false;
    for (const name of await listManifests(folder)) {
      const bytes = await readFile(join(folder, name));
      const manifest = `${nodesFolderName}/${nodeId}/${name}`;
      const parsed = parseManifest(bytes);
      const signature = await readSignature(join(folder, name));
      if (signature === undefined) bare.push(manifest);
      else if (keys.length > 0 && !isSignedBy(keys, bytes, signature)) forged.push(manifest);
      // Those before the first signed one are vouched for by it: it names them by hash.
      else if (keys.length > 0 && !signed) [signed, bare] = [true, []];
      if (parsed === undefined || parsed.previousHash !== previousHash) broken.push(manifest);
      previousHash = hashBytes(bytes);
      for (const [id, head] of Object.entries(parsed?.heads ?? {})) {
        const ofCamera = heads.get(Number(id)) ?? [];
        ofCamera.push({ manifest, ...head });
        heads.set(Number(id), ofCamera);
      }
    }
    if (keys.length > 0) unsigned.push(...bare);
  }
  return { heads, broken, forged, unsigned, keys: keysOf };
}

async function readSignature(manifest: string): Promise<Buffer | undefined> {
  try {
    return await readFile(`${manifest}.sig`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function listManifests(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const day of (await names(folder)).filter(isDayFolder).sort()) {
    const hours = (await names(join(folder, day))).filter((name) => /^\d\d\.json$/.test(name));
    found.push(...hours.sort().map((name) => `${day}/${name}`));
  }
  return found;
}

function parseManifest(bytes: Buffer): NodeManifest | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isManifest(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is NodeManifest {
  if (typeof value !== 'object' || value === null) return false;
  const { heads, previousHash } = value as { heads?: unknown; previousHash?: unknown };
  if (typeof previousHash !== 'string' || typeof heads !== 'object' || heads === null) return false;
  return Object.entries(heads).every(
    ([id, head]: [string, Partial<ChainHead> | null]) =>
      /^\d{1,10}$/.test(id) &&
      Number.isSafeInteger(head?.sequence) &&
      typeof head?.hash === 'string',
  );
}

function hashBytes(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(`${path}.part`, 'w');
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}
