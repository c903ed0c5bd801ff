import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainEntry, SegmentEntry } from '@nigehban/domain/footage.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import type { StreamEvent, StreamHub, StreamSource } from '@nigehban/media/hub/stream-hub-types.ts';
import { verifyFootage } from '@nigehban/recorder/chain/verify-footage.ts';
import { startRecorder } from '@nigehban/recorder/recorder.ts';
import type { Recorder } from '@nigehban/recorder/recorder-types.ts';
import { run, until } from '../fleet/test-tools.ts';

const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a camera's entries and files say once recording has stopped. */
export interface FootageFindings {
  /** What the chain verifier found wrong. */
  readonly problems: readonly unknown[];
  /** Files whose samples, by ffprobe, are not as many as their entry says. */
  readonly wrongCounts: readonly string[];
  /** What a decoder complained of in files that are not marked as lossy. */
  readonly complaints: readonly string[];
  /** Time between first and last entry that no entry accounts for, and that two account for, µs. */
  readonly unaccountedUs: number;
  readonly doubleUs: number;
}

/** A hub and a recorder in a folder of their own. */
export class RecordingStage {
  readonly root: string;
  readonly hub: StreamHub;
  readonly recorder: Recorder;
  readonly entries: readonly ChainEntry[];
  readonly events: StreamEvent[] = [];

  private constructor(
    root: string,
    hub: StreamHub,
    recorder: Recorder,
    entries: readonly ChainEntry[],
  ) {
    this.root = root;
    this.hub = hub;
    this.recorder = recorder;
    this.entries = entries;
    hub.onEvent((event) => this.events.push(event));
  }

  /** Silence must last longer than the slowest camera's GOP of 2 s: some begin with a key frame. */
  static async start(segmentMs = 4000, silentForMs = 3000): Promise<RecordingStage> {
    const root = await mkdtemp(join(tmpdir(), 'nigehban-stage-'));
    const settings = { silentForMs };
    const hub = createStreamHub({ clock: systemClock, random: Math.random, settings });
    const told: ChainEntry[] = [];
    const recorder = await startRecorder(
      { nodeId: 'node-1', footageFolder: root, segmentMs },
      { hub, clock: systemClock, log: silentLog, onEntry: (entry) => told.push(entry) },
    );
    return new RecordingStage(root, hub, recorder, told);
  }

  /** Records these sources as cameras 1, 2, …; the hub's keys are `1`, `2`, …. */
  record(sources: readonly Omit<StreamSource, 'key'>[]): void {
    this.recorder.apply(
      sources.map((source, index) => ({
        cameraId: index + 1,
        cameraCode: `C${index + 1}`,
        stationCode: 'S1',
        source: { key: `${index + 1}`, ...source },
      })),
    );
  }

  entriesOf(cameraId: number): ChainEntry[] {
    return this.entries.filter((entry) => entry.cameraId === cameraId);
  }

  segmentsOf(cameraId: number): SegmentEntry[] {
    return this.entriesOf(cameraId).filter((entry) => entry.kind === 'segment');
  }

  framesOf(cameraId: number): number {
    return (
      this.segmentsOf(cameraId).reduce((sum, segment) => sum + segment.frames, 0) +
      (this.recorder.openSegment(cameraId)?.frames ?? 0)
    );
  }

  /** Waits until a camera has recorded so many frames more. */
  async framesFor(cameraId: number, frames: number, withinMs = 30_000): Promise<void> {
    const before = this.framesOf(cameraId);
    await until(
      `camera ${cameraId} records`,
      withinMs,
      () => this.framesOf(cameraId) - before >= frames,
    );
  }

  /** Stops recording and looks at everything of a camera with the verifier, ffprobe and ffmpeg. */
  async examine(cameraId: number): Promise<FootageFindings> {
    await this.recorder.stop();
    const verdict = await verifyFootage(this.root, { cameraIds: [cameraId] });
    const wrongCounts: string[] = [];
    const complaints: string[] = [];
    for (const segment of this.segmentsOf(cameraId)) {
      const path = join(this.root, segment.path);
      const packets = await countPackets(path);
      if (packets !== segment.frames) {
        wrongCounts.push(`${segment.path}: ${packets} instead of ${segment.frames}`);
      }
      if (!segment.flags.lossy) complaints.push(...(await complaintsOf(path)));
    }
    const problems = verdict.cameras.flatMap((camera) => camera.problems);
    return { problems, wrongCounts, complaints, ...accountOf(this.entriesOf(cameraId)) };
  }

  async stop(): Promise<void> {
    await this.recorder.stop();
    await this.hub.stop();
    await rm(this.root, { recursive: true, force: true });
  }
}

async function countPackets(path: string): Promise<number> {
  const output = await run('ffprobe', [
    ...['-v', 'error', '-count_packets', '-select_streams', 'v:0', '-of', 'csv=p=0'],
    ...['-show_entries', 'stream=nb_read_packets', path],
  ]);
  return Number.parseInt(output.toString(), 10);
}

async function complaintsOf(path: string): Promise<string[]> {
  const output = await run('bash', [
    '-c',
    'exec ffmpeg -nostdin -v error -i "$0" -map 0:v -f null - 2>&1',
    path,
  ]);
  return output.toString().split('\n').filter(Boolean);
}

function accountOf(entries: readonly ChainEntry[]): { unaccountedUs: number; doubleUs: number } {
  let unaccountedUs = 0;
  let doubleUs = 0;
  let coveredUs = entries[0]?.startUs ?? 0;
  for (const entry of entries) {
    unaccountedUs += Math.max(0, entry.startUs - coveredUs);
    doubleUs += Math.max(0, coveredUs - entry.startUs);
    coveredUs = Math.max(coveredUs, entry.endUs);
  }
  return { unaccountedUs, doubleUs };
}
