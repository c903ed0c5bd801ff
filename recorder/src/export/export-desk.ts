import type { KeyObject } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault, type FaultMessage, toFaultMessage } from '@nigehban/domain/faults.ts';
import type {
  ExportManifest,
  NodeExportState,
  NodeExportWish,
} from '@nigehban/domain/footage-export.ts';
import type { LegalHold } from '@nigehban/domain/retention.ts';
import type { SegmentSource } from '../playback/segment-reader.ts';
import type { RecorderLog } from '../recorder-types.ts';
import { cleanExports } from './clean-exports.ts';
import { makeExport, readManifest } from './make-export.ts';

export interface ExportDeskOptions extends SegmentSource {
  readonly nodeId: string;
  /** Where results are kept: `<folder>/<export id>/<camera id>/<part>.mp4` and `manifest.json`. */
  readonly folder: string;
  readonly nowMs: () => number;
  readonly log: RecorderLog;
  /** Signs the manifests (Ed25519). */
  readonly signingKey: KeyObject;
  /** Films of a finished export are kept so long. Default 7 days. */
  readonly keepMs?: number;
  /** ffmpeg processes at a time. Default 2. */
  readonly atATime?: number;
}

interface Work {
  readonly wish: NodeExportWish;
  readonly abort: AbortController;
  progress: number;
  fault: FaultMessage | undefined;
  done: Promise<void>;
}

const sevenDaysMs = 7 * 86_400_000;
/** Failures that are told; older ones are forgotten and the work would be tried anew. */
const keptFailures = 1_000;

/**
 * Makes exports, a few at a time. Nothing but the folder is its memory: a manifest there means done,
 * and whoever asks for an export again gets the result, joins the work, or starts it anew.
 */
export class ExportDesk {
  readonly #options: ExportDeskOptions;
  readonly #works = new Map<string, Work>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: ExportDeskOptions) {
    this.#options = options;
  }

  /** Starts the export unless it is done or under way; gives how it stands. */
  async want(wish: NodeExportWish): Promise<NodeExportState> {
    const manifest = await this.manifest(wish.exportId, wish.cameraId);
    if (manifest !== undefined) return { state: 'done', manifest };
    const key = keyOf(wish.exportId, wish.cameraId);
    const known = this.#works.get(key);
    if (known?.fault !== undefined) return { state: 'failed', fault: known.fault };
    const work = known ?? this.#start(key, wish);
    return { state: 'running', progress: work.progress };
  }

  /** Ends the work of an export and removes what it made. */
  async remove(exportId: string): Promise<void> {
    const own = [...this.#works].filter(([key]) => key.startsWith(`${exportId}/`));
    for (const [, work] of own) work.abort.abort(new Fault('EXPORT_UNKNOWN', 'Cancelled'));
    await Promise.all(own.map(([, work]) => work.done));
    for (const [key] of own) this.#works.delete(key);
    await rm(join(this.#options.folder, exportId), { recursive: true, force: true });
  }

  /** The manifest of a finished export; undefined while it is none. */
  async manifest(exportId: string, cameraId: CameraId): Promise<ExportManifest | undefined> {
    return await readManifest(this.pathOf(exportId, cameraId));
  }

  /** What retention must leave while exports are made of it. */
  sources(): readonly Omit<LegalHold, 'id'>[] {
    return [...this.#works.values()]
      .filter((work) => work.fault === undefined)
      .map(({ wish: { cameraId, fromUs, toUs } }) => ({ cameraId, fromUs, toUs }));
  }

  /** Removes films that are kept no longer, and the oldest where the disk lacks room. */
  async clean(wantFreeBytes: number): Promise<void> {
    const { folder, keepMs = sevenDaysMs, nowMs, log } = this.#options;
    await cleanExports({ folder, keepMs, nowMs: nowMs(), log, wantFreeBytes });
  }

  pathOf(exportId: string, cameraId: CameraId): string {
    return join(this.#options.folder, exportId, String(cameraId));
  }

  /** Ends all work; it is begun anew when somebody asks again. */
  async stop(): Promise<void> {
    const works = [...this.#works.values()];
    for (const work of works) work.abort.abort(new Fault('NODE_UNAVAILABLE', 'The node stops'));
    await Promise.all(works.map((work) => work.done));
  }

  #start(key: string, wish: NodeExportWish): Work {
    const work: Work = {
      wish,
      abort: new AbortController(),
      progress: 0,
      fault: undefined,
      done: Promise.resolve(),
    };
    this.#works.set(key, work);
    work.done = this.#run(key, wish, work);
    return work;
  }

  async #run(key: string, wish: NodeExportWish, work: Work): Promise<void> {
    const { log, atATime = 2 } = this.#options;
    const about = { exportId: wish.exportId, cameraId: wish.cameraId };
    let hasTurn = false;
    try {
      await this.#turn(atATime, work.abort.signal);
      hasTurn = true;
      await makeExport(wish, {
        ...this.#options,
        folder: this.pathOf(wish.exportId, wish.cameraId),
        signal: work.abort.signal,
        makeRoom: (wantFreeBytes) => this.clean(wantFreeBytes),
        onProgress: (progress) => {
          work.progress = Math.max(work.progress, progress);
        },
      });
      this.#works.delete(key);
      log.info(about, 'an export is made');
    } catch (error) {
      if (!work.abort.signal.aborted) log.error({ ...about, err: error }, 'an export failed');
      work.fault = toFaultMessage(
        error instanceof Fault
          ? error
          : new Fault('EXPORT_FAILED', 'The export could not be made', { cause: error }),
      );
      await rm(this.pathOf(wish.exportId, wish.cameraId), { recursive: true, force: true }).catch(
        () => {},
      );
      this.#forgetOldFailures();
    } finally {
      if (hasTurn) this.#endTurn();
    }
  }

  /** Waits for one of the turns. @throws the signal's reason */
  async #turn(atATime: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running < atATime) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(go);
    });
  }

  /** Hands the turn to who waits longest. */
  #endTurn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }

  #forgetOldFailures(): void {
    const failed = [...this.#works].filter(([, work]) => work.fault !== undefined);
    for (const [key] of failed.slice(0, Math.max(0, failed.length - keptFailures))) {
      this.#works.delete(key);
    }
  }
}

function keyOf(exportId: string, cameraId: CameraId): string {
  return `${exportId}/${cameraId}`;
}
