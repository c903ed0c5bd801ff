import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Fault } from '@nigehban/domain/faults.ts';
import type {
  ExportedFile,
  ExportedSegment,
  ExportManifest,
  NodeExportWish,
} from '@nigehban/domain/footage-export.ts';
import { ofEachRoot, readTextIfThere } from '../chain/chain-files.ts';
import { diskFault } from '../disk/disk-fault.ts';
import { buildConcatList, concatToMp4 } from '../ffmpeg/concat-mp4.ts';
import { cameraFileName, type FootageRoots } from '../footage-layout.ts';
import type { SegmentSource } from '../playback/segment-reader.ts';
import { sealManifest } from './manifest-seal.ts';
import {
  type ExportPiece,
  groupParts,
  planExport,
  planGaps,
  readChainOfRange,
} from './plan-export.ts';

export const manifestFileName = 'manifest.json';

export interface MakeExportOptions extends SegmentSource {
  readonly nodeId: string;
  /** Signs the manifest (Ed25519). */
  readonly signingKey: KeyObject;
  /** Folder of this camera's export; made here. What an earlier attempt left in it is made anew. */
  readonly folder: string;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  /** Asked before the work that needs it; what it cannot provide is told as DISK_FULL. */
  readonly makeRoom?: (wantFreeBytes: number) => Promise<void>;
  /** 0 to 1. */
  readonly onProgress: (progress: number) => void;
}

/** The manifest of a finished export in its folder; undefined while it is none. */
export async function readManifest(folder: string): Promise<ExportManifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, manifestFileName), 'utf8')) as ExportManifest;
  } catch {
    return undefined;
  }
}

/** Of the work: joining; the rest is reading the result once more for its hash. */
const joiningShare = 0.9;

/**
 * Makes the files of one camera's range and, last of all, the manifest that says that they are
 * whole. @throws Fault FOOTAGE_UNKNOWN, DISK_FULL, EXPORT_FAILED; the signal's reason
 */
export async function makeExport(
  wish: NodeExportWish,
  options: MakeExportOptions,
): Promise<ExportManifest> {
  const { folder, root, signal } = options;
  const pieces = await planExport(options, wish.cameraId, wish);
  if (pieces.length === 0) {
    const { without = [], ...whole } = wish;
    if (without.length > 0 && (await planExport(options, wish.cameraId, whole)).length > 0) {
      throw new Fault(
        'FOOTAGE_DOUBTED',
        `It is not proved that this is of camera ${wish.cameraId}`,
      );
    }
    throw new Fault('FOOTAGE_UNKNOWN', `Nothing of camera ${wish.cameraId} is recorded there`);
  }
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await requireSpace(folder, pieces, options.makeRoom);
    const parts = groupParts(pieces);
    const totalUs = pieces.reduce((sum, piece) => sum + piece.durationUs, 0);
    let doneUs = 0;
    const files: ExportedFile[] = [];
    for (const [index, part] of parts.entries()) {
      signal.throwIfAborted();
      files.push(
        await makePart(part, index + 1, options, (mediaUs) => {
          options.onProgress(Math.min(1, (doneUs + mediaUs) / totalUs) * joiningShare);
        }),
      );
      doneUs += part.reduce((sum, piece) => sum + piece.durationUs, 0);
    }
    const chain = await readChainOfRange(root, wish.cameraId, wish);
    const segments = parts.flatMap((part, index) =>
      part.map((piece): ExportedSegment => {
        const entry = chain.segments.get(piece.segmentUs);
        return {
          startUs: piece.segmentUs,
          endUs: entry?.endUs ?? piece.endUs,
          sequence: entry?.sequence ?? null,
          sha256: entry?.sha256 ?? null,
          framesTaken: piece.frames,
          trimmed: piece.cut !== null,
          part: index + 1,
        };
      }),
    );
    const camera = await readCamera(root, wish.cameraId);
    const manifest = sealManifest(
      {
        ...{ exportId: wish.exportId, cameraId: wish.cameraId, ...camera, nodeId: options.nodeId },
        ...{ fromUs: wish.fromUs, toUs: wish.toUs, madeAtMs: options.nowMs() },
        files,
        gaps: planGaps(wish, pieces, chain),
        segments,
      },
      options.signingKey,
    );
    signal.throwIfAborted();
    await writeDurably(join(folder, manifestFileName), JSON.stringify(manifest, null, 1));
    return manifest;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw diskFault(error, folder);
    }
    throw error;
  }
}

async function makePart(
  pieces: readonly ExportPiece[],
  part: number,
  options: MakeExportOptions,
  onProgress: (mediaUs: number) => void,
): Promise<ExportedFile> {
  const { folder, signal } = options;
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('A part without pieces');
  const inputs: { path: string; durationUs: number }[] = [];
  const cuts: string[] = [];
  for (const piece of pieces) {
    let path = piece.path;
    if (piece.cut !== null) {
      path = join(folder, `${piece.segmentUs}.cut.mp4`);
      await copyCut(piece.path, path, piece.cut);
      cuts.push(path);
    }
    // ffmpeg takes what is relative from the list's folder.
    inputs.push({ path: resolve(path), durationUs: piece.durationUs });
  }
  const listFile = join(folder, `${part}.ffconcat`);
  await writeFile(listFile, buildConcatList(inputs));
  const outputFile = join(folder, `${part}.mp4`);
  await concatToMp4({ listFile, codec: first.codec, outputFile, signal, onProgress });
  for (const path of [...cuts, listFile]) await rm(path, { force: true });
  return {
    part,
    ...(await hashFile(outputFile, signal)),
    startUs: first.startUs,
    endUs: last.endUs,
    codec: first.codec,
    frames: pieces.reduce((sum, piece) => sum + piece.frames, 0),
  };
}

/** A playable file of the initialisation and some fragments of a segment. */
async function copyCut(
  from: string,
  to: string,
  cut: NonNullable<ExportPiece['cut']>,
): Promise<void> {
  await using source = await open(from, 'r');
  await using target = await open(to, 'w');
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (const { start, end } of [{ start: 0, end: cut.initialisationBytes }, ...cut.ranges]) {
    for (let at = start; at < end; ) {
      const length = Math.min(buffer.length, end - at);
      const { bytesRead } = await source.read(buffer, 0, length, at);
      if (bytesRead === 0) throw new Fault('EXPORT_FAILED', 'A segment became shorter meanwhile');
      await target.writeFile(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }
}

async function hashFile(
  path: string,
  signal: AbortSignal,
): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** A tenth more than the pictures, and what recording needs beside it, must be free. */
async function requireSpace(
  folder: string,
  pieces: readonly ExportPiece[],
  makeRoom: MakeExportOptions['makeRoom'],
): Promise<void> {
  const neededBytes = pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0) * 1.1 + (256 << 20);
  await makeRoom?.(neededBytes);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < neededBytes) {
    throw new Fault('DISK_FULL', 'The disk of the exports has no room for this one', {
      details: { neededBytes: Math.ceil(neededBytes), freeBytes: bavail * bsize },
    });
  }
}

async function readCamera(
  roots: FootageRoots,
  cameraId: number,
): Promise<{ cameraCode: string | null; stationCode: string | null }> {
  try {
    const texts = await ofEachRoot(roots, (root) =>
      readTextIfThere(join(root, String(cameraId), cameraFileName)),
    );
    const text = texts.find((one) => one !== undefined) ?? '';
    const { cameraCode, stationCode } = JSON.parse(text) as Record<string, unknown>;
    return {
      cameraCode: typeof cameraCode === 'string' ? cameraCode : null,
      stationCode: typeof stationCode === 'string' ? stationCode : null,
    };
  } catch {
    return { cameraCode: null, stationCode: null };
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  {
    await using file = await open(`${path}.new`, 'w');
    await file.writeFile(text);
    await file.sync();
  }
  await rename(`${path}.new`, path);
}
