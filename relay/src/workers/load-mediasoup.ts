import { existsSync } from 'node:fs';
import { Fault } from '@nigehban/domain/faults.ts';

export type Mediasoup = typeof import('mediasoup');

/**
 * mediasoup with its worker binary. mediasoup reads MEDIASOUP_WORKER_BIN once, when it is loaded:
 * a path of our own has to be in the environment before. Throws WORKER_BINARY_MISSING.
 */
export async function loadMediasoup(workerBin: string | undefined): Promise<Mediasoup> {
  if (workerBin !== undefined) process.env.MEDIASOUP_WORKER_BIN = workerBin;
  const mediasoup = await import('mediasoup');
  if (!existsSync(mediasoup.workerBin)) {
    throw new Fault('WORKER_BINARY_MISSING', `No mediasoup worker at ${mediasoup.workerBin}`);
  }
  return mediasoup;
}
