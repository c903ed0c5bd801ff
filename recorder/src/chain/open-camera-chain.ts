import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { smallestGapUs } from '../coverage.ts';
import { repairSegment } from '../disk/repair-segment.ts';
import { type FootageRoots, rootsOf, segmentPath, segmentStartOf } from '../footage-layout.ts';
import { CameraChain, type ChainHead, chainCopies } from './camera-chain.ts';
import { listHours, names, ofEachRoot, readChainHour } from './chain-files.ts';

export interface OpenedChain {
  readonly chain: CameraChain;
  /** Entries that this opening added: files that a crash or somebody left without an entry. */
  readonly added: readonly ChainEntry[];
  /** Paths below the root of files that hold no whole fragment. */
  readonly unreadable: readonly string[];
  /** Entries are known of that no readable volume has. */
  readonly broken: boolean;
}

export interface OpenChainOptions {
  readonly beforeUs: number;
  readonly everything?: boolean;
  /** Of the roots those that may be written, best first; without it all. */
  readonly writable?: readonly string[];
  /** Where the chain stood at least, by whoever else knows. */
  readonly knownHead?: ChainHead | undefined;
}

/**
 * Opens a camera's chain and brings it up to date with the disk: files that start before `beforeUs`
 * and have no entry are repaired and appended, with a gap of cause `restart` before each where time is
 * missing. Only the chain's last hour and later ones are looked at, unless `everything`.
 */
export async function openCameraChain(
  roots: FootageRoots,
  cameraId: CameraId,
  options: OpenChainOptions,
): Promise<OpenedChain> {
  const chain = await CameraChain.open(roots, cameraId);
  const writable = options.writable ?? rootsOf(roots);
  const targets = { folders: writable.slice(0, chainCopies) };
  const { knownHead } = options;
  const broken = knownHead !== undefined && knownHead.sequence > chain.head.sequence;
  if (broken) chain.breakAfter(knownHead);
  const added: ChainEntry[] = [];
  const unreadable: string[] = [];
  const fromHour = options.everything === true ? '' : chain.hour;
  for (const stranger of await listStrangers(roots, cameraId, fromHour, options.beforeUs)) {
    const { root, startUs } = stranger;
    // What lies on a read-only volume is taken in when it can be made whole.
    if (!writable.includes(root)) continue;
    const path = segmentPath(cameraId, startUs);
    const examined = await repairSegment(join(root, path), startUs);
    if (examined === undefined) {
      unreadable.push(path);
      continue;
    }
    const coveredUs = chain.coveredUntilUs;
    if (coveredUs !== undefined && startUs - coveredUs >= smallestGapUs) {
      const gap = { startUs: coveredUs, endUs: startUs, cause: 'restart' as const };
      added.push(await chain.appendGap(gap, targets));
    }
    const { repaired, ...facts } = examined;
    added.push(
      await chain.appendSegment(
        {
          startUs,
          path,
          ...facts,
          clockOffsetMs: null,
          flags: { repaired, lossy: false, adopted: true },
        },
        targets,
      ),
    );
  }
  return { chain, added, unreadable, broken };
}

/** The files without entry, by start ascending. */
async function listStrangers(
  roots: FootageRoots,
  cameraId: CameraId,
  fromHour: string,
  beforeUs: number,
): Promise<{ startUs: number; root: string }[]> {
  const found: { startUs: number; root: string }[] = [];
  const known = new Set<number>();
  for (const hour of await listHours(roots, cameraId)) {
    if (hour < fromHour) continue;
    await ofEachRoot(roots, async (root) => {
      for (const name of await names(join(root, String(cameraId), hour))) {
        const startUs = segmentStartOf(name);
        if (startUs !== undefined && startUs < beforeUs) found.push({ startUs, root });
      }
    });
    const chain = await readChainHour(roots, cameraId, hour);
    for (const { entry } of [...(chain?.lines ?? []), ...(chain?.forks ?? [])]) {
      if (entry?.kind === 'segment') known.add(entry.startUs);
    }
  }
  return found.filter(({ startUs }) => !known.has(startUs)).sort((a, b) => a.startUs - b.startUs);
}
