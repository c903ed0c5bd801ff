import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { smallestGapUs } from '../coverage.ts';
import { repairSegment } from '../disk/repair-segment.ts';
import { segmentPath, segmentStartOf } from '../footage-layout.ts';
import { CameraChain } from './camera-chain.ts';
import { listHours, names, readChainFile } from './chain-files.ts';
import { parseChainLine } from './chain-line.ts';

export interface OpenedChain {
  readonly chain: CameraChain;
  /** Entries that this opening added: files that a crash or somebody left without an entry. */
  readonly added: readonly ChainEntry[];
  /** Paths below the root of files that hold no whole fragment. */
  readonly unreadable: readonly string[];
}

/**
 * Opens a camera's chain and brings it up to date with the disk: files that start before `beforeUs`
 * and have no entry are repaired and appended, with a gap of cause `restart` before each where time is
 * missing. Only the chain's last hour and later ones are looked at, unless `everything`.
 */
export async function openCameraChain(
  root: string,
  cameraId: CameraId,
  options: { beforeUs: number; everything?: boolean },
): Promise<OpenedChain> {
  const chain = await CameraChain.open(root, cameraId);
  const added: ChainEntry[] = [];
  const unreadable: string[] = [];
  const fromHour = options.everything === true ? '' : chain.hour;
  for (const startUs of await listStrangers(root, cameraId, fromHour, options.beforeUs)) {
    const path = segmentPath(cameraId, startUs);
    const examined = await repairSegment(join(root, path), startUs);
    if (examined === undefined) {
      unreadable.push(path);
      continue;
    }
    const coveredUs = chain.coveredUntilUs;
    if (coveredUs !== undefined && startUs - coveredUs >= smallestGapUs) {
      added.push(await chain.appendGap({ startUs: coveredUs, endUs: startUs, cause: 'restart' }));
    }
    const { repaired, ...facts } = examined;
    added.push(
      await chain.appendSegment({
        startUs,
        path,
        ...facts,
        clockOffsetMs: null,
        flags: { repaired, lossy: false, adopted: true },
      }),
    );
  }
  return { chain, added, unreadable };
}

/** Starts of the files without entry, ascending. */
async function listStrangers(
  root: string,
  cameraId: CameraId,
  fromHour: string,
  beforeUs: number,
): Promise<number[]> {
  const found: number[] = [];
  const known = new Set<number>();
  for (const hour of await listHours(root, cameraId)) {
    if (hour < fromHour) continue;
    for (const name of await names(join(root, String(cameraId), hour))) {
      const startUs = segmentStartOf(name);
      if (startUs !== undefined && startUs < beforeUs) found.push(startUs);
    }
    const file = await readChainFile(root, cameraId, hour);
    for (const line of file?.lines ?? []) {
      const entry = parseChainLine(line);
      if (entry?.kind === 'segment') known.add(entry.startUs);
    }
  }
  return found.filter((startUs) => !known.has(startUs)).sort((a, b) => a - b);
}
