import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { startEngineFleet } from '../../../../bin/media-node/engine-fleet.ts';
import { startFleet } from '../../fleet/fleet.ts';
import { freePorts } from '../../journey/free-ports.ts';
import { engineSettings } from '../../media-node/engine-settings.ts';
import { ordersOf } from '../../media-node/orders-of-fleet.ts';

/**
 * Seconds from the death of each recorded camera to the media node's fact, with the product's own
 * settings. One half of the cameras loses its cable without a word, the other half its power.
 */
export async function measureRecordedDetection(cameras: number): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nigehban-sweep-bench-'));
  const fleet = await startFleet({ cameras, scenes: 'tiny', multicast: false });
  const [port = 0] = await freePorts(1);
  const flowing = new Set<CameraId>();
  const downAtMs = new Map<CameraId, number>();
  const engine = await startEngineFleet(
    {
      settings: engineSettings(join(folder, 'footage'), 1, Math.min(port, 65_000)),
      logLevel: 'silent',
      processFile: join(folder, 'processes.json'),
    },
    {
      log: createLogger('silent', 'bench'),
      onEntry: () => {},
      tell(facts) {
        for (const fact of facts) {
          if (fact.kind === 'stream-flowing') flowing.add(fact.cameraId);
          if (fact.kind === 'stream-down' && !downAtMs.has(fact.cameraId)) {
            downAtMs.set(fact.cameraId, Date.now());
          }
        }
      },
    },
  );
  try {
    engine.apply(ordersOf(fleet.cameras));
    await until(() => flowing.size === cameras, 30_000);
    // Recording has settled: what comes down from here on is what was killed.
    await pause(2_000);
    downAtMs.clear();
    const diedAtMs = await Promise.all(
      fleet.cameras.map(async (camera, at) => {
        await pause(Math.random() * 2_000);
        const atMs = Date.now();
        await fleet.setFault(camera.plan.id, { kind: at % 2 === 0 ? 'blackhole' : 'unplugged' });
        return atMs;
      }),
    );
    await until(() => downAtMs.size === cameras, 30_000);
    return diedAtMs.map((atMs, at) => ((downAtMs.get(at + 1) ?? Number.NaN) - atMs) / 1_000);
  } finally {
    await engine.stop();
    await fleet.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function until(isSo: () => boolean, timeoutMs: number): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!isSo()) {
    if (Date.now() > endMs) throw new Error('the media node did not get there in time');
    await pause(20);
  }
}
