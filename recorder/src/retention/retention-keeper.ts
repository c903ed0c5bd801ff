import type { KeyObject } from 'node:crypto';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { enoughFreeBytes } from '@nigehban/domain/disk-level.ts';
import {
  type ElectionPhase,
  type LegalHold,
  type PlannedRemoval,
  planRetention,
  type RetentionPolicy,
  type VolumeSpace,
} from '@nigehban/domain/retention.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import { type VolumeState, VolumeWatch } from '../disk/volume-watch.ts';
import { type FootageRoots, rootsOf } from '../footage-layout.ts';
import type { RecorderLog } from '../recorder-types.ts';
import { finishRemoval, removeHour } from './remove-hour.ts';
import { listFootageDays, type SurveyedHour, surveyDay } from './survey-footage.ts';

export interface RetentionKeeperOptions {
  readonly root: FootageRoots;
  readonly nodeId: string;
  /** Signs the records of removals (Ed25519). */
  readonly signingKey: KeyObject;
  readonly policy: Omit<RetentionPolicy, 'phase'>;
  /** The poll or count under way, of which nothing goes. */
  readonly phase: () => ElectionPhase | null;
  /** Part of the volume that is to be free, 0 to 0.5. */
  readonly reserve: number;
  readonly clock: Clock;
  readonly log: RecorderLog;
  /** The holds in force; undefined while nobody has told them: then nothing is deleted. */
  readonly holds: () => readonly LegalHold[] | undefined;
  /** False while newer holds than those on disk may be on their way: nothing is deleted yet. */
  readonly ready?: () => boolean;
  /** Segments of this camera are gone, and its log of removals says which. */
  readonly onRemoved: (cameraId: CameraId) => void;
  /** One for each root; made by their folders when left out. */
  readonly volumes?: readonly VolumeWatch[];
}

export interface RetentionKeeper {
  /** Looks now, whatever is due. Resolves when what had to go is gone; rejects never. */
  lookNow(): Promise<void>;
  stop(): Promise<void>;
}

const lookEveryMs = 5_000;
/** Age and quota move slowly. */
const surveyEveryUs = 600_000_000;
/** A disk that is short and has nothing that may go is not read over and over. */
const fruitlessPauseUs = 60_000_000;
const dayUs = 86_400_000_000;

/** The one owner of deletion on a media node: nothing else deletes footage. */
export function startRetentionKeeper(options: RetentionKeeperOptions): RetentionKeeper {
  return new FolderKeeper(options);
}

class FolderKeeper implements RetentionKeeper {
  readonly #options: RetentionKeeperOptions;
  readonly #volumes: readonly VolumeWatch[];
  /** Days without any footage left: only chains are in them. */
  readonly #cleared = new Set<string>();
  #timer: Timer;
  #running: Promise<void> | undefined;
  readonly #levels = new Map<string, VolumeState['level']>();
  #surveyAtUs = 0;
  #finished = false;
  #failing = false;
  #untold = false;
  #stuck = false;
  #stopped = false;

  constructor(options: RetentionKeeperOptions) {
    this.#options = options;
    this.#volumes =
      options.volumes ??
      rootsOf(options.root).map((folder) => new VolumeWatch(folder, options.reserve));
    this.#timer = options.clock.setTimer(0, () => this.#turn());
  }

  async lookNow(): Promise<void> {
    await this.#running;
    this.#surveyAtUs = 0;
    await this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer.cancel();
    await this.#running;
  }

  #turn(): void {
    const next = () => {
      if (this.#stopped) return;
      this.#timer = this.#options.clock.setTimer(lookEveryMs, () => this.#turn());
    };
    this.#run().then(next, next);
  }

  #run(): Promise<void> {
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    try {
      const looked = await Promise.all(this.#volumes.map(async (volume) => await volume.look()));
      const states = looked.filter((state) => state !== undefined);
      // What was begun on a volume that is away is finished when it is back.
      if (states.length < this.#volumes.length) this.#finished = false;
      // Volumes that are away or failing: the recorder tells it, and nothing can be deleted there.
      if (states.length === 0) return;
      const worse = this.#noteLevels(states);
      const nowUs = clock.wallUs();
      if (nowUs < this.#surveyAtUs && !worse) return;
      if (this.#options.ready?.() === false) return;
      const holds = this.#options.holds();
      if (holds === undefined) {
        if (!this.#untold) log.warn({}, 'nothing is deleted: the legal holds were never told');
        this.#untold = true;
        return;
      }
      const short = states.find((state) => state.level !== 'well');
      const removed = await this.#clean(states, holds, nowUs);
      const pauseUs = short !== undefined ? (removed > 0 ? 0 : fruitlessPauseUs) : surveyEveryUs;
      this.#surveyAtUs = nowUs + pauseUs;
      if (short === undefined || removed > 0) this.#stuck = false;
      else if (!this.#stuck) {
        this.#stuck = true;
        const { folder, space } = short;
        log.error({ folder, ...space }, 'the footage disk is short of room and nothing may go');
      }
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) log.error({ err: error }, 'footage could not be deleted');
      this.#failing = true;
      this.#surveyAtUs = clock.wallUs() + fruitlessPauseUs;
    }
  }

  #policy(): RetentionPolicy {
    return { ...this.#options.policy, phase: this.#options.phase() };
  }

  /** True when a volume became short that was not. */
  #noteLevels(states: readonly VolumeState[]): boolean {
    let worse = false;
    for (const { folder, level, space } of states) {
      const before = this.#levels.get(folder) ?? 'well';
      if (level === before) continue;
      this.#options.log.warn({ folder, level, ...space }, 'room on the footage disk changed');
      this.#levels.set(folder, level);
      worse ||= before === 'well';
    }
    return worse;
  }

  /** Removes what must go; returns how many hours of a camera went. */
  async #clean(
    states: readonly VolumeState[],
    holds: readonly LegalHold[],
    nowUs: number,
  ): Promise<number> {
    const { root: roots, nodeId, signingKey, log } = this.#options;
    const writable = states.map((state) => state.folder);
    const plan = await this.#plan(states, holds, nowUs);
    let hours = 0;
    let freedBytes = 0;
    for (const { piece, reason } of plan) {
      if (this.#stopped) break;
      // A hold may have come since this was planned.
      const inForce = this.#options.holds();
      if (inForce === undefined) break;
      const policy = this.#policy();
      const terms = { roots, writable, nodeId, signingKey, policy, holds: inForce, reason, nowUs };
      const freed = await removeHour(piece, terms);
      if (freed === 0) continue;
      hours += 1;
      freedBytes += freed;
      this.#options.onRemoved(piece.cameraId);
    }
    if (hours > 0) log.info({ hours, freedBytes, reason: plan[0]?.reason }, 'footage was deleted');
    return hours;
  }

  /** Surveys day by day, oldest first, and no further than something may have to go. */
  async #plan(
    states: readonly VolumeState[],
    holds: readonly LegalHold[],
    nowUs: number,
  ): Promise<readonly (PlannedRemoval & { piece: SurveyedHour })[]> {
    const { root: roots } = this.#options;
    const policy = this.#policy();
    const volumes = states.map(spaceOf);
    const writable = new Set(states.map((state) => state.folder));
    const isWhole = writable.size === this.#volumes.length;
    const days = await listFootageDays(roots);
    if (!this.#finished) await this.#finishRemovals(days, writable);
    this.#finished = isWhole;
    const found: SurveyedHour[] = [];
    let plan: readonly PlannedRemoval[] = [];
    const planFound = () => {
      const footageBytes = found.reduce((sum, piece) => sum + piece.sizeBytes, 0);
      const pieces = found.filter((piece) => writable.has(piece.volume));
      const input = { pieces, footageBytes, policy, holds, volumes };
      return planRetention(input, nowUs / 1000);
    };
    for (const [day, cameras] of days) {
      if (this.#cleared.has(day)) continue;
      const dayStartUs = Date.parse(`${day}T00:00:00Z`) * 1000;
      const agedUs = nowUs - (policy.keepDays ?? Number.POSITIVE_INFINITY) * dayUs;
      const youngUs = nowUs - policy.minimumDays * dayUs;
      const wanting =
        policy.quotaBytes !== null || volumes.some((space) => stillShort(space, plan));
      if (policy.quotaBytes === null && dayStartUs > youngUs) break;
      if (!wanting && dayStartUs > agedUs) break;
      const ofDay = await surveyDay(roots, cameras);
      if (ofDay.length === 0 && isWhole && dayStartUs + dayUs < youngUs) this.#cleared.add(day);
      found.push(...ofDay);
      if (policy.quotaBytes === null) plan = planFound();
    }
    if (policy.quotaBytes !== null) plan = planFound();
    const hourOf = new Map<unknown, SurveyedHour>(found.map((piece) => [piece, piece]));
    return plan.flatMap(({ piece, reason }) => {
      const hour = hourOf.get(piece);
      return hour === undefined ? [] : [{ piece: hour, reason }];
    });
  }

  async #finishRemovals(
    days: Awaited<ReturnType<typeof listFootageDays>>,
    writable: ReadonlySet<string>,
  ): Promise<void> {
    const hoursOf = new Map<CameraId, string[]>();
    for (const cameras of days.values()) {
      for (const [cameraId, hours] of cameras) {
        hoursOf.set(cameraId, [...(hoursOf.get(cameraId) ?? []), ...hours]);
      }
    }
    for (const [cameraId, hours] of hoursOf) {
      await finishRemoval(this.#options.root, cameraId, hours, writable);
    }
  }
}

function spaceOf({ folder, level, space, marks }: VolumeState): VolumeSpace {
  const enough = enoughFreeBytes(marks);
  // Between the marks the level remembers whether deletion is under way.
  const beginBelowFreeBytes = level === 'well' ? marks.lowBytes : enough;
  const { freeBytes } = space;
  return { volume: folder, freeBytes, beginBelowFreeBytes, stopAtFreeBytes: enough };
}

function stillShort(space: VolumeSpace, plan: readonly PlannedRemoval[]): boolean {
  if (space.freeBytes >= space.beginBelowFreeBytes) return false;
  const own = plan.filter(({ piece }) => piece.volume === space.volume);
  const freed = own.reduce((sum, { piece }) => sum + piece.sizeBytes, 0);
  return space.freeBytes + freed < space.stopAtFreeBytes;
}
