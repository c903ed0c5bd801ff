/**
 * The process under test: the product's hub, recorder and index client, wired as a media node wires
 * them. Commanded over IPC.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import { startIndexClient } from '@nigehban/recorder/index-client/index-client.ts';
import { startRecorder } from '@nigehban/recorder/recorder.ts';
import type {
  CameraResult,
  RecorderCommand,
  RecorderJob,
  RecorderReport,
} from './recorder-protocol.ts';

interface Tally {
  frames: number;
  segments: number;
  lossySegments: number;
  readonly gaps: string[];
  /** Since the last segment: after the last picture nothing more is sent. */
  trailingGaps: string[];
}

function emptyTally(): Tally {
  return { frames: 0, segments: 0, lossySegments: 0, gaps: [], trailingGaps: [] };
}

const complain = (fields: object, message: string) =>
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const log = { info: () => undefined, warn: complain, error: complain };

function tell(report: RecorderReport): void {
  process.send?.(report);
}

async function record(job: RecorderJob) {
  const { nodeId, footageFolder, databaseUrl } = job;
  const tallies = new Map<number, Tally>();
  const hub = createStreamHub({
    clock: systemClock,
    random: Math.random,
    onFault: (key, error) => complain({ key, error: String(error) }, 'a sink failed'),
  });
  const index = startIndexClient(
    { databaseUrl, nodeId, footageFolder },
    { clock: systemClock, log },
  );
  const recorder = await startRecorder(
    // As the media node has it.
    { nodeId, footageFolder, segmentMs: job.segmentMs, spreadSegments: true },
    {
      hub,
      clock: systemClock,
      log,
      onEntry: (entry) => {
        index.onEntry(entry);
        count(tallies, entry);
      },
    },
  );
  recorder.apply(
    job.cameras.map(({ cameraId, url }) => ({
      cameraId,
      cameraCode: `BENCH-${cameraId}`,
      stationCode: 'BENCH',
      source: { key: String(cameraId), url, username: undefined, password: undefined },
    })),
  );
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  // A media node tells the server its counters this often.
  const counting = setInterval(() => {
    hub.statuses();
    recorder.status();
  }, 5000);

  return {
    look(): RecorderReport {
      const { cameras, peakQueuedBytes, blockBytes } = recorder.status();
      const report: RecorderReport = {
        kind: 'state',
        recording: cameras.filter((camera) => camera.recording).length,
        packets: hub.statuses().reduce((sum, { counters }) => sum + counters.packets, 0),
        peakQueuedBytes,
        blockBytes,
        loopDelayP99Ms: delay.percentile(99) / 1e6,
        loopDelayMaxMs: delay.max / 1e6,
        pendingRows: index.status().pending,
      };
      delay.reset();
      return report;
    },
    async finish(): Promise<RecorderReport> {
      clearInterval(counting);
      const counters = new Map(hub.statuses().map(({ key, counters }) => [key, counters]));
      await recorder.stop();
      await index.stop();
      await hub.stop();
      const cameras: CameraResult[] = job.cameras.map(({ cameraId }) => ({
        cameraId,
        ...resultOf(tallies.get(cameraId) ?? emptyTally()),
        sessions: counters.get(String(cameraId))?.sessions ?? 0,
        lostPackets: counters.get(String(cameraId))?.lost ?? 0,
      }));
      return { kind: 'done', cameras };
    },
  };
}

function count(tallies: Map<number, Tally>, entry: ChainEntry): void {
  const tally = tallies.get(entry.cameraId) ?? emptyTally();
  tallies.set(entry.cameraId, tally);
  if (entry.kind === 'segment') {
    tally.frames += entry.frames;
    tally.segments += 1;
    tally.lossySegments += entry.flags.lossy ? 1 : 0;
    tally.gaps.push(...tally.trailingGaps);
    tally.trailingGaps = [];
  } else if (tally.segments > 0) {
    tally.trailingGaps.push(`${entry.cause} ${entry.startUs / 1e6} ${entry.endUs / 1e6}`);
  }
}

function resultOf({ frames, segments, lossySegments, gaps }: Tally) {
  return { frames, segments, lossySegments, gaps };
}

let recording: Awaited<ReturnType<typeof record>> | undefined;
process.on('disconnect', () => process.exit());
process.on('message', async (command: RecorderCommand) => {
  if (command.kind === 'record') {
    recording = await record(command.job);
    tell({ kind: 'started' });
  } else if (command.kind === 'look' && recording !== undefined) tell(recording.look());
  else if (command.kind === 'finish' && recording !== undefined) {
    tell(await recording.finish());
    process.disconnect();
  }
});
tell({ kind: 'ready' });
