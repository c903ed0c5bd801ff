import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import {
  cameraIdOf,
  chainFileName,
  type FootageRoots,
  isDayFolder,
  isHourFolder,
  rootsOf,
} from '../footage-layout.ts';
import { parseChainLine } from './chain-line.ts';
import { mergeLines, type NumberedLine } from './merge-lines.ts';

/** An hour file's lines; `torn` is what follows the last line end (a crash in the middle of a write). */
export interface ChainFile {
  readonly root: string;
  readonly lines: readonly string[];
  readonly torn: string;
  /** Bytes up to and including the last line end. */
  readonly wholeBytes: number;
}

export type ChainLine = NumberedLine<ChainEntry>;

/** An hour of a camera's chain, from the copies of all volumes. */
export interface ChainHour {
  readonly files: readonly ChainFile[];
  readonly lines: readonly ChainLine[];
  /** Lines that another volume has differently. */
  readonly forks: readonly ChainLine[];
}

/** The cameras that have a folder below a root, ascending. */
export async function listCameras(roots: FootageRoots): Promise<CameraId[]> {
  const ids = (await namesIn(roots, '')).flatMap((name) => cameraIdOf(name) ?? []);
  return ids.sort((a, b) => a - b);
}

/** A camera's hour folders, `YYYY-MM-DD/HH`, oldest first. */
export async function listHours(roots: FootageRoots, cameraId: CameraId): Promise<string[]> {
  const hours: string[] = [];
  for (const day of (await namesIn(roots, String(cameraId))).filter(isDayFolder).sort()) {
    const found = (await namesIn(roots, `${cameraId}/${day}`)).filter(isHourFolder).sort();
    hours.push(...found.map((hour) => `${day}/${hour}`));
  }
  return hours;
}

/** The names in a folder; none when it does not exist. Other faults of the disk are thrown. */
export async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** The names that a folder has on any of the volumes, each once. */
export async function namesIn(roots: FootageRoots, below: string): Promise<string[]> {
  const found = await ofEachRoot(roots, (root) => names(join(root, below)));
  return found.length === 1 ? (found[0] ?? []) : [...new Set(found.flat())];
}

/**
 * What each volume gives. One that fails is passed over while another answers: a dead disk must not
 * take along the reading of the others. Throws the first error when all fail.
 */
export async function ofEachRoot<Result>(
  roots: FootageRoots,
  read: (root: string) => Promise<Result>,
): Promise<Result[]> {
  const answers = await Promise.allSettled(rootsOf(roots).map(read));
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed !== undefined && answers.every((answer) => answer.status === 'rejected')) {
    throw failed.reason;
  }
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

/** The chain of one hour on one volume; undefined when it has none there. */
export async function readChainFile(
  root: string,
  cameraId: CameraId,
  hour: string,
): Promise<ChainFile | undefined> {
  const text = await readTextIfThere(join(root, String(cameraId), hour, chainFileName));
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  return { root, lines, torn, wholeBytes: Buffer.byteLength(text) - Buffer.byteLength(torn) };
}

/** The chain of one hour; undefined when no volume has any of it. */
export async function readChainHour(
  roots: FootageRoots,
  cameraId: CameraId,
  hour: string,
): Promise<ChainHour | undefined> {
  const read = await ofEachRoot(roots, (root) => readChainFile(root, cameraId, hour));
  const files = read.filter((file) => file !== undefined);
  if (files.length === 0) return undefined;
  const copies = files.map(({ root, lines }) =>
    lines.map((text, index) => ({ text, entry: parseChainLine(text), root, number: index + 1 })),
  );
  return { files, ...mergeLines(copies) };
}

/**
 * The entries with a sequence above `after`, in order, an hour at a time. Unreadable lines are passed
 * over: the verifier names them.
 */
export async function* readEntriesAfter(
  roots: FootageRoots,
  cameraId: CameraId,
  after: number,
): AsyncGenerator<ChainEntry[]> {
  const hours = await listHours(roots, cameraId);
  const wanted: string[] = [];
  for (const hour of hours.reverse()) {
    const chain = await readChainHour(roots, cameraId, hour);
    if (chain === undefined) continue;
    wanted.push(hour);
    const first = chain.lines.find(({ entry }) => entry !== undefined)?.entry;
    if (first !== undefined && first.sequence <= after + 1) break;
  }
  for (const hour of wanted.reverse()) {
    const chain = await readChainHour(roots, cameraId, hour);
    const entries = (chain?.lines ?? [])
      .flatMap(({ entry }) => entry ?? [])
      .filter((entry) => entry.sequence > after);
    if (entries.length > 0) yield entries;
  }
}

/** Undefined when there is no such file. Other faults of the disk are thrown. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
