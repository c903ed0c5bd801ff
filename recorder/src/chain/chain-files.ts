import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { cameraIdOf, chainFileName, isDayFolder, isHourFolder } from '../footage-layout.ts';
import { parseChainLine } from './chain-line.ts';

/** An hour file's lines; `torn` is what follows the last line end (a crash in the middle of a write). */
export interface ChainFile {
  readonly lines: readonly string[];
  readonly torn: string;
  /** Bytes up to and including the last line end. */
  readonly wholeBytes: number;
}

/** The cameras that have a folder below the root, ascending. */
export async function listCameras(root: string): Promise<CameraId[]> {
  const ids = (await names(root)).flatMap((name) => cameraIdOf(name) ?? []);
  return ids.sort((a, b) => a - b);
}

/** A camera's hour folders, `YYYY-MM-DD/HH`, oldest first. */
export async function listHours(root: string, cameraId: CameraId): Promise<string[]> {
  const camera = join(root, String(cameraId));
  const hours: string[] = [];
  for (const day of (await names(camera)).filter(isDayFolder).sort()) {
    for (const hour of (await names(join(camera, day))).filter(isHourFolder).sort()) {
      hours.push(`${day}/${hour}`);
    }
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

/** The chain of one hour; undefined when the hour has none. */
export async function readChainFile(
  root: string,
  cameraId: CameraId,
  hour: string,
): Promise<ChainFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(root, String(cameraId), hour, chainFileName), 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  return { lines, torn, wholeBytes: Buffer.byteLength(text) - Buffer.byteLength(torn) };
}

/**
 * The entries with a sequence above `after`, in order, an hour at a time. Unreadable lines are passed
 * over: the verifier names them.
 */
export async function* readEntriesAfter(
  root: string,
  cameraId: CameraId,
  after: number,
): AsyncGenerator<ChainEntry[]> {
  const hours = await listHours(root, cameraId);
  const wanted: string[] = [];
  for (const hour of hours.reverse()) {
    const file = await readChainFile(root, cameraId, hour);
    if (file === undefined) continue;
    wanted.push(hour);
    const first = file.lines.map(parseChainLine).find((entry) => entry !== undefined);
    if (first !== undefined && first.sequence <= after + 1) break;
  }
  for (const hour of wanted.reverse()) {
    const file = await readChainFile(root, cameraId, hour);
    const entries = (file?.lines ?? [])
      .map(parseChainLine)
      .filter((entry) => entry !== undefined)
      .filter((entry) => entry.sequence > after);
    if (entries.length > 0) yield entries;
  }
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
