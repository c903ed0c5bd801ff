import { rankHomes } from '@nigehban/domain/assignment.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { DiskLevel, DiskSpace } from '@nigehban/domain/disk-level.ts';
import type { Fault } from '@nigehban/domain/faults.ts';
import type { Clock } from '@nigehban/media/clock.ts';
import { chainCopies } from '../chain/camera-chain.ts';
import { diskFault } from './disk-fault.ts';
import { VolumeWatch } from './volume-watch.ts';

/** A folder for footage, and by which mark its volume is known from earlier times. */
export interface VolumePlace {
  readonly folder: string;
  readonly mark?: string | undefined;
}

/** How a volume stands. */
export interface VolumeStanding {
  readonly folder: string;
  readonly level: DiskLevel | undefined;
  readonly space: DiskSpace | undefined;
  readonly fault: Fault | undefined;
}

interface Volume {
  readonly watch: VolumeWatch;
  level: DiskLevel | undefined;
  space: DiskSpace | undefined;
  /** It failed: cameras return when it has served for some time. */
  restsUntilUs: number;
  /** The fault that a write met since the last look. */
  met: Fault | undefined;
}

/** Cameras return to a volume that has been well for so long. */
const restUs = 60_000_000;

/**
 * The volumes of a node as those who write see them. Each camera has a home among those that serve, by
 * rendezvous and size; one that fails loses its cameras to the others until it is well again. With a
 * single volume its cameras wait for it.
 */
export class FootageVolumes {
  readonly folders: readonly string[];
  readonly #volumes: readonly Volume[];
  readonly #clock: Pick<Clock, 'wallUs'>;

  constructor(
    places: readonly VolumePlace[],
    reserve: number,
    clock: Pick<Clock, 'wallUs'>,
    readSpace?: (folder: string) => Promise<DiskSpace>,
  ) {
    this.#clock = clock;
    this.folders = places.map((place) => place.folder);
    this.#volumes = places.map(({ folder, mark }) => ({
      watch: new VolumeWatch(folder, reserve, readSpace, mark),
      level: undefined,
      space: undefined,
      restsUntilUs: 0,
      met: undefined,
    }));
  }

  /** Why nothing may be recorded on any volume, as of the last look. */
  get fault(): Fault | undefined {
    const faults = this.#volumes.map(({ watch }) => watch.fault);
    return faults.includes(undefined) ? undefined : faults[0];
  }

  standing(): readonly VolumeStanding[] {
    return this.#volumes.map(({ watch, level, space, met }) => ({
      folder: watch.folder,
      level,
      space,
      // A single one that was tried again says by itself whether it serves.
      fault: watch.fault ?? (this.folders.length > 1 ? met : undefined),
    }));
  }

  /** Looks at all volumes once. Never rejects. */
  async look(): Promise<void> {
    await Promise.all(
      this.#volumes.map(async (volume) => {
        const state = await volume.watch.look();
        volume.level = state?.level;
        volume.space = state?.space ?? volume.space;
        if (volume.watch.fault !== undefined) this.#rest(volume);
        else if (!this.#rests(volume)) volume.met = undefined;
      }),
    );
  }

  /** Where this camera's next segment goes; undefined when no volume serves. */
  choose(cameraId: CameraId): string | undefined {
    return this.#ranked(cameraId)[0];
  }

  /** Whether segments may go to this volume: it is well, or no other is better. */
  serves(folder: string): boolean {
    return this.#serving().some(({ watch }) => watch.folder === folder);
  }

  /**
   * Where a camera's chain is written while its footage goes to `folder`: on two volumes if there are
   * so many. On a full one too: it has room for chains.
   */
  chainFolders(cameraId: CameraId, folder: string | undefined): readonly string[] {
    const ranked = this.#ranked(cameraId);
    const full = this.#volumes.filter(({ watch }) => watch.fault?.code === 'DISK_FULL');
    const all = [
      ...ranked.filter((one) => one === folder),
      ...ranked.filter((one) => one !== folder),
      ...full.map(({ watch }) => watch.folder),
    ];
    return (all.length > 0 ? all : this.folders).slice(0, chainCopies);
  }

  /** A write to it was refused: its cameras go to the others. */
  failed(folder: string, error: unknown): void {
    const volume = this.#of(folder);
    if (volume === undefined) return;
    volume.met = diskFault(error, folder);
    this.#rest(volume);
  }

  /** @throws Fault DISK_FAILED, DISK_FULL when the folder is not on the volume that it was on */
  async assertThere(folder: string): Promise<void> {
    await this.#of(folder)?.watch.assertThere();
  }

  /** The folders that are on their volumes now. @throws Fault of the first when none is */
  async there(): Promise<readonly string[]> {
    const answers = await Promise.allSettled(
      this.#volumes.map(async ({ watch }) => {
        await watch.assertThere();
        return watch.folder;
      }),
    );
    const there = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = answers.find((one) => one.status === 'rejected');
    if (there.length === 0 && failed !== undefined) throw failed.reason;
    return there;
  }

  #serving(): readonly Volume[] {
    const there = this.#volumes.filter(({ watch }) => watch.fault === undefined);
    const rested = there.filter((volume) => !this.#rests(volume));
    // Where all had a fault one that is there is tried: it may serve again.
    return rested.length > 0 ? rested : there;
  }

  #ranked(cameraId: CameraId): readonly string[] {
    const serving = this.#serving();
    if (serving.length < 2) return serving.map(({ watch }) => watch.folder);
    const homes = serving.map(({ watch, space }) => ({
      name: watch.folder,
      size: space?.totalBytes ?? 1,
    }));
    return rankHomes(String(cameraId), homes);
  }

  #of(folder: string): Volume | undefined {
    return this.#volumes.find(({ watch }) => watch.folder === folder);
  }

  #rest(volume: Volume): void {
    volume.restsUntilUs = this.#clock.wallUs() + restUs;
  }

  #rests(volume: Volume): boolean {
    return this.#clock.wallUs() < volume.restsUntilUs;
  }
}
