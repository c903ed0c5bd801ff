import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import { negotiatedH264 } from '@nigehban/relay/negotiation/router-codecs.ts';
import { KeyFrameGate } from '@nigehban/relay/streams/key-frame-gate.ts';
import { Production } from '@nigehban/relay/streams/production.ts';
import { streamSource } from '@nigehban/relay/streams/production-table.ts';
import { loadMediasoup } from '@nigehban/relay/workers/load-mediasoup.ts';
import { type RelayWorker, WorkerPool } from '@nigehban/relay/workers/worker-pool.ts';
import { startFleet } from '../../fleet/fleet.ts';
import { orderOf } from '../../live/live-stage.ts';
import { processCpuSeconds } from './process-cpu.ts';
import type { ViewerCount, ViewerSocketsRequest } from './viewer-sockets-protocol.ts';

export interface ViewersFigures {
  /** Viewers of one camera that one worker served without a lost packet. */
  readonly viewers: number;
  /** Worker's processor time at that number, percent of one core. */
  readonly workerPercent: number;
  readonly percentPerViewer: number;
  /** One ffmpeg for each viewer, copying the camera's stream to SRTP. */
  readonly ffmpegPercentPerViewer: number;
  readonly kilobitsPerSecond: number;
}

/** H.264 High, 720p. */
const cameraId = 2;
const srtpSuite = 'AES_CM_128_HMAC_SHA1_80';
/** A camera of the simulator serves six sessions. */
const ffmpegViewers = 5;

/**
 * Adds viewers of one 720p camera to one worker, `step` at a time, until a packet is lost, somebody
 * is left behind or `most` watch. Viewers are SRTP consumers with a socket each in another process.
 */
export async function measureViewers(
  step: number,
  most: number,
  seconds: number,
): Promise<ViewersFigures> {
  const fleet = await startFleet({ cameras: cameraId, scenes: 'exercise', multicast: false });
  const hub = createStreamHub({ clock: systemClock, random: Math.random });
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const pool = await WorkerPool.start({
    mediasoup: await loadMediasoup(
      process.env.MEDIASOUP_WORKER_BIN ??
        join(import.meta.dirname, '../../../../.cache/mediasoup-worker-3.27.1'),
    ),
    clock: systemClock,
    log: quiet,
    count: 1,
    listenIps: [{ ip: '127.0.0.1' }],
    minPort: 44_000,
    maxPort: 44_999,
    onDied: () => {
      throw new Error('the worker died');
    },
  });
  const child = fork(join(import.meta.dirname, 'viewer-sockets.ts'));
  try {
    const camera = fleet.cameras[cameraId - 1];
    const worker = pool.home(cameraId);
    if (camera === undefined || worker === undefined) throw new Error('no camera or worker');
    const order = orderOf(camera, cameraId);
    const source = streamSource(order, 'main');
    if (source === undefined) throw new Error('no main stream');
    const production = await Production.open({
      cameraId,
      quality: 'main',
      source,
      worker,
      hub,
      clock: systemClock,
      pictureGroupBytes: 0,
      gate: new KeyFrameGate(systemClock, 1000, () => {}),
    });
    await production.opening(10_000);
    production.setWatching('all', true);
    const served = await addUntilLoss(child, worker, production, { step, most, seconds });
    production.close();
    return { ...served, ffmpegPercentPerViewer: await measureFfmpeg(order, seconds) };
  } finally {
    child.disconnect();
    await pool.stop();
    await hub.stop();
    await fleet.stop();
  }
}

async function addUntilLoss(
  child: ChildProcess,
  worker: RelayWorker,
  production: Production,
  load: { readonly step: number; readonly most: number; readonly seconds: number },
): Promise<Omit<ViewersFigures, 'ffmpegPercentPerViewer'>> {
  let best = { viewers: 0, workerPercent: 0, percentPerViewer: 0, kilobitsPerSecond: 0 };
  for (let viewers = load.step; viewers <= load.most; viewers += load.step) {
    const ports = await ask<readonly number[]>(child, {
      kind: 'open',
      count: load.step,
      payloadType: negotiatedH264.payloadType,
    });
    await Promise.all(ports.map((port) => addViewer(worker, production, port)));
    // Joining is not what is measured.
    await pause(3);
    const before = await ask<readonly ViewerCount[]>(child, { kind: 'count' });
    const cpuBefore = processCpuSeconds(worker.pid);
    const stats = await production.producer.getStats();
    const startedMs = performance.now();
    const forwardedBefore = production.forwardedPackets;
    await pause(load.seconds);
    const passedS = (performance.now() - startedMs) / 1000;
    const workerPercent = (100 * (processCpuSeconds(worker.pid) - cpuBefore)) / passedS;
    const forwarded = production.forwardedPackets - forwardedBefore;
    const after = await ask<readonly ViewerCount[]>(child, { kind: 'count' });
    const bytes = await production.producer.getStats();
    const lost = sum(after, 'lost') - sum(before, 'lost');
    const fewest = Math.min(
      ...after.map((each, index) => each.received - (before[index]?.received ?? 0)),
    );
    const kilobitsPerSecond =
      (((bytes[0]?.byteCount ?? 0) - (stats[0]?.byteCount ?? 0)) * 8) / 1000 / passedS;
    process.stdout.write(
      `${viewers} viewers: ${lost} packets lost, each got at least ${fewest} of ${forwarded} in ${passedS.toFixed(1)} s, worker ${workerPercent.toFixed(0)} %\n`,
    );
    // A worker that cannot keep up loses nothing: it falls behind.
    if (lost > 0 || fewest < 0.95 * forwarded) break;
    const percentPerViewer = workerPercent / viewers;
    best = { viewers, workerPercent, percentPerViewer, kilobitsPerSecond };
  }
  return best;
}

async function addViewer(worker: RelayWorker, production: Production, port: number): Promise<void> {
  const { router } = worker;
  const transport = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    rtcpMux: true,
    comedia: false,
    enableSrtp: true,
    srtpCryptoSuite: srtpSuite,
  });
  await transport.connect({
    ip: '127.0.0.1',
    port,
    srtpParameters: { cryptoSuite: srtpSuite, keyBase64: randomBytes(30).toString('base64') },
  });
  await transport.consume({
    producerId: production.producer.id,
    rtpCapabilities: router.rtpCapabilities,
  });
}

/** Percent of a core that each of several ffmpeg takes to copy the camera's stream to one viewer. */
async function measureFfmpeg(order: StreamOrder, seconds: number): Promise<number> {
  const url = new URL(order.streams.find((each) => each.quality === 'main')?.url ?? '');
  url.username = order.credentials?.username ?? '';
  url.password = order.credentials?.password ?? '';
  const children = Array.from({ length: ffmpegViewers }, (_, viewer) =>
    spawn(
      'ffmpeg',
      [
        ...['-v', 'error', '-nostdin', '-rtsp_transport', 'tcp', '-i', url.href],
        ...['-map', '0:v:0', '-c', 'copy', '-f', 'rtp', '-srtp_out_suite', srtpSuite],
        ...['-srtp_out_params', randomBytes(30).toString('base64')],
        // Nobody listens there: sending costs the same.
        `srtp://127.0.0.1:${47_000 + 2 * viewer}`,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    ),
  );
  await pause(6);
  const total = (): number =>
    children.reduce((cpu, each) => cpu + processCpuSeconds(each.pid ?? 0), 0);
  const before = total();
  await pause(seconds);
  const used = total() - before;
  const running = children.filter((each) => each.exitCode === null).length;
  for (const each of children) each.kill('SIGKILL');
  if (running !== ffmpegViewers) throw new Error(`${running} of ${ffmpegViewers} ffmpeg ran`);
  return (100 * used) / seconds / ffmpegViewers;
}

async function ask<Answer>(child: ChildProcess, request: ViewerSocketsRequest): Promise<Answer> {
  const answered = once(child, 'message') as Promise<[Answer]>;
  child.send(request);
  const [answer] = await answered;
  return answer;
}

function sum(counts: readonly ViewerCount[], field: keyof ViewerCount): number {
  return counts.reduce((total, each) => total + each[field], 0);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
