import { join } from 'node:path';
import type { ChainEntry, GapCause } from '@nigehban/domain/footage.ts';
import type { Clock } from '@nigehban/media/clock.ts';
import type {
  SenderReport,
  StreamSession,
  StreamSink,
  StreamState,
  StreamStop,
} from '@nigehban/media/hub/stream-hub-types.ts';
import type { BlockPool } from '@nigehban/media/mp4/block-pool.ts';
import { recordableTrack, Segmenter } from '@nigehban/media/mp4/segmenter.ts';
import type {
  FragmentWrite,
  SegmenterCounters,
  SegmenterSettings,
  SegmentOutput,
  SegmentStart,
  SegmentSummary,
} from '@nigehban/media/mp4/segmenter-types.ts';
import type { CameraChain, ChainHead, ChainTargets } from './chain/camera-chain.ts';
import { addCounters } from './count-segments.ts';
import {
  Coverage,
  type GapPiece,
  gapCauseOfEnd,
  gapCauseOfStop,
  smallestGapUs,
} from './coverage.ts';
import type { FootageVolumes } from './disk/footage-volumes.ts';
import { SegmentFile, type WriteBytes } from './disk/segment-file.ts';
import type { SyncGate } from './disk/sync-gate.ts';
import type { WriteBudget } from './disk/write-budget.ts';
import { segmentPath } from './footage-layout.ts';
import type {
  CameraRecordingStatus,
  OpenGap,
  OpenSegment,
  RecordingOrder,
  RecordingSince,
} from './recorder-types.ts';

/** What all cameras of a recorder share. */
export interface RecordingShared {
  readonly segmenter: SegmenterSettings;
  readonly spreadSegments: boolean;
  readonly pool: BlockPool;
  readonly budget: WriteBudget;
  readonly volumes: FootageVolumes;
  readonly writeBytes: WriteBytes | undefined;
  readonly syncs: SyncGate;
  readonly maxQueuedBytes: number;
  readonly gapEntryUs: number;
  readonly clock: Clock;
  readonly onEntry: (entry: ChainEntry) => void;
  readonly onDiskFault: (error: unknown, folder?: string) => void;
  readonly onDiskWell: () => void;
  readonly onBug: (error: unknown) => void;
}

interface Writing {
  readonly start: SegmentStart;
  /** The volume it is written to. */
  readonly folder: string;
  readonly path: string;
  readonly file: SegmentFile;
}

/** Files of one camera that wait to be made durable; beyond it a slow disk would eat descriptors. */
const maxUnfinished = 8;
/** After a fault of the disk a segment is tried again this much later. */
const diskRetryUs = 5_000_000;

/**
 * Records one camera: a sink of its stream, the owner of its chain. Packets are handled as they come;
 * everything that touches the disk runs in one queue of its own, so that entries stand in order.
 */
export class CameraRecorder implements StreamSink, SegmentOutput {
  readonly #order: RecordingOrder;
  readonly #shared: RecordingShared;
  readonly #chain: CameraChain;
  readonly #coverage: Coverage;
  #segmenter: Segmenter | undefined;
  /** What the segmenters of former sessions counted. */
  #counted: SegmenterCounters | undefined;
  #writing: Writing | undefined;
  /** Ended, and not yet wholly on disk. */
  readonly #endingFiles = new Set<SegmentFile>();
  #tasks: Promise<void> = Promise.resolve();
  /** What the end of the session means for the hole after it. */
  #ending: GapCause = 'failed';
  #refusedUntilUs = 0;
  #chainStuck = false;
  /** The volume of the newest segment. */
  #folder: string | undefined;
  #segments = 0;
  #sessions = 0;
  #stopped = false;
  #expelled = false;

  /** `chain` is this camera's, brought up to date with the disk. */
  constructor(
    order: RecordingOrder,
    chain: CameraChain,
    shared: RecordingShared,
    { orderedUs, diskFailedUs }: RecordingSince,
  ) {
    this.#order = order;
    this.#shared = shared;
    this.#chain = chain;
    const { last } = chain;
    const marked = last?.kind === 'gap' && last.cause === 'not-assigned';
    this.#coverage = new Coverage(
      chain.coveredUntilUs ?? orderedUs,
      marked ? 'not-assigned' : 'restart',
    );
    if (marked) this.#append(this.#coverage.causeIs('restart', orderedUs, 0));
    if (diskFailedUs !== undefined) {
      this.#append(this.#coverage.causeIs('disk', diskFailedUs, 0));
    }
  }

  get chainHead(): ChainHead {
    return this.#chain.head;
  }

  get openSegment(): OpenSegment | undefined {
    const writing = this.#writing;
    if (writing === undefined || writing.file.flushed.sizeBytes === 0) return undefined;
    const { startUs, codec, widthPx, heightPx } = writing.start;
    return {
      cameraId: this.#order.cameraId,
      path: writing.path,
      startUs,
      codec,
      widthPx,
      heightPx,
      ...writing.file.flushed,
    };
  }

  get openGap(): OpenGap | undefined {
    const gap = this.#coverage.openGap(this.#shared.clock.wallUs());
    return gap === undefined ? undefined : { cameraId: this.#order.cameraId, ...gap };
  }

  get status(): CameraRecordingStatus {
    return {
      cameraId: this.#order.cameraId,
      recording: this.#coverage.recording,
      cause: this.#coverage.recording ? undefined : this.#coverage.cause,
      queuedBytes: this.#files.reduce((sum, file) => sum + file.queuedBytes, 0),
      queuedForMs: this.#queuedForMs(),
      segments: this.#segments,
      restarts: Math.max(0, this.#sessions - 1),
      counters: addCounters(this.#counted, this.#segmenter?.counters),
    };
  }

  onStart(session: StreamSession): void {
    this.#endSession('failed');
    if (this.#stopped) return;
    this.#sessions += 1;
    const track = recordableTrack(session.tracks);
    if (track === undefined) {
      this.#verdict('failed');
      return;
    }
    this.#segmenter = new Segmenter(
      track,
      session.tracks,
      this.#segmenterSettings(),
      this,
      this.#coverage.coveredUntilUs,
    );
  }

  #segmenterSettings(): SegmenterSettings {
    const { segmenter, spreadSegments } = this.#shared;
    if (!spreadSegments || this.#sessions > 1) return segmenter;
    // Multiples of the golden ratio fill the range evenly, however many cameras there are.
    const share = (this.#order.cameraId * 0.618_033_988_75) % 1;
    return { ...segmenter, firstSegmentMs: segmenter.segmentMs * (1 - share / 2) };
  }

  onRtp(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    this.#segmenter?.push(track, buffer, offset, length, arrivalUs);
  }

  onSenderReport(track: number, report: SenderReport): void {
    this.#segmenter?.senderReport(track, report);
  }

  onStop(stop: StreamStop): void {
    if (this.#stopped) return;
    const cause = gapCauseOfStop(stop.cause);
    this.#endSession(cause);
    this.#verdict(cause);
  }

  onExpelled(): void {
    this.#expelled = true;
  }

  /** True once after a fault of ours: the stream is to be subscribed to again. */
  takeExpelled(): boolean {
    const expelled = this.#expelled;
    this.#expelled = false;
    return expelled;
  }

  /**
   * Once a second, with the stream's state: the reason why nothing comes is kept up to date, and a gap
   * that lasts is written down piece by piece.
   */
  tick(nowUs: number, stateOf: () => StreamState | undefined): void {
    if (this.#stopped || this.#coverage.recording) return;
    const state = stateOf();
    if (state?.kind === 'flowing' && !this.accepts()) this.#verdict('disk');
    if (state?.kind === 'down') this.#verdict(gapCauseOfStop(state.stop.cause));
    this.#append(this.#coverage.tick(nowUs, this.#shared.gapEntryUs));
  }

  /** Ends the recording; `cause` is that of the hole that follows. Resolves when all is on disk. */
  async stop(cause: 'restart' | 'not-assigned'): Promise<void> {
    if (!this.#stopped) {
      this.#endSession(cause);
      this.#stopped = true;
      const nowUs = this.#shared.clock.wallUs();
      this.#append(this.#coverage.end(nowUs));
      // A mark without length: the hole after it is no restart.
      if (cause === 'not-assigned') {
        const atUs = this.#coverage.coveredUntilUs;
        this.#append({ startUs: atUs, endUs: atUs, cause });
      }
    }
    await this.#tasks;
  }

  accepts(): boolean {
    const { budget, volumes, maxQueuedBytes, clock } = this.#shared;
    if (volumes.fault !== undefined) return false;
    // The segment ends where it is; the next one goes to a volume that serves.
    if (this.#writing !== undefined && !volumes.serves(this.#writing.folder)) return false;
    if (this.#writing?.file.failed === true || this.#chainStuck) return false;
    if (this.#endingFiles.size >= maxUnfinished) return false;
    if (this.#refusedUntilUs > 0 && clock.wallUs() < this.#refusedUntilUs) return false;
    return !budget.exhausted && (this.#writing?.file.queuedBytes ?? 0) < maxQueuedBytes;
  }

  segmentStarts(start: SegmentStart): void {
    const { volumes, pool, budget, syncs, clock, writeBytes, onDiskFault } = this.#shared;
    const { cameraId } = this.#order;
    const folder = volumes.choose(cameraId) ?? volumes.folders[0] ?? '';
    this.#folder = folder;
    this.#append(this.#coverage.segmentStarts(start.startUs));
    const path = segmentPath(cameraId, start.startUs);
    const onError = (error: Error) => {
      volumes.failed(folder, error);
      if (volumes.serves(folder)) this.#refusedUntilUs = clock.wallUs() + diskRetryUs;
      onDiskFault(error, folder);
    };
    const file = new SegmentFile(
      join(folder, path),
      start.startUs,
      pool,
      budget,
      syncs,
      onError,
      () => volumes.assertThere(folder),
      writeBytes,
    );
    this.#writing = { start, folder, path, file };
  }

  fragment(block: Buffer, write: FragmentWrite): void {
    if (this.#writing === undefined) this.#shared.pool.release(block);
    else this.#writing.file.write({ block, ...write });
  }

  segmentEnds(summary: SegmentSummary): void {
    const writing = this.#writing;
    this.#writing = undefined;
    const cause = summary.reason === 'stopped' ? this.#ending : gapCauseOfEnd(summary.reason);
    this.#coverage.segmentEnds(summary.endUs, cause);
    if (writing === undefined) return;
    this.#endingFiles.add(writing.file);
    this.#enqueue(() => this.#finish(writing, summary));
  }

  #endSession(cause: GapCause): void {
    this.#ending = cause;
    // Taken out first: one that is broken must not break the next session too.
    const segmenter = this.#segmenter;
    this.#segmenter = undefined;
    this.#counted = addCounters(this.#counted, segmenter?.counters);
    segmenter?.stop();
  }

  get #files(): readonly SegmentFile[] {
    const files = [...this.#endingFiles];
    return this.#writing === undefined ? files : [...files, this.#writing.file];
  }

  #queuedForMs(): number {
    const oldestUs = Math.min(...this.#files.map((file) => file.oldestQueuedUs ?? Infinity));
    if (oldestUs === Infinity) return 0;
    return Math.max(0, Math.round((this.#shared.clock.wallUs() - oldestUs) / 1000));
  }

  #verdict(cause: GapCause): void {
    this.#append(this.#coverage.causeIs(cause, this.#shared.clock.wallUs()));
  }

  /** Closes a file and writes its entry; what the disk refused of it becomes a gap. */
  async #finish(writing: Writing, summary: SegmentSummary): Promise<void> {
    const done = await writing.file.finish();
    this.#endingFiles.delete(writing.file);
    if (done.sizeBytes > 0) {
      const segment = {
        startUs: summary.startUs,
        endUs: done.endUs,
        path: writing.path,
        codec: writing.start.codec,
        widthPx: writing.start.widthPx,
        heightPx: writing.start.heightPx,
        frames: done.frames,
        sizeBytes: done.sizeBytes,
        sha256: done.sha256,
        fragments: done.fragments,
        clockOffsetMs: summary.clockOffsetMs,
        flags: { repaired: false, lossy: summary.lossy, adopted: false },
      };
      await this.#write((chain, targets) => chain.appendSegment(segment, targets));
      this.#segments += 1;
    }
    if (done.error === undefined) {
      this.#shared.onDiskWell();
    } else if (summary.endUs - done.endUs >= smallestGapUs) {
      const piece = { startUs: done.endUs, endUs: summary.endUs, cause: 'disk' as const };
      await this.#write((chain, targets) => chain.appendGap(piece, targets));
    }
  }

  #append(piece: GapPiece | undefined): void {
    if (piece === undefined) return;
    this.#enqueue(() => this.#write((chain, targets) => chain.appendGap(piece, targets)));
  }

  /** Appends an entry, again and again while the disk refuses; the entries after it wait. */
  async #write(
    append: (chain: CameraChain, targets: ChainTargets) => Promise<ChainEntry>,
  ): Promise<void> {
    const { clock, onEntry, onDiskFault } = this.#shared;
    for (let attempt = 1; ; attempt++) {
      try {
        onEntry(await append(this.#chain, await this.#targets()));
        this.#chainStuck = false;
        return;
      } catch (error) {
        // No new files that could not be entered.
        this.#chainStuck = true;
        onDiskFault(error);
        // At the end of the process the next start adopts the file instead.
        if (this.#stopped && attempt > 1) return;
        await new Promise<void>((resolve) => {
          clock.setTimer(this.#stopped ? 100 : diskRetryUs / 1000, resolve);
        });
      }
    }
  }

  /** @throws Fault when no volume is there */
  async #targets(): Promise<ChainTargets> {
    const { volumes, onDiskFault } = this.#shared;
    const onFailed = (folder: string, error: unknown) => {
      volumes.failed(folder, error);
      onDiskFault(error, folder);
    };
    const folders: string[] = [];
    let away: unknown;
    for (const folder of volumes.chainFolders(this.#order.cameraId, this.#folder)) {
      try {
        // A chain must not go on in the empty folder that an unmounted disk leaves behind.
        await volumes.assertThere(folder);
        folders.push(folder);
      } catch (error) {
        away = error;
        onFailed(folder, error);
      }
    }
    if (folders.length === 0) throw away;
    return { folders, onFailed, assertThere: (folder) => volumes.assertThere(folder) };
  }

  #enqueue(task: () => Promise<void>): void {
    // One that fails in an unforeseen way must take neither the process nor the tasks after it along.
    this.#tasks = this.#tasks.then(task).catch((error: unknown) => this.#shared.onBug(error));
  }
}
