import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type { ChainHead } from '@nigehban/recorder/chain/camera-chain.ts';
import { ed25519Signer, publishPublicKey } from '@nigehban/recorder/chain/manifest-signature.ts';
import { writeNodeManifest } from '@nigehban/recorder/chain/node-manifest.ts';
import { hourFolder } from '@nigehban/recorder/footage-layout.ts';
import type { RecorderLog } from '@nigehban/recorder/recorder-types.ts';
import type { Stoppable } from '../stoppables.ts';

export interface HourlyManifestOptions {
  /** The footage folders that are on their volumes now. */
  readonly folders: () => Promise<readonly string[]>;
  readonly nodeId: string;
  readonly signingKey: KeyObject;
  readonly clock: Clock;
  readonly log: RecorderLog;
  readonly heads: () => Promise<ReadonlyMap<CameraId, ChainHead>>;
}

const checkEveryMs = 1_000;
const retryMs = 30_000;

/**
 * Signs, at each full hour, where the chains of this node stand: a chain's end cannot be cut off
 * unseen behind the last manifest. The public key lies beside them. What the disk refuses is tried
 * again.
 */
export function startHourlyManifests(options: HourlyManifestOptions): Stoppable {
  const { nodeId, clock, log } = options;
  const publicKey = createPublicKey(options.signingKey);
  const signer = ed25519Signer(options.signingKey);
  let doneHour = hourFolder(clock.wallUs());
  const published = new Set<string>();
  let stopped = false;
  let timer: Timer;

  const turn = async (): Promise<void> => {
    const folders = await options.folders();
    for (const folder of folders) {
      if (published.has(folder)) continue;
      await publishPublicKey(folder, nodeId, publicKey);
      published.add(folder);
    }
    const nowUs = clock.wallUs();
    const hour = hourFolder(nowUs);
    if (hour === doneHour) return;
    const heads = await options.heads();
    if (heads.size > 0) await writeNodeManifest(folders, nodeId, heads, nowUs, signer);
    doneHour = hour;
  };
  const next = (delayMs: number): void => {
    if (!stopped) timer = clock.setTimer(delayMs, run);
  };
  const run = (): void => {
    running = turn().then(
      () => next(checkEveryMs),
      (error: unknown) => {
        log.error({ err: error }, 'the hourly manifest was not written');
        next(retryMs);
      },
    );
  };
  let running = Promise.resolve();
  timer = clock.setTimer(0, run);
  return {
    async stop() {
      stopped = true;
      timer.cancel();
      await running;
    },
  };
}
