import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault } from '@nigehban/domain/faults.ts';
import type { ExportedFile, ExportManifest } from '@nigehban/domain/footage-export.ts';
import { isSealedBy } from './manifest-seal.ts';

export type ExportProblem =
  | { readonly kind: 'signature-missing'; readonly manifest: string }
  /** The manifest was changed, or another key made it. */
  | { readonly kind: 'signature-wrong'; readonly manifest: string }
  | { readonly kind: 'file-missing'; readonly cameraId: number; readonly part: number }
  /** A film that no manifest names: changed, or of another export. */
  | { readonly kind: 'file-unknown'; readonly path: string };

export interface ExportVerdict {
  readonly manifests: number;
  /** Films that are what a manifest says, with the name they have here. */
  readonly files: readonly { readonly path: string; readonly file: ExportedFile }[];
  readonly problems: readonly ExportProblem[];
}

/**
 * Checks an export without any server: the signatures of its manifests by the nodes' public keys, and
 * every MP4 beside them by its hash, whatever its name. `path` is a folder or a manifest, as the node
 * keeps it or as the API gives it (a list of them). @throws Fault REQUEST_INVALID when there is none
 */
export async function verifyExport(
  path: string,
  publicKeys: readonly KeyObject[],
): Promise<ExportVerdict> {
  const folder = (await isFolder(path)) ? path : dirname(path);
  const names = (await readdir(folder, { recursive: true })).sort();
  const texts = folder === path ? names.filter((name) => name.endsWith('.json')) : [path];
  const manifests: { name: string; manifest: ExportManifest }[] = [];
  for (const name of texts) {
    const text = await readFile(folder === path ? join(folder, name) : name, 'utf8');
    manifests.push(...parseManifests(text).map((manifest) => ({ name, manifest })));
  }
  if (manifests.length === 0) {
    throw new Fault('REQUEST_INVALID', `${path} holds no manifest of an export`);
  }
  const problems: ExportProblem[] = [];
  for (const { name, manifest } of manifests) {
    if (manifest.signature === undefined) {
      problems.push({ kind: 'signature-missing', manifest: name });
    } else if (!isSealedBy(publicKeys, manifest)) {
      problems.push({ kind: 'signature-wrong', manifest: name });
    }
  }
  const expected = manifests.flatMap(({ manifest }) =>
    manifest.files.map((file) => ({ file, cameraId: manifest.cameraId, found: false })),
  );
  const files: { path: string; file: ExportedFile }[] = [];
  for (const name of names.filter((one) => one.endsWith('.mp4'))) {
    const sha256 = await hashFile(join(folder, name));
    const known = expected.find((one) => one.file.sha256 === sha256);
    if (known === undefined) problems.push({ kind: 'file-unknown', path: name });
    else {
      known.found = true;
      files.push({ path: name, file: known.file });
    }
  }
  for (const { file, cameraId, found } of expected) {
    if (!found) problems.push({ kind: 'file-missing', cameraId, part: file.part });
  }
  return { manifests: manifests.length, files, problems };
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new Fault('REQUEST_INVALID', `There is no ${path}`, { cause });
  });
  return found.isDirectory();
}

/** The manifests of a text; other JSON that lies there holds none. */
function parseManifests(text: string): ExportManifest[] {
  try {
    const value: unknown = JSON.parse(text);
    return (Array.isArray(value) ? value : [value]).filter(isManifest);
  } catch {
    return [];
  }
}

function isManifest(value: unknown): value is ExportManifest {
  if (typeof value !== 'object' || value === null) return false;
  const { exportId, cameraId, files, segments } = value as Record<string, unknown>;
  return (
    typeof exportId === 'string' &&
    Number.isSafeInteger(cameraId) &&
    Array.isArray(segments) &&
    Array.isArray(files) &&
    files.every((file: Partial<ExportedFile> | null) => typeof file?.sha256 === 'string')
  );
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(bytes);
  return hash.digest('hex');
}
