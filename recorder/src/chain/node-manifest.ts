import { createHash, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { type FootageRoots, hourFolder, isDayFolder, nodesFolderName } from '../footage-layout.ts';
import type { ChainHead } from './camera-chain.ts';
import { namesIn, ofEachRoot } from './chain-files.ts';
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
 * Writes the manifest of an hour to `nodes/<node>/<YYYY-MM-DD>/<HH>.json` of each volume, which names
 * the file before it by hash. An hour that has one already keeps it. One volume that takes it is
 * enough. Throws the disk's own errors.
 */
export async function writeNodeManifest(
  roots: FootageRoots,
  nodeId: string,
  heads: ReadonlyMap<CameraId, ChainHead>,
  atUs: number,
  sign?: ManifestSigner,
): Promise<string | undefined> {
  const folder = `${nodesFolderName}/${nodeId}`;
  const name = `${hourFolder(atUs)}.json`;
  const newest = (await listManifests(roots, folder)).at(-1);
  if (newest !== undefined && newest >= name) return undefined;
  const before = newest === undefined ? [] : await readCopies(roots, `${folder}/${newest}`);
  const manifest: NodeManifest = {
    nodeId,
    atUs,
    heads: Object.fromEntries([...heads].sort(([a], [b]) => a - b)),
    previousHash: before[0] === undefined ? firstPreviousHash : hashBytes(before[0]),
  };
  const bytes = Buffer.from(`${JSON.stringify(manifest)}\n`);
  const signature = await sign?.(bytes);
  const [path] = await ofEachRoot(roots, async (root) => {
    const to = join(root, folder, name);
    await mkdir(dirname(to), { recursive: true });
    if (signature !== undefined) await writeDurably(`${to}.sig`, signature);
    await writeDurably(to, bytes);
    return to;
  });
  return path;
}

/** What a node's newest manifest says of its chains; empty when there is none. */
export async function readNewestHeads(
  roots: FootageRoots,
  nodeId: string,
): Promise<ReadonlyMap<CameraId, ChainHead>> {
  const folder = `${nodesFolderName}/${nodeId}`;
  const newest = (await listManifests(roots, folder)).at(-1);
  const [bytes] = newest === undefined ? [] : await readCopies(roots, `${folder}/${newest}`);
  const manifest = bytes && parseManifest(bytes);
  return new Map(Object.entries(manifest?.heads ?? {}).map(([id, head]) => [Number(id), head]));
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
export async function readHeads(
  roots: FootageRoots,
  trusted?: readonly KeyObject[],
): Promise<KnownHeads> {
  const heads = new Map<CameraId, { manifest: string; sequence: number; hash: string }[]>();
  const broken: string[] = [];
  const forged: string[] = [];
  const unsigned: string[] = [];
  const keysOf = new Map<string, readonly KeyObject[]>();
  for (const nodeId of (await namesIn(roots, nodesFolderName)).sort()) {
    const folder = `${nodesFolderName}/${nodeId}`;
    const keys = trusted ?? (await readPublicKeys(roots, nodeId));
    if (keys.length > 0) keysOf.set(nodeId, keys);
    let previousHash = firstPreviousHash;
    let bare: string[] = [];
    let signed = false;
    for (const name of await listManifests(roots, folder)) {
      const manifest = `${folder}/${name}`;
      const copies = await readCopies(roots, manifest);
      // Where volumes differ, the copy that follows the chain of manifests is read; both are told.
      const bytes = copies.find((copy) => parseManifest(copy)?.previousHash === previousHash);
      const chosen = bytes ?? copies[0];
      if (chosen === undefined) continue;
      if (copies.some((copy) => !copy.equals(chosen))) broken.push(manifest);
      const parsed = parseManifest(chosen);
      const signatures = await readCopies(roots, `${manifest}.sig`);
      const isSigned = signatures.some((signature) => isSignedBy(keys, chosen, signature));
      if (signatures.length === 0) bare.push(manifest);
      else if (keys.length > 0 && !isSigned) forged.push(manifest);
      // Those before the first signed one are vouched for by it: it names them by hash.
      else if (keys.length > 0 && !signed) [signed, bare] = [true, []];
      if (parsed === undefined || parsed.previousHash !== previousHash) broken.push(manifest);
      previousHash = hashBytes(chosen);
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

/** What the volumes have of a file: none, one or several copies. */
async function readCopies(roots: FootageRoots, below: string): Promise<Buffer[]> {
  const copies = await ofEachRoot(roots, async (root) => {
    try {
      return await readFile(join(root, below));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  });
  return copies.filter((copy) => copy !== undefined);
}

async function listManifests(roots: FootageRoots, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const day of (await namesIn(roots, folder)).filter(isDayFolder).sort()) {
    const inDay = await namesIn(roots, `${folder}/${day}`);
    const hours = inDay.filter((name) => /^\d\d\.json$/.test(name));
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
