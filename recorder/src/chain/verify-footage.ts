import { createHash, type KeyObject } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry, SegmentEntry } from '@nigehban/domain/footage.ts';
import {
  type FootageRoots,
  removalsFileName,
  rootsOf,
  segmentPath,
  segmentStartOf,
} from '../footage-layout.ts';
import { listCameras, listHours, names, namesIn, readChainHour } from './chain-files.ts';
import { firstPreviousHash, hashChainLine } from './chain-line.ts';
import { fingerprintOf } from './manifest-signature.ts';
import { readHeads } from './node-manifest.ts';
import { type ReadRemovals, readRemovals, removalIsSigned, removedBy } from './removal-log.ts';

/** What is wrong, and where exactly. Paths are below the footage root. */
export type FootageProblem =
  | { readonly kind: 'line-unreadable'; readonly path: string; readonly line: number }
  /** The entry does not follow the one before it: an entry was changed, removed or put in between. */
  | { readonly kind: 'chain-broken'; readonly path: string; readonly line: number }
  /** The last line has no end: a write was interrupted. The next start of the recorder cuts it off. */
  | { readonly kind: 'line-torn'; readonly path: string }
  /** Two volumes have different entries under one number: one of them was written without the other. */
  | { readonly kind: 'chain-forked'; readonly path: string; readonly sequence: number }
  /** A node's hourly manifest names an entry that is gone or another: the chain's end was removed. */
  | { readonly kind: 'head-missing'; readonly manifest: string; readonly sequence: number }
  | { readonly kind: 'manifest-broken'; readonly manifest: string }
  /** The manifest or its signature was changed, or another key made it. */
  | { readonly kind: 'signature-wrong'; readonly manifest: string }
  | { readonly kind: 'signature-missing'; readonly manifest: string }
  | { readonly kind: 'file-missing'; readonly path: string }
  | { readonly kind: 'path-wrong'; readonly path: string; readonly sequence: number }
  | {
      readonly kind: 'file-length';
      readonly path: string;
      readonly expectedBytes: number;
      readonly foundBytes: number;
    }
  /** Fragment counted from 0, with its bytes `[fromByte, toByte)`. */
  | {
      readonly kind: 'fragment-changed';
      readonly path: string;
      readonly fragment: number;
      readonly fromByte: number;
      readonly toByte: number;
    }
  /** All fragments are as they were, but the file's own hash in the entry is another. */
  | { readonly kind: 'file-changed'; readonly path: string }
  /** A segment without an entry: left by a crash and not taken in yet, or put there by somebody. */
  | { readonly kind: 'file-unknown'; readonly path: string }
  /** A record of a removal does not follow the one before, or is of another chain. */
  | { readonly kind: 'removal-broken'; readonly path: string; readonly sequence: number }
  /** A record of a removal that no key of a node signed: its files are missing, not removed. */
  | { readonly kind: 'removal-unsigned'; readonly path: string; readonly sequence: number }
  /** Time that is neither recorded nor a gap with a cause. */
  | { readonly kind: 'time-missing'; readonly startUs: number; readonly endUs: number };

export interface CameraVerdict {
  readonly cameraId: CameraId;
  readonly entries: number;
  readonly segments: number;
  readonly gaps: number;
  readonly sizeBytes: number;
  /** Segments that retention deleted, as its signed records say. */
  readonly removed: number;
  /** The newest file, after all that the chain has: its entry follows when it ends. */
  readonly beingWritten: string | undefined;
  readonly problems: readonly FootageProblem[];
}

export interface FootageVerdict {
  readonly cameras: readonly CameraVerdict[];
  readonly manifestProblems: readonly FootageProblem[];
  /** Fingerprints of the keys that the manifests' signatures were checked with, by node. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  readonly intact: boolean;
}

export interface VerifyOptions {
  readonly cameraIds?: readonly CameraId[];
  /** The only keys that are believed; without them those that the nodes left in the folder. */
  readonly publicKeys?: readonly KeyObject[];
  readonly onCamera?: (verdict: CameraVerdict) => void;
}

const longestHoleUs = 1_000_000;
const readBytes = 256 << 10;

/**
 * Checks a footage folder against itself, without any server: every chain from its first entry, every
 * file by its hashes. Reads all bytes once; changes nothing. Throws the disk's own errors.
 */
export async function verifyFootage(
  roots: FootageRoots,
  options: VerifyOptions = {},
): Promise<FootageVerdict> {
  // What one volume refuses the others answer for, but none may be passed over as a whole.
  for (const root of rootsOf(roots)) await names(root);
  const manifests = await readHeads(roots, options.publicKeys);
  const cameras: CameraVerdict[] = [];
  for (const cameraId of options.cameraIds ?? (await listCameras(roots))) {
    const keys = options.publicKeys ?? [...manifests.keys.values()].flat();
    const heads = manifests.heads.get(cameraId) ?? [];
    const verdict = await verifyCamera(roots, cameraId, heads, keys);
    cameras.push(verdict);
    options.onCamera?.(verdict);
  }
  const manifestProblems: FootageProblem[] = [
    ...manifests.broken.map((manifest) => ({ kind: 'manifest-broken' as const, manifest })),
    ...manifests.forged.map((manifest) => ({ kind: 'signature-wrong' as const, manifest })),
    ...manifests.unsigned.map((manifest) => ({ kind: 'signature-missing' as const, manifest })),
  ];
  const keys = new Map(
    [...manifests.keys].map(([nodeId, ofNode]) => [nodeId, ofNode.map(fingerprintOf)]),
  );
  const intact =
    manifestProblems.length === 0 && cameras.every((camera) => camera.problems.length === 0);
  return { cameras, manifestProblems, keys, intact };
}

interface KnownHead {
  readonly manifest: string;
  readonly sequence: number;
  readonly hash: string;
}

async function verifyCamera(
  roots: FootageRoots,
  cameraId: CameraId,
  heads: readonly KnownHead[],
  keys: readonly KeyObject[],
): Promise<CameraVerdict> {
  const problems: FootageProblem[] = [];
  const counts = { entries: 0, segments: 0, gaps: 0, sizeBytes: 0, removed: 0 };
  const removals = checkRemovals(cameraId, await readRemovals(roots, cameraId), keys);
  problems.push(...removals.problems);
  const entriesByHash = new Map<number, string>();
  const wanted = new Set(heads.map((head) => head.sequence));
  const known = new Set<number>();
  const present: number[] = [];
  let previousHash = firstPreviousHash;
  let sequence = 0;
  let coveredUs: number | undefined;
  for (const hour of await listHours(roots, cameraId)) {
    for (const name of await namesIn(roots, `${cameraId}/${hour}`)) {
      const startUs = segmentStartOf(name);
      if (startUs !== undefined) present.push(startUs);
    }
    const chain = await readChainHour(roots, cameraId, hour);
    if (chain === undefined) continue;
    const path = `${cameraId}/${hour}/chain.jsonl`;
    if (chain.files.some((file) => file.torn !== '')) problems.push({ kind: 'line-torn', path });
    for (const { entry } of chain.forks) {
      if (entry === undefined) continue;
      problems.push({ kind: 'chain-forked', path, sequence: entry.sequence });
    }
    for (const { entry, text, number } of chain.lines) {
      if (entry === undefined) {
        problems.push({ kind: 'line-unreadable', path, line: number });
        continue;
      }
      if (entry.previousHash !== previousHash || entry.sequence !== sequence + 1) {
        problems.push({ kind: 'chain-broken', path, line: number });
      }
      previousHash = hashChainLine(text);
      sequence = entry.sequence;
      if (wanted.has(sequence)) entriesByHash.set(sequence, previousHash);
      const ended = removals.lastHashes.get(sequence);
      if (ended !== undefined && ended.hash !== previousHash) problems.push(ended.problem);
      counts.entries += 1;
      if (entry.kind === 'gap') counts.gaps += 1;
      else {
        counts.segments += 1;
        counts.sizeBytes += entry.sizeBytes;
        known.add(entry.startUs);
        const found = await verifySegment(roots, cameraId, entry);
        const gone = found[0]?.kind === 'file-missing';
        if (gone && removals.covers(entry.sequence)) counts.removed += 1;
        else problems.push(...found);
      }
      const hole = holeBefore(entry, coveredUs);
      if (hole !== undefined) problems.push(hole);
      coveredUs = Math.max(coveredUs ?? 0, entry.endUs);
    }
  }
  for (const head of heads) {
    if (entriesByHash.get(head.sequence) === head.hash) continue;
    problems.push({ kind: 'head-missing', manifest: head.manifest, sequence: head.sequence });
  }
  const newestUs = present.reduce((newest, startUs) => Math.max(newest, startUs), 0);
  let beingWritten: string | undefined;
  for (const startUs of present) {
    if (known.has(startUs)) continue;
    const path = segmentPath(cameraId, startUs);
    if (startUs === newestUs && startUs >= (coveredUs ?? 0)) beingWritten = path;
    else problems.push({ kind: 'file-unknown', path });
  }
  return { cameraId, ...counts, beingWritten, problems };
}

/** What the believable records of removals cover, and what is wrong with the others. */
function checkRemovals(cameraId: CameraId, read: ReadRemovals, keys: readonly KeyObject[]) {
  const path = `${cameraId}/${removalsFileName}`;
  const problems: FootageProblem[] = read.unreadable.map((line) => ({
    kind: 'line-unreadable',
    path,
    line,
  }));
  const ranges: { fromSequence: number; toSequence: number }[] = [];
  const lastHashes = new Map<number, { hash: string; problem: FootageProblem }>();
  for (const each of read.removals) {
    const { sequence, toSequence, lastHash } = each.removal;
    const broken = { kind: 'removal-broken', path, sequence } as const;
    if (!each.follows) problems.push(broken);
    lastHashes.set(toSequence, { hash: lastHash, problem: broken });
    if (removalIsSigned(each, keys)) ranges.push(each.removal);
    else problems.push({ kind: 'removal-unsigned', path, sequence });
  }
  return { problems, lastHashes, covers: removedBy(ranges) };
}

function holeBefore(entry: ChainEntry, coveredUs: number | undefined): FootageProblem | undefined {
  if (coveredUs === undefined || entry.startUs - coveredUs <= longestHoleUs) return undefined;
  return { kind: 'time-missing', startUs: coveredUs, endUs: entry.startUs };
}

async function verifySegment(
  roots: FootageRoots,
  cameraId: CameraId,
  entry: SegmentEntry,
): Promise<FootageProblem[]> {
  const path = segmentPath(cameraId, entry.startUs);
  // The path is derived, never followed: an entry cannot lead the verifier out of its folder.
  if (entry.path !== path) return [{ kind: 'path-wrong', path, sequence: entry.sequence }];
  const file = await openOnItsVolume(roots, path);
  if (file === undefined) return [{ kind: 'file-missing', path }];
  try {
    return await compareBytes(file, path, entry);
  } finally {
    await file.close();
  }
}

/** Undefined when no volume has the file. Throws the disk's own errors. */
async function openOnItsVolume(roots: FootageRoots, path: string): Promise<FileHandle | undefined> {
  let failure: unknown;
  for (const root of rootsOf(roots)) {
    try {
      return await open(join(root, path), 'r');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

async function compareBytes(
  file: FileHandle,
  path: string,
  entry: SegmentEntry,
): Promise<FootageProblem[]> {
  const problems: FootageProblem[] = [];
  const { size } = await file.stat();
  if (size !== entry.sizeBytes) {
    const sizes = { expectedBytes: entry.sizeBytes, foundBytes: size };
    problems.push({ kind: 'file-length', path, ...sizes });
  }
  const whole = createHash('sha256');
  const bytes = Buffer.allocUnsafe(readBytes);
  let at = 0;
  for (const [fragment, [endByte, sha256]] of entry.fragments.entries()) {
    const fromByte = at;
    while (at < endByte) {
      const { bytesRead } = await file.read(bytes, 0, Math.min(readBytes, endByte - at), at);
      if (bytesRead === 0) break;
      whole.update(bytes.subarray(0, bytesRead));
      at += bytesRead;
    }
    // Each digest is of everything up to its end: the first that differs tells where the change begins.
    if (at < endByte || whole.copy().digest('hex') !== sha256) {
      problems.push({ kind: 'fragment-changed', path, fragment, fromByte, toByte: endByte });
      return problems;
    }
  }
  if (problems.length === 0 && (at !== entry.sizeBytes || whole.digest('hex') !== entry.sha256)) {
    problems.push({ kind: 'file-changed', path });
  }
  return problems;
}
