import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { EmbeddedServer } from '@nigehban/config/embedded/postgres.ts';
import { startEmbeddedRedis } from '@nigehban/config/embedded/redis.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import { type BenchProcess, startBenchProcess } from './bench-process.ts';
import type {
  BlackHoleReport,
  GatewayCommand,
  GatewayReport,
  ResponderCommand,
  ResponderReport,
} from './sweep-protocol.ts';

export type Responder = BenchProcess<ResponderCommand, ResponderReport>;

export interface SweepStage {
  readonly cameras: number;
  readonly periodMs: number;
  readonly redis: EmbeddedServer;
  readonly responder: Responder;
  readonly port: number;
  readonly blackHolePort: number;
  close(): Promise<void>;
}

export interface Gateway {
  readonly process: BenchProcess<GatewayCommand, GatewayReport>;
  /** When each camera was last told as lost. */
  readonly lostAtMs: Map<number, number>;
  readonly answered: Set<number>;
}

/** A real Redis, a process that plays the cameras, and one that drops SYNs. */
export async function openSweepStage(cameras: number, periodMs: number): Promise<SweepStage> {
  const folder = await mkdtemp(join(tmpdir(), 'nigehban-sweep-bench-'));
  const redis = await startEmbeddedRedis({
    dataFolder: folder,
    log: createLogger('silent', 'bench'),
  });
  const responder: Responder = startBenchProcess('responder.ts', [String(cameras)]);
  const { port } = await responder.next('listening');
  const blackHole = startBenchProcess<never, BlackHoleReport>('black-hole.ts');
  const { port: blackHolePort } = await blackHole.next('listening');
  const fillers = await fillQueue(blackHolePort);
  return {
    cameras,
    periodMs,
    redis,
    responder,
    port,
    blackHolePort,
    async close() {
      for (const socket of fillers) socket.destroy();
      await blackHole.kill();
      await responder.kill();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Connects until one connection hangs: from then on SYNs are dropped. */
async function fillQueue(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    const connected = new Promise<boolean>((resolve) =>
      socket.once('connect', () => resolve(true)),
    );
    if (!(await Promise.race([connected, pause(500, false)]))) return sockets;
    if (sockets.length > 10) throw new Error('the kernel does not drop SYNs here');
  }
}

/** Starts a gateway that sweeps the stage's cameras; `system` tells which gateways belong together. */
export async function startBenchGateway(
  stage: SweepStage,
  system: string,
  name: string,
): Promise<Gateway> {
  const child = startBenchProcess<GatewayCommand, GatewayReport>('gateway-process.ts', [
    stage.redis.url,
    system,
    name,
  ]);
  await child.next('ready');
  const lostAtMs = new Map<number, number>();
  const answered = new Set<number>();
  child.onReport((report) => {
    if (report.kind === 'lost') {
      for (const cameraId of report.cameras) lostAtMs.set(cameraId, report.atMs);
    } else if (report.kind === 'answered') {
      for (const cameraId of report.cameras) answered.add(cameraId);
    }
  });
  const { cameras, port, blackHolePort, periodMs } = stage;
  child.send({ kind: 'watch', cameras, port, blackHolePort, periodMs });
  return { process: child, lostAtMs, answered };
}

/** Waits until it is so; gives up, saying so, at the end. */
export async function waitUntil(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
  const endMs = Date.now() + timeoutMs;
  while (!isSo()) {
    if (Date.now() > endMs) return false;
    await pause(50);
  }
  return true;
}
